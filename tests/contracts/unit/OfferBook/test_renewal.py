"""Renewals: at the price once offered, whatever became of the offer, unless the use is reserved by now."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import ALL_SCOPES, DAY, DOLLAR, NATIVE, now

MONTH = 30 * DAY
NARROW = 0x0001_00000001_0001


@pytest.fixture
def offer(world, work) -> int:
    """A renewable month for 7 dollars' minor units."""
    return world.list(work, 7, DOLLAR, world.terms(renewable=True, duration=MONTH))


def test_renewal__whole_periods__price_of_them_all(book, work, offer):
    terms = book.offerOf(offer)["terms"]
    sale = book.previewRenewal(offer, 3 * MONTH, 12345)
    assert tuple(sale) == (offer, work, terms, DOLLAR, 21, 12345, 0)
    assert tuple(book.renewal(offer)) == (True, 7)


@pytest.mark.parametrize("duration", [0, 1, MONTH - 1, MONTH + 1, 2**64 - 1])
def test_renewal__no_whole_periods__refused(book, offer, duration):
    with reverts("OfferBook__BadDuration", duration, MONTH):
        book.previewRenewal(offer, duration, 0)


def test_renewal__price_beyond_a_price__refused_and_not_cut_off(world, book, work):
    """Threat: 2¹⁰⁴ that becomes zero."""
    terms = world.terms(renewable=True, duration=1)
    offer = world.list(work, 2**103, NATIVE, terms)
    assert book.previewRenewal(offer, 1, 0)["price"] == 2**103
    with reverts("OfferBook__BadDuration", 2, 1):
        book.previewRenewal(offer, 2, 0)


def test_renewal__terms_without__refused(world, book, work):
    for duration in (0, MONTH):
        terms = world.terms(duration=duration)
        offer = world.list(work, 7, terms=terms)
        with reverts("OfferBook__NotRenewable", terms):
            book.previewRenewal(offer, MONTH, 0)
        assert tuple(book.renewal(offer)) == (False, 7)


def test_renewal__unknown_offer__refused(book):
    with reverts("OfferBook__UnknownOffer", 9):
        book.previewRenewal(9, MONTH, 0)


@pytest.mark.parametrize("end", ["close", "epoch", "transfer", "economics", "sold out"])
def test_renewal__offer_that_sells_no_more__still_renews(
    world, registry, book, creator, rival, buyer, work, offer, end
):
    """The right was sold with the licence."""
    if end == "close":
        book.close(offer, {"from": creator})
    elif end == "epoch":
        registry.advanceWorkEpoch(work, {"from": creator})
    elif end == "transfer":
        registry.transferFrom(creator, rival, work, {"from": creator})
    elif end == "economics":
        book.setEconomics(work, (DOLLAR, 100, 0, 0), [], {"from": creator})
    else:
        offer = world.list(work, 7, DOLLAR, book.offerOf(offer)["terms"], supply=1)
        world.buy(offer, buyer)
    assert tuple(book.renewal(offer)) == (True, 7)


def test_renewal__licence_of_a_quote__renews(world, book, buyer, work, accept):
    terms = world.terms(renewable=True, duration=MONTH)
    sold = accept(world.quote(work, terms=terms, price=7, buyer=buyer))
    assert tuple(book.renewal(sold.events["LicenceSold"]["offer"])) == (True, 7)


def test_renewal__use_reserved_by_an_exclusive__refused_while_it_lives(
    world, book, chain, creator, work, offer, accept
):
    """R2: an exclusive blocks renewals, and existing licences run out."""
    book.countGrants(work, {"from": creator})
    terms = world.terms(exclusive=True, duration=DAY, scope=NARROW)
    sold = accept(world.quote(work, terms=terms, price=0))
    until = sold.timestamp + DAY
    with reverts("OfferBook__Reserved", work, sold.events["LicenceSold"]["offer"], until):
        book.previewRenewal(offer, MONTH, 0)
    assert tuple(book.renewal(offer)) == (False, 7)
    elsewhere = world.list(work, 7, DOLLAR, world.terms(renewable=True, duration=MONTH, scope=NARROW << 1))
    assert tuple(book.renewal(elsewhere)) == (True, 7)
    chain.sleep(DAY)
    chain.mine()
    assert tuple(book.renewal(offer)) == (True, 7)


@pytest.mark.parametrize("sold", ["before counting", "afterwards"])
def test_take_renewal__counted_work__counts_one_grant(world, book, licensing, creator, buyer, work, offer, sold):
    """Of however many periods, and whatever became of the offer."""
    licence = world.buy(offer, buyer) if sold == "before counting" else None
    book.countGrants(work, {"from": creator})
    if licence is None:
        licence = world.buy(world.list(work, 7, DOLLAR, book.offerOf(offer)["terms"]), buyer)
    before = book.exclusivityOf(work)["grants"]
    assert before == int(sold == "afterwards")
    world.fund(buyer, 21)
    licensing.renewSubscription(licence, 3 * MONTH, {"from": buyer})
    assert book.exclusivityOf(work)["grants"] == before + 1


def test_take_renewal__work_that_nobody_counts__header_stays_empty(world, book, licensing, buyer, work, offer):
    licence = world.buy(offer, buyer)
    world.fund(buyer, 7)
    licensing.renewSubscription(licence, MONTH, {"from": buyer})
    assert tuple(book.exclusivityOf(work)) == (0, 0, 0, 0, False)


def test_take_renewal__between_quote_and_sale_of_an_exclusive__voids_the_quote(
    world, book, licensing, creator, buyer, stranger, work, offer, accept
):
    """R2, threat: an old licence extended by ten years, which the buyer of the exclusive could not know of."""
    licence = world.buy(offer, buyer)
    book.countGrants(work, {"from": creator})
    quote = world.quote(work, terms=world.terms(exclusive=True, duration=DAY), price=0)
    world.fund(buyer, 7 * 120)
    licensing.renewSubscription(licence, 120 * MONTH, {"from": buyer})
    with reverts("OfferBook__GrantsChanged", work, 0, 1):
        accept(quote, by=stranger)
    accept(quote._replace(grants=1), by=stranger)


def test_take_renewal__not_licensing__refused(book, licensing, creator, stranger, work, offer):
    """Threat: a caller who voids every quote of an exclusive by counting renewals that nobody paid."""
    for caller in (creator, stranger):
        with reverts("OfferBook__NotLicensing", caller):
            book.takeRenewal(offer, MONTH, 0, {"from": caller})
    sale = book.takeRenewal.call(offer, 2 * MONTH, 12345, {"from": licensing})
    assert tuple(sale) == tuple(book.previewRenewal(offer, 2 * MONTH, 12345))


@pytest.mark.parametrize("function", ["takeRenewal", "previewRenewal"])
def test_renewal__use_reserved__refused_whoever_asks(world, book, licensing, creator, work, offer, accept, function):
    book.countGrants(work, {"from": creator})
    accept(world.quote(work, terms=world.terms(exclusive=True, duration=DAY, scope=NARROW), price=0))
    with reverts("OfferBook__Reserved"):
        getattr(book, function).call(offer, MONTH, 0, {"from": licensing})


def test_renewal__derivative_beyond_its_limits__refused(world, book, chain, rival, work):
    child = world.derive("a derivative", rival, [work], scope=NARROW, duration=MONTH, lasting=False)
    narrow = world.list(child, 7, terms=world.terms(renewable=True, duration=MONTH, scope=NARROW))
    wide = world.list(child, 7, terms=world.terms(renewable=True, duration=MONTH))
    with reverts("OfferBook__ScopeTooWide", child, ALL_SCOPES, NARROW):
        book.previewRenewal(wide, MONTH, 0)
    assert [book.renewal(offer)[0] for offer in (narrow, wide)] == [True, False]
    until = book.limitsOf(child)["sellUntil"]
    chain.sleep(until - now())
    chain.mine()
    with reverts("OfferBook__PermitExpired", child, until):
        book.previewRenewal(narrow, MONTH, 0)
    assert tuple(book.renewal(narrow)) == (False, 7)
