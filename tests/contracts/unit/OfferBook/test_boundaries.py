"""The exact second at which something ends or begins, asked of the book as Licensing would."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import Economics, Listing
from tests.contracts.world import DAY, NATIVE, now

HOUR = 3600


@pytest.fixture
def at(chain):
    """Let the latest block, in whose time calls run, be of this second."""
    return lambda second: chain.mine(timestamp=second)


@pytest.fixture
def take(world, book, licensing):
    """Ask for a sale from a listing."""
    return lambda offer: book.take.call(world.purchase(offer), {"from": licensing})


@pytest.fixture
def take_quote(world, book, licensing, buyer):
    """Ask for a sale on a quote."""
    return lambda quote: book.takeQuote.call(quote, world.sign(quote, quote.seller), buyer, {"from": licensing})


def test_quote__at_its_expiry__void(world, work, at, take_quote):
    quote = world.quote(work, expiry=now() + HOUR)
    at(quote.expiry - 1)
    take_quote(quote)
    at(quote.expiry)
    with reverts("OfferBook__Expired", quote.expiry):
        take_quote(quote)


def test_title__at_its_finality__sells(world, registry, creator, at, take):
    work = world.register_at_once("a young work", creator, listings=(Listing(1, NATIVE, 0),))
    final = registry.titleOf(work)["finalAt"]
    at(final - 1)
    with reverts("OfferBook__NotFinal", work, final):
        take(1)
    at(final)
    take(1)


def test_window__at_its_end__reserves_no_more(world, book, creator, work, accept, at, take):
    book.countGrants(work, {"from": creator})
    sold = accept(world.quote(work, terms=world.terms(exclusive=True, duration=DAY), price=0))
    offer, until = world.list(work, 0), sold.timestamp + DAY
    at(until - 1)
    with reverts("OfferBook__Reserved", work, sold.events["LicenceSold"]["offer"], until):
        take(offer)
    at(until)
    take(offer)


def test_mandate__at_its_last_whole_hour__ends(world, book, creator, work, midday, at, take_quote):
    end = (now() // HOUR + 2) * HOUR
    book.setBounds(work, world.bounds(world.pricing, expiry=end + HOUR - 1), {"from": creator})
    quote = world.quote(work, seller=world.pricing, expiry=end + DAY)
    at(end - 1)
    take_quote(quote)
    at(end)
    with reverts("OfferBook__NoMandate", work, world.pricing):
        take_quote(quote)


def test_daily_cap__at_midnight_utc__new(world, book, creator, work, midday, accept, at, take_quote):
    midnight = (now() // DAY + 1) * DAY
    bounds = world.bounds(world.pricing, perDay=1, expiry=midnight + DAY)
    book.setBounds(work, bounds, {"from": creator})
    quote = world.quote(work, seller=world.pricing, expiry=midnight + DAY)
    accept(quote)
    at(midnight - 1)
    with reverts("OfferBook__DailyCapReached", world.pricing, 1):
        take_quote(quote)
    at(midnight)
    take_quote(quote)


def test_consent__after_its_deadline__void(world, book, ledger, creator, rival, work, at):
    """Its deadline is its last second, as that of a registration is."""
    book.setEconomics(work, Economics(NATIVE, 5, 0, 0), [], {"from": creator})
    ledger.transfer(rival, work, 1_000_000, {"from": creator})
    deadline = now() + HOUR
    consents = [world.consent(work, Economics(), rival, deadline=deadline)]
    at(deadline)
    book.setEconomics.call(work, Economics(), consents, {"from": creator})
    at(deadline + 1)
    with reverts("OfferBook__Expired", deadline):
        book.setEconomics.call(work, Economics(), consents, {"from": creator})


def test_derivative__at_the_end_of_its_permit__sold_no_more(world, book, rival, work, at, take):
    child = world.derive("a derivative", rival, [work], duration=DAY, lasting=False)
    offer, until = world.list(child, 0), book.limitsOf(child)["sellUntil"]
    at(until - 1)
    take(offer)
    at(until)
    with reverts("OfferBook__PermitExpired", child, until):
        take(offer)
