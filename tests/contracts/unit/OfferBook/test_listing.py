"""Listings: a holder's fixed price, taken by anybody."""

from __future__ import annotations

import pytest
from brownie import web3

from tests.contracts.reverts import reverts
from tests.contracts.structs import Listing, Purchase
from tests.contracts.world import DAY, DOLLAR, FOREVER, NATIVE, STANDARD, now, terms_digest

NO_HASH = "0x" + "00" * 32
NO_ECONOMICS = (0, 0, 0, 0)


def content(work, terms, currency, price):
    """keccak256 of the four words that a purchase states: `terms` by their digest."""
    words = work.to_bytes(32, "big"), terms_digest(terms), currency.to_bytes(32, "big"), price.to_bytes(32, "big")
    return bytes(web3.keccak(b"".join(words)))


def test_list__holder__offer_stands(book, creator, work):
    done = book.list(work, Listing(1, DOLLAR, 5, 7), {"from": creator})
    assert dict(done.events["OfferMade"]) == {
        "offer": 1,
        "work": work,
        "terms": 1,
        "currency": DOLLAR,
        "price": 5,
        "supply": 7,
        "quote": NO_HASH,
    }
    assert tuple(book.offerOf(1)) == (work, 1, DOLLAR, 5, 0, False, False, False, 7, 0)
    assert book.contentOf(1) == "0x" + content(work, STANDARD, DOLLAR, 5).hex()
    offer, terms = book.offerAndTerms(1)
    assert (tuple(offer), tuple(terms)) == (tuple(book.offerOf(1)), tuple(book.termsOf(1)))


def test_list__wrong_terms_currency_or_caller__refused(book, creator, rival, work):
    for terms in (0, 2):
        with reverts("OfferBook__UnknownTerms", terms):
            book.list(work, Listing(terms, NATIVE, 5), {"from": creator})
    with reverts("RoyaltyLedger__UnknownCurrency", 2):
        book.list(work, Listing(1, 2, 5), {"from": creator})
    with reverts("OfferBook__NotHolder", work, rival):
        book.list(work, Listing(1, NATIVE, 5), {"from": rival})


def test_publish__at_registration__listings_stand_in_their_order(world, book, creator):
    listings = (Listing(1, DOLLAR, 5), Listing(1, NATIVE, 7, 2))
    work = world.register("for sale", creator, listings=listings)
    assert tuple(book.offerOf(1)) == (work, 1, DOLLAR, 5, 0, False, False, False, 0, 0)
    assert tuple(book.offerOf(2)) == (work, 1, NATIVE, 7, 0, False, False, False, 2, 0)


@pytest.mark.parametrize("caller", ["creator", "licensing"])
def test_publish__not_the_registry__refused(request, book, work, caller):
    caller = request.getfixturevalue(caller)
    with reverts("OfferBook__NotRegistry", caller):
        book.publish.call(work, [(1, NATIVE, 1, 0)], [], NO_ECONOMICS, {"from": caller})


def test_take__not_licensing__refused(world, book, creator, work):
    """Threat: a caller who counts sales that nobody paid, to use up an edition."""
    with reverts("OfferBook__NotLicensing", creator):
        book.take(world.purchase(world.list(work, 0)), {"from": creator})
    quote = world.quote(work)
    with reverts("OfferBook__NotLicensing", creator):
        book.takeQuote(quote, world.sign(quote, creator), creator, {"from": creator})


def test_take__quantity__sale_as_offered(world, book, licensing, work):
    """What Licensing learns: number, price of one licence, expiry; nothing is held."""
    offer = world.list(work, 5, DOLLAR)
    sale = book.take.call(world.purchase(offer, 3), {"from": licensing})
    assert tuple(sale)[:5] == (offer, work, 1, DOLLAR, 5)
    assert abs(sale["expiry"] - now() - 365 * DAY) <= 5
    assert sale["heldFor"] == 0


def test_take__refundable_terms__held_for_whole_days_after_today(world, book, licensing, work, midday):
    offer = world.list(work, 5, terms=world.terms(refundDays=14))
    sale = book.take.call(world.purchase(offer), {"from": licensing})
    assert sale["heldFor"] == now() // DAY + 14


def test_take__duration_of_zero_or_beyond_all_clocks__never_expires(world, licensing, buyer, work):
    for duration in (0, FOREVER):
        licence = world.buy(world.list(work, 0, terms=world.terms(duration=duration)), buyer)
        assert licensing.expiresAt(licence) == FOREVER
    longest = FOREVER - now() - 1000
    licence = world.buy(world.list(work, 0, terms=world.terms(duration=longest)), buyer)
    assert FOREVER - 1000 <= licensing.expiresAt(licence) < FOREVER


@pytest.mark.parametrize("field", ["work", "terms", "currency", "price"])
def test_take__content_of_another_offer__refused(world, book, licensing, buyer, work, field):
    """R4: after a reorganisation the same number may mean another offer."""
    offered = {"work": work, "terms": STANDARD, "currency": NATIVE, "price": 0}
    others = {"work": work + 1, "terms": STANDARD._replace(seats=1), "currency": DOLLAR, "price": 1}
    offer = world.list(work, 0)
    stated = content(**(offered | {field: others[field]}))
    with reverts("OfferBook__WrongContent", offer, stated, bytes(book.contentOf(offer))):
        licensing.buy(Purchase(offer, stated), buyer, {"from": buyer})


@pytest.mark.parametrize("how", ["buy", "fee"])
def test_take__terms_number_means_others_after_a_reorganisation__refused(
    world, registry, book, licensing, dollar, chain, creator, rival, work, how
):
    """R4, threat: whoever registers other terms first after a reorganisation: the same numbers of offer and terms, the
    same price, but a guarantee that empties an allowance and nine tenths of all that the derivative will earn."""
    terms = {"text": b"\7" * 32}
    seen = world.purchase(world.list(work, 5, DOLLAR, world.terms(**terms)))
    number = book.offerOf(seen.offer)["terms"]
    chain.revert()  # to the beginning of the test, before the work was registered
    assert world.register("a work", creator) == work
    assert world.terms(**terms, upstream=900_000, currency=DOLLAR, guarantee=700) == number
    assert world.list(work, 5, DOLLAR, number) == seen.offer
    world.fund(rival, 10**9)
    with reverts("OfferBook__WrongContent", seen.offer, seen.content, bytes(book.contentOf(seen.offer))):
        if how == "buy":
            licensing.buy(seen, rival, {"from": rival})
        else:
            registry.register(world.registration("a child", rival, purchases=(seen,)), {"from": rival})
    assert dollar.balanceOf(rival) == 10**9


def test_take__nothing__refused(world, licensing, buyer, work):
    offer = world.list(work, 0)
    with reverts("OfferBook__ZeroQuantity", offer):
        licensing.buy(world.purchase(offer, 0), buyer, {"from": buyer})


def test_take__edition__sold_out_at_its_supply(world, book, licensing, buyer, stranger, work):
    offer, other = world.list(work, 0, supply=5), world.list(work, 0, supply=1)
    world.buy(offer, buyer, quantity=3)
    assert book.offerOf(offer)["sold"] == 3
    with reverts("OfferBook__SoldOut", offer, 5):
        licensing.buy(world.purchase(offer, 3), stranger, {"from": stranger})
    world.buy(offer, stranger, quantity=2)
    for quantity in (1, 2**32 - 1):
        with reverts("OfferBook__SoldOut", offer, 5):
            licensing.buy(world.purchase(offer, quantity), stranger, {"from": stranger})
    assert book.offerOf(offer)["sold"] == 5
    world.buy(other, stranger)


def test_take__no_limit__sells_on_and_counts_nothing(world, book, buyer, work):
    offer = world.list(work, 0)
    world.buy(offer, buyer, quantity=256)
    world.buy(offer, buyer)
    assert book.offerOf(offer)["sold"] == 0


def test_take__unknown_or_closed__refused(world, book, licensing, creator, rival, buyer, work):
    for unknown in (0, 7):
        with reverts("OfferBook__UnknownOffer", unknown):
            licensing.buy(Purchase(unknown, b"\0" * 32), buyer, {"from": buyer})
        for view in (book.offerOf, book.offerAndTerms, book.contentOf, book.renewal):
            with reverts("OfferBook__UnknownOffer", unknown):
                view(unknown)
        with reverts("OfferBook__UnknownOffer", unknown):
            book.close(unknown, {"from": creator})
    offer = world.list(work, 0)
    with reverts("OfferBook__NotHolder", work, rival):
        book.close(offer, {"from": rival})
    assert book.close(offer, {"from": creator}).events["OfferClosed"]["offer"] == offer
    assert book.offerOf(offer)["closed"]
    with reverts("OfferBook__OfferClosed", offer):
        licensing.buy(world.purchase(offer), buyer, {"from": buyer})


def test_take__after_the_title_moved_or_the_epoch_advanced__refused(
    world, registry, licensing, creator, rival, buyer, work
):
    """A new holder inherits no price, and a holder withdraws all listings at once."""
    offer = world.list(work, 0)
    registry.advanceWorkEpoch(work, {"from": creator})
    with reverts("OfferBook__WrongWorkEpoch", work, 1):
        licensing.buy(world.purchase(offer), buyer, {"from": buyer})
    offer = world.list(work, 0)
    registry.transferFrom(creator, rival, work, {"from": creator})
    with reverts("OfferBook__WrongWorkEpoch", work, 2):
        licensing.buy(world.purchase(offer), buyer, {"from": buyer})
    world.buy(world.list(work, 0), buyer)


def test_take__title_not_final__refused_until_it_is(world, registry, licensing, chain, creator, buyer, accept):
    """Nothing is sold under a title that may still give way."""
    work = world.register_at_once("a young work", creator, listings=(Listing(1, NATIVE, 0),))
    final = registry.titleOf(work)["finalAt"]
    with reverts("OfferBook__NotFinal", work, final):
        licensing.buy(world.purchase(1), buyer, {"from": buyer})
    with reverts("OfferBook__NotFinal", work, final):
        accept(world.quote(work))
    chain.sleep(final - now())
    world.buy(1, buyer)
