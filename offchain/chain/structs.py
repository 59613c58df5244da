"""The contracts' structs (contracts/libraries/Types.sol, IOfferBook, ILicensing, IRoyaltyLedger), field by field.

Fields stand in Solidity's order, in snake case, so that `to_abi` and `Struct(*values)` are all the conversion
there is. Works are integers, digests are 32 bytes, accounts are EIP-55, times are Unix seconds, amounts are minor
units of the currency at that index of the ledger's list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final, cast

__all__ = [
    "NO_PERMIT",
    "ZERO_ADDRESS",
    "ZERO_DIGEST",
    "Advance",
    "Agreement",
    "Authorization",
    "Bounds",
    "Call",
    "Currency",
    "Economics",
    "Edge",
    "Licence",
    "Listing",
    "Offer",
    "Order",
    "Permit",
    "Pull",
    "Purchase",
    "Quote",
    "Registration",
    "Terms",
    "Title",
    "listed",
    "share_id",
    "to_abi",
    "work_hex",
]

ZERO_ADDRESS: Final = "0x0000000000000000000000000000000000000000"
ZERO_DIGEST: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Listing:
    """A fixed price for licences of one work under one set of terms; it sells `supply` of them, zero: no limit."""

    terms: int
    currency: int
    price: int
    supply: int = 0


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a buyer takes from a listing.

    `content` is keccak256 of what the offer is believed to be, because a number alone could mean another offer after a
    reorganisation; see `offchain.chain.offers.purchase`.
    """

    offer: int
    content: bytes
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a delegate may quote for the title's holder.

    `per_day` licences at most in one UTC day; void from the last whole hour before `expiry` on.
    """

    delegate: str
    terms: int
    currency: int
    floor: int
    ceiling: int
    expiry: int
    per_day: int


@dataclass(frozen=True, slots=True)
class Economics:
    """What the title's holder can later lower only with the share holders; zeros for none."""

    currency: int = 0
    min_price: int = 0
    min_upstream: int = 0
    quorum: int = 0


@dataclass(frozen=True, slots=True)
class Agreement:
    """A share holder's consent to new economics, as it is signed (EIP-712 `Consent`).

    Attributes:
        work: whose economics change.
        holder: of shares, who signs.
        economics: the new ones.
        nonce: of the work's economics: how often they were set.
        epoch: of the holder in the offer book.
        deadline: Unix seconds after which it is void.
    """

    work: int
    holder: str
    economics: Economics
    nonce: int
    epoch: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Registration:
    """What a registrant states about a work.

    Attributes:
        work: uint256(sha256(master)).
        registrant: account that receives the title and all royalty shares.
        metadata: sha256 of the metadata JSON.
        provenance: sha256 of the provenance record, `ZERO_DIGEST` when there is none.
        iscc: ISO 24138 units, header and body each; empty for featureless works.
        permits: licences at hand that allow this derivative, one for each parent.
        purchases: offers that are bought and used up by the registration, one for each further parent.
        listings: prices at which anybody may buy.
        bounds: delegates who may quote.
        economics: what the share holders protect.
        share_root: root of a Merkle-sum tree over the first shares; `ZERO_DIGEST`: all are the registrant's.
        salt: of a commitment made in an earlier block; `ZERO_DIGEST` registers at once.
    """

    work: int
    registrant: str
    metadata: bytes
    provenance: bytes = ZERO_DIGEST
    iscc: bytes = b""
    permits: tuple[int, ...] = ()
    purchases: tuple[Purchase, ...] = ()
    listings: tuple[Listing, ...] = ()
    bounds: tuple[Bounds, ...] = ()
    economics: Economics = Economics()
    share_root: bytes = ZERO_DIGEST
    salt: bytes = ZERO_DIGEST


@dataclass(frozen=True, slots=True)
class Terms:
    """A machine-readable licence.

    Exclusive terms last up to ten years and are neither refundable nor renewable; renewable terms have a duration; no
    part of the scope is empty.

    Attributes:
        scope: see `offchain.workflows.terms.scope`.
        duration: seconds; zero is for ever.
        upstream: parts per million of its gross that a derivative owes.
        max_derivatives: derivatives that one licence permits.
        seats: accounts beside the holder that may use one licence.
        refund_days: whole UTC days after the day of sale during which it may be given back; zero for none.
        transferable: whether the licence may change hands.
        lasting: whether derivatives may be sold after the permit expired.
        exclusive: whether nothing overlapping is granted while it lives.
        renewable: whether its holder may extend it at the price it was sold at.
        currency: of guarantee and ceiling, index into the ledger's list.
        guarantee: minor units that a derivative pays its parent in advance.
        ceiling: most that a derivative ever pays its parent in that currency; zero for no ceiling.
        text: sha256 of the terms' document.
    """

    scope: int
    duration: int
    upstream: int
    max_derivatives: int
    seats: int
    refund_days: int
    transferable: bool
    lasting: bool
    exclusive: bool
    renewable: bool
    currency: int
    guarantee: int
    ceiling: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Edge:
    """A child's debt to one parent: `due` of its share of the child's gross, `upstream` in parts per million.

    `guarantee` was paid in advance, `ceiling` is never exceeded (zero: there is none), in minor units of `currency`.
    """

    parent: int
    upstream: int
    currency: int = 0
    guarantee: int = 0
    ceiling: int = 0

    def due(self, share: int, currency: int) -> int:
        """E(x) of docs/SPECIFICATION.md §2: what a share `x` of the gross comes to in all, in minor units."""
        if currency != self.currency:
            return share
        raised = max(share, self.guarantee)
        return min(raised, self.ceiling) if self.ceiling else raised


@dataclass(frozen=True, slots=True)
class Title:
    """The state of a title; until `final_at` the work can neither earn nor be sold nor change hands.

    `priority_at` is the time of the commitment, else of the registration; `series` numbers the current shares.
    """

    holder: str
    priority_at: int
    final_at: int
    upstream: int
    parents: int
    epoch: int
    series: int
    issued: bool
    disputed: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """A seller-signed price; `buyer` zero is anybody, `max_quantity` zero is no limit of its own.

    `grants` counts for exclusive terms alone.
    """

    work: int
    seller: str
    terms: int
    currency: int
    price: int
    buyer: str
    max_quantity: int
    expiry: int
    work_epoch: int
    signer_epoch: int
    grants: int
    basis: bytes


@dataclass(frozen=True, slots=True)
class Order:
    """A buyer-signed acceptance of the quote whose EIP-712 digest is `quote`."""

    buyer: str
    recipient: str
    quote: bytes
    max_price: int
    expiry: int
    epoch: int
    nonce: int


@dataclass(frozen=True, slots=True)
class Permit:
    """An ERC-2612 permit for the ledger; a zero deadline means that there is none."""

    value: int
    deadline: int
    v: int
    r: bytes
    s: bytes


@dataclass(frozen=True, slots=True)
class Authorization:
    """An ERC-3009 authorization for the ledger whose nonce is an order's digest; valid between two Unix seconds."""

    valid_after: int
    valid_before: int
    v: int
    r: bytes
    s: bytes


NO_PERMIT: Final = Permit(0, 0, 0, ZERO_DIGEST, ZERO_DIGEST)


@dataclass(frozen=True, slots=True)
class Offer:
    """What is sold under an offer number; never changes but for `closed` and `sold`.

    `counted` says of a listing that the work's grants were counted when it was made.
    """

    work: int
    terms: int
    currency: int
    price: int
    work_epoch: int
    quoted: bool
    counted: bool
    closed: bool
    supply: int
    sold: int


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as it stands; from `expiry` on it proves nothing.

    Until the end of UTC day `refundable_for` (days since 1970; zero: not at all) its holder can give it back.
    """

    holder: str
    work: int
    offer: int
    terms: int
    expiry: int
    derivatives: int
    refundable_for: int


@dataclass(frozen=True, slots=True)
class Pull:
    """One edge to pull, in one currency."""

    child: int
    edge: int
    currency: int


@dataclass(frozen=True, slots=True)
class Advance:
    """An advance as it stands; `advancer` is zero while it waits for one.

    `rate` parts per million of what is earned above `base` are the advancer's until `principal` is repaid; `recouped`
    of it is by now, and `withdrawn` of that was taken out. Minor units.
    """

    advancer: str
    principal: int
    rate: int
    base: int
    recouped: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Currency:
    """An entry of the ledger's list.

    Attributes:
        index: place in the list; 0 is the native coin.
        caip19: CAIP-19 asset type.
        token: EIP-55 address, None for the native coin.
        symbol: as the token states it, printable and 32 characters at most.
        decimals: digits of the minor unit.
    """

    index: int
    caip19: str
    token: str | None
    symbol: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction that nobody has signed yet: receiver, calldata, and wei to send along."""

    to: str
    data: bytes
    value: int = 0


def to_abi(struct: object) -> tuple[Any, ...]:
    """A struct, or nested ones, as the tuple that the ABI encoder takes."""
    return astuple(cast("Any", struct))


def share_id(work: int, series: int) -> int:
    """Id of a series of shares: the work for the first, else keccak256(abi.encode(work, series)) >> 64."""
    from eth_utils.crypto import keccak  # noqa: PLC0415 - structs cost nothing to import

    encoded = work.to_bytes(32, "big") + series.to_bytes(32, "big")
    return work if series == 0 else int.from_bytes(keccak(encoded)[:24], "big")


def work_hex(work: int) -> str:
    """A work's id as it stands in JSON: `0x` and 64 lower-case hex digits."""
    return f"0x{work:064x}"


def listed(structs: Sequence[object]) -> list[tuple[Any, ...]]:
    """Several structs as the ABI encoder takes them."""
    return [to_abi(struct) for struct in structs]
