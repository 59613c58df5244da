"""UsagePool: money of an epoch, divided among works by their use (contracts/interfaces/IUsagePool.sol)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.structs import Call

__all__ = ["Pool", "PoolEpoch", "PoolLeaf", "UsagePool"]


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool; nothing of it ever changes.

    Attributes:
        poster: states the division.
        guardian: may refuse it.
        currency: index into the ledger's list.
        started_at: Unix seconds at which epoch 0 began.
        length: seconds of an epoch.
        challenge: seconds during which the guardian may refuse.
        deadline: seconds after an epoch's end within which a division can be stated.
    """

    poster: str
    guardian: str
    currency: int
    started_at: int
    length: int
    challenge: int
    deadline: int


@dataclass(frozen=True, slots=True)
class PoolEpoch:
    """An epoch of a pool.

    Attributes:
        funded: minor units given.
        total: minor units that the division spends.
        root: of the Merkle-sum tree over (index, work, amount); zeros while none stands.
        posted_at: Unix seconds.
        paid: minor units of `total` that went to works.
    """

    funded: int
    total: int
    root: bytes
    posted_at: int
    paid: int


@dataclass(frozen=True, slots=True)
class PoolLeaf:
    """What a division says of one work.

    Attributes:
        index: of the leaf; a work may have several.
        work: its id.
        amount: minor units.
        proof: hash and sum of each sibling, leaf first.
    """

    index: int
    work: int
    amount: int
    proof: Sequence[tuple[bytes, int]]


class UsagePool:
    """Typed views and unsigned calls of the usage pools at `address`; amounts are minor units."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, "UsagePool", address)
        self.address = self.contract.address

    def pool(self, number: int) -> Pool:
        """A pool's terms.

        Raises:
            NotFoundError: `unknown-pool`.
        """
        return Pool(*self.contract.read("poolOf", number))

    def epoch(self, pool: int, epoch: int) -> PoolEpoch:
        """An epoch as it stands."""
        return PoolEpoch(*self.contract.read("epochOf", pool, epoch))

    def current_epoch(self, pool: int) -> int:
        """Number of the epoch that runs now.

        Raises:
            NotFoundError: `unknown-pool`.
        """
        return int(self.contract.read("currentEpoch", pool))

    def given(self, pool: int, epoch: int, refund_to: str) -> int:
        """What was given that goes back to `refund_to` when it is not spent."""
        return int(self.contract.read("givenBy", pool, epoch, refund_to))

    def reclaimed(self, pool: int, epoch: int, refund_to: str) -> int:
        """What went back to `refund_to`."""
        return int(self.contract.read("reclaimedBy", pool, epoch, refund_to))

    def is_paid(self, pool: int, epoch: int, index: int) -> bool:
        """Whether a leaf of the division was paid."""
        return bool(self.contract.read("isPaid", pool, epoch, index))

    def create(self, poster: str, guardian: str, currency: int, length: int, challenge: int, deadline: int) -> Call:
        """Create a pool whose epoch 0 begins now; what the arguments are stands at `Pool`."""
        return self.contract.call("create", poster, guardian, currency, length, challenge, deadline)

    def fund(self, pool: int, epoch: int, amount: int, refund_to: str, value: int = 0) -> Call:
        """Give money for an epoch that has not ended; `value` is the amount where the pool's currency is native."""
        return self.contract.call("fund", pool, epoch, amount, refund_to, value=value)

    def post(self, pool: int, epoch: int, root: bytes, total: int, leaf: PoolLeaf) -> Call:
        """State how the money of an ended epoch is divided; any leaf shows root and total to be right. Poster only."""
        return self.contract.call("post", pool, epoch, root, total, _abi(leaf))

    def refuse(self, pool: int, epoch: int) -> Call:
        """Refuse a division within the challenge period; guardian only."""
        return self.contract.call("refuse", pool, epoch)

    def pay(self, pool: int, epoch: int, leaf: PoolLeaf) -> Call:
        """Pay a work its part, once, within a year of the challenge period; anybody may."""
        return self.contract.call("pay", pool, epoch, _abi(leaf))

    def reclaim(self, pool: int, epoch: int, refund_to: str) -> Call:
        """Pay back to `refund_to` its part of what was not spent; anybody may."""
        return self.contract.call("reclaim", pool, epoch, refund_to)


def _abi(leaf: PoolLeaf) -> tuple[int, int, int, list[tuple[bytes, int]]]:
    return leaf.index, leaf.work, leaf.amount, list(leaf.proof)
