"""Signed sales and lots as tuples, and their EIP-712 signatures, written from docs/SPECIFICATION.md."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from eth_account.messages import SignableMessage, encode_typed_data

from tests.contracts.signing import sign
from tests.contracts.structs import Economics

__all__ = [
    "NOBODY",
    "NO_ADVANCES",
    "NO_ECONOMICS",
    "SHARES",
    "TITLE",
    "Lot",
    "Pull",
    "Sale",
    "sign_sale",
    "typed_sale",
]

TITLE: Final = 0
SHARES: Final = 1
NOBODY: Final = "0x" + "0" * 40
NO_ADVANCES: Final = b"\0" * 32
NO_ECONOMICS: Final = Economics()

_SALE: Final = (
    "address seller,uint8 asset,uint256 work,uint8 series,uint32 units,uint8 currency,uint256 price,address buyer,"
    "uint40 expiry,uint24 workEpoch,uint256 signerEpoch,uint256 nonce,bytes32 advances,Pull[] pulls"
)
_PULL: Final = "uint256 child,uint256 edge,uint256 currency"
_DOMAIN: Final = "string name,string version,uint256 chainId,address verifyingContract"


class Pull(NamedTuple):
    """An edge to pull, in one currency."""

    child: int
    edge: int
    currency: int


class Sale(NamedTuple):
    """What a seller signs."""

    seller: str
    asset: int
    work: int
    series: int
    units: int
    currency: int
    price: int
    buyer: str
    expiry: int
    workEpoch: int  # noqa: N815 - as in the contracts
    signerEpoch: int  # noqa: N815 - as in the contracts
    nonce: int
    advances: bytes = NO_ADVANCES
    pulls: tuple[Pull, ...] = ()


class Lot(NamedTuple):
    """What a seller puts up for auction."""

    asset: int
    work: int
    units: int
    currency: int
    reserve: int
    startsAt: int  # noqa: N815 - as in the contracts
    endsAt: int  # noqa: N815 - as in the contracts
    pulls: tuple[Pull, ...] = ()


def typed_sale(sale: Sale, exchange: Any, **domain: Any) -> SignableMessage:
    """The typed data of a sale."""
    standard = {
        "name": "RightsExchange",
        "version": "1",
        "chainId": 1337,
        "verifyingContract": exchange.address,
    }
    return encode_typed_data(
        full_message={
            "types": {"EIP712Domain": _members(_DOMAIN), "Sale": _members(_SALE), "Pull": _members(_PULL)},
            "domain": {**standard, **domain},
            "primaryType": "Sale",
            "message": {**sale._asdict(), "pulls": [pull._asdict() for pull in sale.pulls]},
        }
    )


def sign_sale(sale: Sale, signer: Any, exchange: Any, **domain: Any) -> bytes:
    """The seller's signature."""
    return sign(signer, typed_sale(sale, exchange, **domain))


def _members(declaration: str) -> list[dict[str, str]]:
    return [dict(zip(("type", "name"), member.split(" "), strict=True)) for member in declaration.split(",")]
