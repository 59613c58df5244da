"""What several tests of the wrappers do: quotes and orders that are signed, calls that are refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from offchain.chain import Order, Quote
from offchain.chain.signer import development_signer
from offchain.errors import ColophonError
from tests.offchain.deployed import BUYER, World

NOBODY = "0x" + "00" * 20
PRICE = 25 * 10**6


def refusal(world: World, call, account: int) -> ColophonError:
    """What a call is refused with; a call that is not refused fails the test."""
    with pytest.raises(ColophonError) as refused:
        world.client.try_call(call, world.accounts[account])
    return refused.value


def quoted(world: World, work: int, **changes: object) -> tuple[Quote, bytes]:
    """A quote of the title's holder, signed, valid for an hour."""
    title = world.contracts.registry.title(work)
    quote = Quote(
        work=work,
        seller=title.holder,
        terms=world.terms(),
        currency=1,
        price=PRICE,
        buyer=NOBODY,
        max_quantity=0,
        expiry=world.now() + 3600,
        work_epoch=title.epoch,
        signer_epoch=world.contracts.offers.epoch(title.holder),
        grants=0,
        basis=bytes(32),
    )
    quote = replace(quote, **changes)
    seller = development_signer(world.accounts.index(quote.seller), 1337)
    return quote, seller.sign_typed(world.contracts.offers.quote_typed(quote))


def ordered(world: World, quote: Quote, **changes: object) -> tuple[Order, bytes]:
    """The buyer's order on a quote, signed."""
    buyer = development_signer(BUYER, 1337)
    licensing = world.contracts.licensing
    order = Order(
        buyer=buyer.address,
        recipient=buyer.address,
        quote=world.contracts.offers.quote_digest(quote),
        max_price=quote.price,
        expiry=world.now() + 3600,
        epoch=licensing.epoch(buyer.address),
        nonce=int.from_bytes(hashlib.sha256(repr((quote, world.client.head())).encode()).digest(), "big"),
    )
    order = replace(order, **changes)
    return order, buyer.sign_typed(licensing.order_typed(order))


def sold(world: World, receipt) -> int:
    return next(e.args["licence"] for e in world.contracts.decode(receipt["logs"]) if e.name == "LicenceSold")
