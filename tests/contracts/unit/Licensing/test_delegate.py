"""Delegates: a pricing key sells inside bounds, for a while, so many a day."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY, DOLLAR, NATIVE, now


@pytest.fixture
def mandate(world, licensing, creator, work):
    """`pricing` may quote dollars between 1 and 10 million, three licences a day."""
    bounds = world.bounds(world.pricing)
    licensing.setBounds(work, bounds, {"from": creator})
    return bounds


@pytest.fixture
def accept(world, licensing, buyer, work):
    def run(**changes):
        quote = world.quote(work, **{"seller": world.pricing, **changes})
        world.fund(buyer, quote.price)
        return licensing.buyQuote(quote, world.sign(quote, quote.seller), buyer, {"from": buyer})

    return run


def test_set_bounds__holder__event_names_everything(world, licensing, creator, work):
    bounds = world.bounds(world.pricing)
    done = licensing.setBounds(work, bounds, {"from": creator})
    assert dict(done.events["BoundsSet"]) == {"work": work, "holder": creator, **bounds._asdict()}


def test_set_bounds__wrong_caller_bounds_or_terms__refused(world, licensing, creator, rival, work):
    bounds = world.bounds(world.pricing)
    with reverts("Licensing__NotHolder", work, rival):
        licensing.setBounds(work, bounds, {"from": rival})
    with reverts("Licensing__BadBounds", 2, 1):
        licensing.setBounds(work, bounds._replace(floor=2, ceiling=1), {"from": creator})
    with reverts("Licensing__UnknownTerms", 2):
        licensing.setBounds(work, bounds._replace(terms=2), {"from": creator})


@pytest.mark.parametrize("price", [1_000_000, 10_000_000], ids=["floor", "ceiling"])
def test_buy_quote__delegate_at_a_bound__sold(mandate, accept, price):
    assert accept(price=price).events["LicenceSold"]["price"] == price


@pytest.mark.parametrize("price", [999_999, 10_000_001, 0])
def test_buy_quote__delegate_beyond_a_bound__refused(mandate, accept, price):
    with reverts("Licensing__OutOfBounds", price, 1_000_000, 10_000_000):
        accept(price=price)


@pytest.mark.parametrize("other", ["terms", "currency", "work"])
def test_buy_quote__delegate_under_other_terms_currency_or_work__no_mandate(
    world, licensing, creator, buyer, work, mandate, other
):
    """A mandate is for one work, one set of terms and one currency."""
    changes = {"terms": world.terms(upstream=0)} if other == "terms" else {}
    changes |= {"currency": NATIVE} if other == "currency" else {}
    payee = world.register("another work", creator) if other == "work" else work
    quote = world.quote(payee, seller=world.pricing, **changes)
    with reverts("Licensing__NoMandate", payee, world.pricing):
        licensing.buyQuote(quote, world.sign(quote, world.pricing), buyer, {"from": buyer})


def test_buy_quote__mandate_expired__refused(world, chain, mandate, accept, work):
    chain.sleep(DAY + 1)
    with reverts("Licensing__NoMandate", work, world.pricing):
        accept()


def test_buy_quote__daily_cap__refused_until_the_next_utc_day(world, licensing, chain, creator, accept, work):
    licensing.setBounds(work, world.bounds(world.pricing, expiry=now() + 30 * DAY), {"from": creator})
    chain.sleep(DAY - now() % DAY)  # midnight, so that no test run crosses it by chance
    for _ in range(3):
        accept()
    with reverts("Licensing__DailyCapReached", world.pricing, 3):
        accept()
    with reverts("Licensing__DailyCapReached", world.pricing, 3):
        accept(basis=b"\1" * 32)
    chain.sleep(DAY)
    accept()


def test_set_bounds__again__cap_changes_and_what_was_sold_today_counts(
    world, licensing, chain, creator, mandate, accept, work
):
    chain.sleep(DAY - now() % DAY)
    mandate = mandate._replace(expiry=now() + DAY)
    licensing.setBounds(work, mandate, {"from": creator})
    for _ in range(2):
        accept()
    licensing.setBounds(work, mandate._replace(perDay=2), {"from": creator})
    with reverts("Licensing__DailyCapReached", world.pricing, 2):
        accept()
    licensing.setBounds(work, mandate._replace(perDay=4), {"from": creator})
    accept()
    licensing.setBounds(work, mandate._replace(perDay=0), {"from": creator})
    with reverts("Licensing__DailyCapReached", world.pricing, 0):
        accept()


@pytest.mark.parametrize("how", ["transfer", "advance"])
def test_buy_quote__title_moved_or_epoch_advanced__mandate_ends(
    world, registry, creator, rival, mandate, accept, work, how
):
    """A new holder's title comes without the former holder's delegates."""
    if how == "transfer":
        registry.transferFrom(creator, rival, work, {"from": creator})
    else:
        registry.advanceWorkEpoch(work, {"from": creator})
    with reverts("Licensing__NoMandate", work, world.pricing):
        accept()


def test_buy_quote__delegates_quota__not_used_by_the_holder(world, licensing, chain, creator, mandate, accept):
    chain.sleep(DAY - now() % DAY - 1 if now() % DAY > DAY - 60 else 0)
    for _ in range(4):
        accept(seller=creator)
    accept()


def test_buy_quote__delegate_is_a_contract__erc1271_decides(world, licensing, creator, rival, buyer, work):
    wallet = world.contract("SmartWallet", rival)
    licensing.setBounds(work, world.bounds(wallet), {"from": creator})
    quote = world.quote(work, seller=wallet)
    world.fund(buyer, quote.price)
    licensing.buyQuote(quote, world.sign(quote, rival), buyer, {"from": buyer})
    assert licensing.offerOf(1)["currency"] == DOLLAR
