"""Disputes over titles, and the arbitrator of a local chain (contracts/interfaces/IDisputes.sol)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.structs import Call

__all__ = ["Case", "CaseStatus", "Disputes", "OwnerArbitrator", "Remedy", "Ruling"]


class Remedy(IntEnum):
    """What a claimant asks for: revenue credited while the dispute is open; or that, the title and all shares."""

    DIVERT = 1
    RETITLE = 2


class Ruling(IntEnum):
    """What an arbitrator says; everything but a grant rejects."""

    REJECT = 1
    GRANT = 2


class CaseStatus(IntEnum):
    """How far a dispute has come."""

    NONE = 0
    OPEN = 1
    GRANTED = 2
    REJECTED = 3
    EXPIRED = 4


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute as it stands; `remedy` is None where there never was one.

    Attributes:
        work: whose title is disputed.
        claimant: who opened it, and wins if it is granted.
        opened_at: Unix seconds.
        remedy: what was asked for.
        status: how far it has come.
        bond: wei that the claimant risks.
    """

    work: int
    claimant: str
    opened_at: int
    remedy: Remedy | None
    status: CaseStatus
    bond: int


class Disputes:
    """Typed views and unsigned calls of Disputes at `address`; a dispute goes by the arbitrator's number."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, "Disputes", address)
        self.address = self.contract.address

    def cost(self, work: int) -> tuple[int, int]:
        """Bond and arbitrator's fee of a dispute over this work now, in wei; they are sent together."""
        bond, fee = self.contract.read("costOf", work)
        return int(bond), int(fee)

    def latest(self, work: int) -> tuple[int, Case]:
        """The latest dispute over a work, and its number."""
        number, case = self.contract.read("disputeOf", work)
        return int(number), _case(case)

    def case(self, dispute: int) -> Case:
        """A dispute by its number."""
        return _case(self.contract.read("caseOf", dispute))

    def withdrawable(self, claimant: str) -> int:
        """Bonds that were returned and wait for the claimant, in wei."""
        return int(self.contract.read("withdrawable", claimant))

    def open(self, work: int, remedy: Remedy, evidence: str, value: int) -> Call:
        """Dispute a final title; `evidence` is the URI of an ERC-1497 document, `value` both parts of `cost`."""
        return self.contract.call("open", work, remedy, evidence, value=value)

    def submit_evidence(self, work: int, evidence: str) -> Call:
        """Add evidence to the open dispute over a work; anybody may."""
        return self.contract.call("submitEvidence", work, evidence)

    def expire(self, work: int) -> Call:
        """Reject a dispute that was not ruled in 180 days; anybody may."""
        return self.contract.call("expire", work)

    def withdraw(self, to: str) -> Call:
        """Pay `to` the bonds of the sender's granted disputes."""
        return self.contract.call("withdraw", to)


class OwnerArbitrator:
    """Typed views and unsigned calls of the arbitrator at `address`, whose owner rules."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, "OwnerArbitrator", address)
        self.address = self.contract.address

    def owner(self) -> str:
        """The account that rules and receives the fees."""
        return str(self.contract.read("owner"))

    def rule(self, dispute: int, ruling: Ruling) -> Call:
        """Decide a dispute; owner only."""
        return self.contract.call("giveRuling", dispute, ruling)

    def withdraw(self, to: str) -> Call:
        """Pay the fees to `to`; owner only."""
        return self.contract.call("withdraw", to)


def _case(raw: tuple[Any, ...]) -> Case:
    work, claimant, opened_at, remedy, status, bond = raw
    return Case(work, claimant, opened_at, Remedy(remedy) if remedy else None, CaseStatus(status), bond)
