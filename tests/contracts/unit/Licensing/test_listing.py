"""Listings: a holder's fixed price, bought by anybody."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY, DOLLAR, FOREVER, NATIVE, now

NOBODY = "0x" + "0" * 40


def test_list__holder__offer_stands(world, licensing, creator, work):
    done = licensing.list(work, (1, DOLLAR, 5), {"from": creator})
    assert dict(done.events["OfferMade"]) == {
        "offer": 1,
        "work": work,
        "terms": 1,
        "currency": DOLLAR,
        "price": 5,
        "quote": "0x" + "00" * 32,
    }
    assert tuple(licensing.offerOf(1)) == (work, 1, DOLLAR, 5, 0, False, False)


def test_list__wrong_terms_currency_or_caller__refused(licensing, creator, rival, work):
    for terms in (0, 2):
        with reverts("Licensing__UnknownTerms", terms):
            licensing.list(work, (terms, NATIVE, 5), {"from": creator})
    with reverts("RoyaltyLedger__UnknownCurrency", 2):
        licensing.list(work, (1, 2, 5), {"from": creator})
    with reverts("Licensing__NotHolder", work, rival):
        licensing.list(work, (1, NATIVE, 5), {"from": rival})


def test_publish__not_the_registry__refused(licensing, creator, work):
    with reverts("Licensing__NotRegistry", creator):
        licensing.publish(work, [(1, NATIVE, 1)], [], {"from": creator})


def test_buy__native__licence_to_the_recipient_and_price_to_the_work(
    world, licensing, ledger, creator, buyer, stranger, work
):
    offer = world.list(work, 1000)
    done = licensing.buy(offer, stranger, {"from": buyer, "value": 1000})
    expiry = done.timestamp + 365 * DAY
    assert dict(done.events["LicenceSold"]) == {
        "licence": 1, "work": work, "holder": stranger, "payer": buyer, "offer": offer,
        "terms": 1, "currency": NATIVE, "price": 1000, "expiry": expiry,
    }  # fmt: skip
    assert (done.events["Deposited"]["payer"], done.events["Deposited"]["by"]) == (buyer, licensing)
    assert tuple(licensing.licenceOf(1)) == (stranger, work, offer, 1, expiry, 0)
    assert (licensing.ownerOf(1), licensing.expiresAt(1)) == (stranger, expiry)
    assert licensing.isLive(1)
    assert ledger.claimable(work, NATIVE, creator) == 1000
    assert licensing.balance() == 0


def test_buy__token__taken_from_the_buyer_by_the_ledger(world, licensing, ledger, dollar, creator, buyer, work):
    offer = world.list(work, 1000, DOLLAR)
    world.fund(buyer, 1500)
    done = licensing.buy(offer, buyer, {"from": buyer})
    assert done.events["Deposited"]["payer"] == buyer
    assert (dollar.balanceOf(buyer), dollar.balanceOf(ledger), dollar.balanceOf(licensing)) == (500, 1000, 0)
    assert ledger.claimable(work, DOLLAR, creator) == 1000


def test_buy__free__nothing_moves(world, licensing, ledger, buyer, work):
    licence = world.buy(world.list(work, 0, DOLLAR), buyer)
    assert licensing.isLive(licence)
    assert ledger.grossOf(work, DOLLAR) == 0
    with reverts("Licensing__WrongValue", 1, 0):
        licensing.buy(world.list(work, 0), buyer, {"from": buyer, "value": 1})


@pytest.mark.parametrize("value", [0, 999, 1001])
def test_buy__value_is_not_the_price__refused(world, licensing, buyer, work, value):
    """R4: nobody pays more than the price, not even by mistake."""
    offer = world.list(work, 1000)
    with reverts("Licensing__WrongValue", value, 1000):
        licensing.buy(offer, buyer, {"from": buyer, "value": value})


def test_buy__coins_beside_a_token_price__refused(world, licensing, buyer, work):
    offer = world.list(work, 1000, DOLLAR)
    world.fund(buyer, 1000)
    with reverts("Licensing__WrongValue", 1, 0):
        licensing.buy(offer, buyer, {"from": buyer, "value": 1})


def test_buy__balance_too_small__refused(world, licensing, buyer, work):
    offer = world.list(work, 1000, DOLLAR)
    world.fund(buyer, 999)
    with reverts("TransferFromFailed"):
        licensing.buy(offer, buyer, {"from": buyer})
    with reverts("Licensing__UnknownLicence", 1):
        licensing.licenceOf(1)


def test_buy__for_nobody__refused(world, licensing, buyer, work):
    with reverts("Licensing__ZeroAddress"):
        licensing.buy(world.list(work, 0), NOBODY, {"from": buyer})


def test_buy__unknown_or_closed__refused(world, licensing, creator, rival, buyer, work):
    for unknown in (0, 7):
        with reverts("Licensing__UnknownOffer", unknown):
            licensing.buy(unknown, buyer, {"from": buyer})
        with reverts("Licensing__UnknownOffer", unknown):
            licensing.offerOf(unknown)
        with reverts("Licensing__UnknownOffer", unknown):
            licensing.close(unknown, {"from": creator})
    offer = world.list(work, 0)
    with reverts("Licensing__NotHolder", work, rival):
        licensing.close(offer, {"from": rival})
    assert licensing.close(offer, {"from": creator}).events["OfferClosed"]["offer"] == offer
    assert licensing.offerOf(offer)["closed"]
    with reverts("Licensing__OfferClosed", offer):
        licensing.buy(offer, buyer, {"from": buyer})


def test_buy__after_the_title_moved_or_the_epoch_advanced__refused(
    world, registry, licensing, creator, rival, buyer, work
):
    """A new holder inherits no price, and a holder withdraws all listings at once."""
    offer = world.list(work, 0)
    registry.advanceWorkEpoch(work, {"from": creator})
    with reverts("Licensing__WrongWorkEpoch", work, 1):
        licensing.buy(offer, buyer, {"from": buyer})
    offer = world.list(work, 0)
    registry.transferFrom(creator, rival, work, {"from": creator})
    with reverts("Licensing__WrongWorkEpoch", work, 2):
        licensing.buy(offer, buyer, {"from": buyer})
    world.buy(world.list(work, 0), buyer)


def test_buy__paused__refused_until_resumed(world, licensing, admin, buyer, work):
    """M7: pausing stops sales of every kind."""
    offer, quote = world.list(work, 0), world.quote(work, price=0)
    licensing.setPaused(True, {"from": admin})
    with reverts("Pausable__Paused"):
        licensing.buy(offer, buyer, {"from": buyer})
    with reverts("Pausable__Paused"):
        licensing.buyQuote(quote, world.sign(quote, quote.seller), buyer, {"from": buyer})
    with reverts("Pausable__Paused"):
        world.fulfil(quote, world.order(quote, buyer))
    licensing.setPaused(False, {"from": admin})
    world.buy(offer, buyer)


def test_buy__duration_of_zero_or_beyond_all_clocks__never_expires(world, licensing, buyer, work):
    for duration in (0, FOREVER):
        licence = world.buy(world.list(work, 0, terms=world.terms(duration=duration)), buyer)
        assert licensing.expiresAt(licence) == FOREVER
    longest = FOREVER - now() - 1000
    licence = world.buy(world.list(work, 0, terms=world.terms(duration=longest)), buyer)
    assert FOREVER - 1000 <= licensing.expiresAt(licence) < FOREVER
