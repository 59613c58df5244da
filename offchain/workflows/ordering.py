"""Orders: what a buyer signs to accept a quote."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from offchain.chain import Order
from offchain.chain.address import parse_address
from offchain.chain.eip712 import TypedData
from offchain.chain.token import Token
from offchain.errors import RefusedError
from offchain.workflows.quoting import SignedQuote
from offchain.workflows.services import Services

__all__ = ["OrderDraft", "draft_order"]

_STRIDE: Final = 2**32
"""Where to look on when a number was used by orders that this service did not make."""


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """What a buyer signs to accept a quote.

    Attributes:
        order: the struct.
        typed: its typed data.
        permit: typed data of an ERC-2612 permit for the price; None when the ledger's allowance is enough.
        permit_value: minor units that the permit allows.
        permit_deadline: Unix seconds.
    """

    order: Order
    typed: TypedData
    permit: TypedData | None
    permit_value: int
    permit_deadline: int


def draft_order(
    services: Services, signed: SignedQuote, buyer: str, *, recipient: str | None = None, max_price: int | None = None
) -> OrderDraft:
    """An order that accepts a quote, and a permit where the ledger may not take the price yet.

    Drafting the same order again gives the same nonce, so that it can be fulfilled once.

    Raises:
        InputError: a malformed account.
        RefusedError: `native-order`, an order cannot pay in the native coin.
    """
    account, currency = parse_address(buyer), signed.currency
    if currency.token is None:
        raise RefusedError(
            "native-order", "an order cannot pay in the native coin", "buy on the quote directly, sending the price"
        )
    licensing, quote = services.contracts.licensing, signed.quote
    order = Order(
        buyer=account,
        recipient=account if recipient is None else parse_address(recipient),
        quote=signed.digest,
        max_price=quote.price if max_price is None else max_price,
        expiry=quote.expiry,
        epoch=licensing.epoch(account),
        nonce=_nonce(services, signed, account),
    )
    token, ledger = Token(services.client, currency.token), services.contracts.ledger.address
    short = token.allowance(account, ledger) < quote.price
    permit = token.permit_typed(account, ledger, quote.price, quote.expiry) if short else None
    return OrderDraft(order, licensing.order_typed(order), permit, quote.price, quote.expiry)


def _nonce(services: Services, signed: SignedQuote, buyer: str) -> int:
    """An order number of the buyer that is free.

    Numbers run on from quote to quote, because 256 neighbours share a storage slot and so cost less gas. An open quote
    has no number of its own and takes the time in nanoseconds.
    """
    if signed.number is None:
        return time.time_ns()
    nonce = signed.number
    while services.contracts.licensing.is_nonce_used(buyer, nonce):
        nonce += _STRIDE
    return nonce
