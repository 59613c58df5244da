"""Every limit in time, in its last second and in the one after.

A mined block fixes the clock, and a call is answered as of that block; nothing here depends on how fast the test runs.
"""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import Permit
from tests.contracts.world import DAY, NATIVE, SALT, now


@pytest.fixture
def at(chain):
    """Set the chain's clock for the calls that follow."""

    def run(second: int) -> None:
        chain.mine(timestamp=second)

    return run


@pytest.fixture
def later(chain) -> int:
    return now() + 10_000


def test_grace__an_earlier_commitment__takes_over_before_the_end_and_not_at_it(
    world, registry, chain, creator, rival, at
):
    stated = world.registration("a work", creator)
    world.commit(stated.work, creator)
    chain.sleep(1)
    end = registry.titleOf(world.register_at_once("a work", rival)).dict()["finalAt"]
    at(end - 1)
    registry.register.call(stated._replace(salt=SALT), {"from": creator})
    at(end)
    with reverts("WorkRegistry__AlreadyRegistered"):
        registry.register.call(stated._replace(salt=SALT), {"from": creator})


def test_grace__earning_selling_and_moving__begin_at_its_end(world, registry, licensing, ledger, creator, buyer, at):
    """No second exists in which a title both gives way and earns."""
    work = world.register_at_once("a work", creator)
    offer, end = world.list(work, 0), registry.titleOf(work).dict()["finalAt"]
    actions = [
        (licensing.buy, (world.purchase(offer), buyer), {"from": buyer}, "OfferBook__NotFinal"),
        (ledger.deposit, (work, NATIVE, 1), {"from": buyer, "value": 1}, "RoyaltyLedger__NotFinal"),
        (ledger.transfer, (buyer, work, 1), {"from": creator}, "RoyaltyLedger__NotFinal"),
        (registry.transferFrom, (creator, buyer, work), {"from": creator}, "WorkRegistry__NotFinal"),
    ]
    at(end - 1)
    for action, arguments, who, error in actions:
        with reverts(error, work, end):
            action.call(*arguments, who)
    at(end)
    for action, arguments, who, _ in actions:
        action.call(*arguments, who)


def test_deadline__registration__valid_up_to_it(world, registry, creator, later, at):
    stated = world.registration("a work", creator)
    signature = world.sign_registration(stated, creator, deadline=later)
    at(later)
    registry.registerBySig.call(stated, later, signature, {"from": world.relayer})
    at(later + 1)
    with reverts("WorkRegistry__Expired", later):
        registry.registerBySig.call(stated, later, signature, {"from": world.relayer})


def test_expiry__quote__void_from_it(world, licensing, buyer, work, later, at):
    quote = world.quote(work, price=0, expiry=later)
    signature = world.sign(quote, quote.seller)
    at(later - 1)
    licensing.buyQuote.call(quote, signature, buyer, {"from": buyer})
    at(later)
    with reverts("OfferBook__Expired", later):
        licensing.buyQuote.call(quote, signature, buyer, {"from": buyer})


def test_expiry__order__void_from_it(world, licensing, buyer, work, later, at):
    quote = world.quote(work, price=0, currency=1, expiry=later + 100)
    order = world.order(quote, buyer, expiry=later)
    call = (quote, world.sign(quote, quote.seller), order, world.sign(order, buyer), Permit(), {"from": world.relayer})
    at(later - 1)
    licensing.fulfil.call(*call)
    at(later)
    with reverts("Licensing__Expired", later):
        licensing.fulfil.call(*call)


def test_expiry__mandate__void_from_its_whole_hour(world, book, licensing, creator, buyer, work, later, at):
    """Never later than what was stated, to the hour."""
    later = -(-later // 3600) * 3600
    book.setBounds(work, world.bounds(world.pricing, floor=0, expiry=later + 3599), {"from": creator})
    quote = world.quote(work, seller=world.pricing, price=0, expiry=later + 100)
    signature = world.sign(quote, world.pricing)
    at(later - 1)
    licensing.buyQuote.call(quote, signature, buyer, {"from": buyer})
    at(later)
    with reverts("OfferBook__NoMandate", work, world.pricing):
        licensing.buyQuote.call(quote, signature, buyer, {"from": buyer})


def test_expiry__permit_licence__permits_until_it(world, registry, licensing, creator, rival, at):
    parent = world.register("parent", rival)
    permit = world.free_licence(parent, creator, duration=DAY)
    stated = world.registration("child", creator, permits=(permit,))
    expiry = licensing.expiresAt(permit)
    at(expiry - 1)
    registry.register.call(stated, {"from": creator})
    at(expiry)
    with reverts("Licensing__NotLive", permit):
        registry.register.call(stated, {"from": creator})


def test_sell_until__derivative__sold_until_it(world, licensing, creator, rival, buyer, at):
    child = world.derive("child", creator, [world.register("parent", rival)], lasting=False, duration=DAY)
    offer, until = world.list(child, 0), world.book.limitsOf(child)["sellUntil"]
    at(until - 1)
    licensing.buy.call(world.purchase(offer), buyer, {"from": buyer})
    at(until)
    with reverts("OfferBook__PermitExpired", child, until):
        licensing.buy.call(world.purchase(offer), buyer, {"from": buyer})


def test_daily_cap__utc_midnight__counts_anew(world, licensing, chain, creator, buyer, work, at):
    """A day is block.timestamp / 86,400, the same for every delegate."""
    world.book.setBounds(work, world.bounds(world.pricing, floor=0, perDay=1, expiry=2**40 - 1), {"from": creator})
    quote = world.quote(work, seller=world.pricing, price=0, expiry=2**40 - 1)
    signature = world.sign(quote, world.pricing)
    sold = licensing.buyQuote(quote, signature, buyer, {"from": buyer})
    midnight = (sold.timestamp // DAY + 1) * DAY
    at(midnight - 1)
    with reverts("OfferBook__DailyCapReached", world.pricing, 1):
        licensing.buyQuote.call(quote, signature, buyer, {"from": buyer})
    at(midnight)
    licensing.buyQuote.call(quote, signature, buyer, {"from": buyer})
