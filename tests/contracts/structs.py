"""The contracts' structs as tuples, and as the EIP-712 types that people sign.

Written from docs/SPECIFICATION.md and not from the ABI: a field that moves in Solidity must fail a test.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = [
    "EIP712_TYPES",
    "Authorization",
    "Bounds",
    "Consent",
    "Economics",
    "Listing",
    "Order",
    "Permit",
    "Purchase",
    "Quote",
    "Registration",
    "Terms",
]

NO_HASH: Final = b"\0" * 32
NOBODY: Final = "0x" + "0" * 40


class Purchase(NamedTuple):
    """What a buyer takes from a listing.

    `content` is keccak256(abi.encode(work, keccak256(abi.encode(Terms)), currency, price)).
    """

    offer: int
    content: bytes
    quantity: int = 1


class Listing(NamedTuple):
    """A fixed price, in minor units of `currency`; a `supply` of zero is no limit."""

    terms: int
    currency: int
    price: int
    supply: int = 0


class Economics(NamedTuple):
    """What the holders of shares protect; zeros for nothing. `minUpstream` in ppm, `quorum` in units."""

    currency: int = 0
    minPrice: int = 0  # noqa: N815 - as in the contracts
    minUpstream: int = 0  # noqa: N815 - as in the contracts
    quorum: int = 0


class Bounds(NamedTuple):
    """How far a delegate may quote; prices in minor units, `expiry` in Unix seconds."""

    delegate: str
    terms: int
    currency: int
    floor: int
    ceiling: int
    expiry: int
    perDay: int  # noqa: N815 - as in the contracts


class Registration(NamedTuple):
    """What a registrant states about a work."""

    work: int
    registrant: str
    metadata: bytes
    provenance: bytes = NO_HASH
    iscc: bytes = b""
    permits: tuple[int, ...] = ()
    purchases: tuple[Purchase, ...] = ()
    listings: tuple[Listing, ...] = ()
    bounds: tuple[Bounds, ...] = ()
    economics: Economics = Economics()
    shareRoot: bytes = NO_HASH  # noqa: N815 - as in the contracts
    salt: bytes = NO_HASH


class Terms(NamedTuple):
    """A machine-readable licence; `duration` in seconds, `upstream` in parts per million, amounts in minor units."""

    scope: int
    duration: int
    upstream: int
    maxDerivatives: int  # noqa: N815 - as in the contracts
    seats: int
    refundDays: int  # noqa: N815 - as in the contracts
    transferable: bool
    lasting: bool
    exclusive: bool
    renewable: bool
    currency: int
    guarantee: int
    ceiling: int
    text: bytes


class Quote(NamedTuple):
    """A seller-signed price."""

    work: int
    seller: str
    terms: int
    currency: int
    price: int
    buyer: str
    maxQuantity: int  # noqa: N815 - as in the contracts
    expiry: int
    workEpoch: int  # noqa: N815 - as in the contracts
    signerEpoch: int  # noqa: N815 - as in the contracts
    grants: int = 0
    basis: bytes = NO_HASH


class Consent(NamedTuple):
    """A share holder's agreement to new economics of a work, as it is signed; void after `deadline`, Unix seconds."""

    work: int
    holder: str
    economics: Economics
    nonce: int
    epoch: int
    deadline: int


class Order(NamedTuple):
    """A buyer-signed acceptance of a quote."""

    buyer: str
    recipient: str
    quote: bytes
    maxPrice: int  # noqa: N815 - as in the contracts
    expiry: int
    epoch: int
    nonce: int


class Permit(NamedTuple):
    """An ERC-2612 permit for the ledger; the empty one means that there is none."""

    value: int = 0
    deadline: int = 0
    v: int = 0
    r: bytes = NO_HASH
    s: bytes = NO_HASH


class Authorization(NamedTuple):
    """An ERC-3009 authorization for the ledger, whose nonce is the order's digest."""

    validAfter: int  # noqa: N815 - as in the contracts
    validBefore: int  # noqa: N815 - as in the contracts
    v: int
    r: bytes
    s: bytes


_SIGNED: Final = """
Purchase(uint256 offer,bytes32 content,uint32 quantity)
Listing(uint32 terms,uint8 currency,uint104 price,uint32 supply)
Bounds(address delegate,uint32 terms,uint8 currency,uint104 floor,uint104 ceiling,uint40 expiry,uint24 perDay)
Economics(uint8 currency,uint104 minPrice,uint24 minUpstream,uint24 quorum)
Registration(uint256 work,address registrant,bytes32 metadata,bytes32 provenance,bytes iscc,uint256[] permits,\
Purchase[] purchases,Listing[] listings,Bounds[] bounds,Economics economics,bytes32 shareRoot,bytes32 salt,\
uint256 epoch,uint256 deadline)
Quote(uint256 work,address seller,uint32 terms,uint8 currency,uint104 price,address buyer,uint32 maxQuantity,\
uint40 expiry,uint24 workEpoch,uint256 signerEpoch,uint32 grants,bytes32 basis)
Consent(uint256 work,address holder,Economics economics,uint256 nonce,uint256 epoch,uint256 deadline)
ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)
Order(address buyer,address recipient,bytes32 quote,uint256 maxPrice,uint40 expiry,uint256 epoch,uint256 nonce)
Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)
"""


def _parse(declaration: str) -> tuple[str, list[dict[str, str]]]:
    name, members = re.fullmatch(r"(\w+)\((.*)\)", declaration).groups()
    return name, [dict(zip(("type", "name"), member.split(" "), strict=True)) for member in members.split(",")]


EIP712_TYPES: Final = dict(map(_parse, _SIGNED.split("\n")[1:-1]))
"""Members of every signed struct, as `eth_signTypedData_v4` takes them."""
