"""The contracts' structs (contracts/libraries/Types.sol, ILicensing, IRoyaltyLedger), field by field.

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
    "Bounds",
    "Call",
    "Currency",
    "Edge",
    "Licence",
    "Listing",
    "Offer",
    "Order",
    "Permit",
    "Pull",
    "Quote",
    "Registration",
    "Terms",
    "Title",
    "listed",
    "to_abi",
    "work_hex",
]

ZERO_ADDRESS: Final = "0x0000000000000000000000000000000000000000"
ZERO_DIGEST: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Listing:
    """A fixed price for licences of one work under one set of terms."""

    terms: int
    currency: int
    price: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a delegate may quote for the title's holder; `per_day` licences at most in one UTC day."""

    delegate: str
    terms: int
    currency: int
    floor: int
    ceiling: int
    expiry: int
    per_day: int


@dataclass(frozen=True, slots=True)
class Registration:
    """What a registrant states about a work.

    Attributes:
        work: uint256(sha256(master)).
        registrant: account that receives the title and all royalty shares.
        metadata: sha256 of the metadata JSON.
        provenance: sha256 of the provenance record, `ZERO_DIGEST` when there is none.
        iscc: ISO 24138 units, header and body each; empty for featureless works.
        permits: licences that allow this derivative, one for each parent.
        listings: prices at which anybody may buy.
        bounds: delegates who may quote.
        salt: of a commitment made in an earlier block; `ZERO_DIGEST` registers at once.
    """

    work: int
    registrant: str
    metadata: bytes
    provenance: bytes = ZERO_DIGEST
    iscc: bytes = b""
    permits: tuple[int, ...] = ()
    listings: tuple[Listing, ...] = ()
    bounds: tuple[Bounds, ...] = ()
    salt: bytes = ZERO_DIGEST


@dataclass(frozen=True, slots=True)
class Terms:
    """A machine-readable licence; `upstream` in parts per million, `duration` in seconds (zero: for ever)."""

    scope: int
    duration: int
    upstream: int
    max_derivatives: int
    transferable: bool
    lasting: bool
    text: bytes


@dataclass(frozen=True, slots=True)
class Edge:
    """A child's debt to one parent, in parts per million of its gross."""

    parent: int
    upstream: int


@dataclass(frozen=True, slots=True)
class Title:
    """The state of a title; until `final_at` the work can neither earn nor be sold nor change hands."""

    holder: str
    registered_at: int
    final_at: int
    upstream: int
    parents: int
    epoch: int
    issued: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """A seller-signed price; `buyer` zero is anybody, `max_quantity` zero is no limit of its own."""

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


NO_PERMIT: Final = Permit(0, 0, 0, ZERO_DIGEST, ZERO_DIGEST)


@dataclass(frozen=True, slots=True)
class Offer:
    """What was sold under an offer number; never changes but for `closed`."""

    work: int
    terms: int
    currency: int
    price: int
    work_epoch: int
    quoted: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as it stands; from `expiry` on it proves nothing."""

    holder: str
    work: int
    offer: int
    terms: int
    expiry: int
    derivatives: int


@dataclass(frozen=True, slots=True)
class Pull:
    """One edge to pull, in one currency."""

    child: int
    edge: int
    currency: int


@dataclass(frozen=True, slots=True)
class Currency:
    """An entry of the ledger's list.

    Attributes:
        index: place in the list; 0 is the native coin.
        caip19: CAIP-19 asset type.
        token: EIP-55 address, None for the native coin.
        symbol: as the token states it.
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


def work_hex(work: int) -> str:
    """A work's id as it stands in JSON: `0x` and 64 lower-case hex digits."""
    return f"0x{work:064x}"


def listed(structs: Sequence[object]) -> list[tuple[Any, ...]]:
    """Several structs as the ABI encoder takes them."""
    return [to_abi(struct) for struct in structs]
