"""Delegates: a pricing key sells inside bounds, for a while, so many a day."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY, DOLLAR, FOREVER, NATIVE, now

NOBODY = "0x" + "0" * 40
HOUR = 3600


@pytest.fixture
def mandate(world, book, creator, work, midday):
    """`pricing` may quote dollars between 1 and 10 million, three licences a day, until noon in thirty days."""
    bounds = world.bounds(world.pricing, expiry=now() // HOUR * HOUR + 30 * DAY)
    book.setBounds(work, bounds, {"from": creator})
    return bounds


@pytest.fixture
def delegate_sells(world, work, accept):
    """Buy on a quote of the pricing key."""

    def run(**changes):
        return accept(world.quote(work, **{"seller": world.pricing, **changes}))

    return run


def test_set_bounds__holder__event_names_everything(world, book, creator, work):
    bounds = world.bounds(world.pricing, expiry=now() // HOUR * HOUR + DAY)
    done = book.setBounds(work, bounds, {"from": creator})
    assert dict(done.events["BoundsSet"]) == {"work": work, "holder": creator, **bounds._asdict()}


@pytest.mark.parametrize(
    ("expiry", "effective"),
    [(500_000 * HOUR + 3599, 500_000 * HOUR), (500_000 * HOUR, 500_000 * HOUR), (FOREVER, (2**24 - 1) * HOUR), (0, 0)],
    ids=["within an hour", "full hour", "for ever", "none"],
)
def test_set_bounds__expiry__rounded_down_to_what_the_event_says(world, book, creator, work, expiry, effective):
    done = book.setBounds(work, world.bounds(world.pricing, expiry=expiry), {"from": creator})
    assert done.events["BoundsSet"]["expiry"] == effective


def test_set_bounds__wrong_caller_bounds_or_terms__refused(world, book, creator, rival, work):
    bounds = world.bounds(world.pricing)
    with reverts("OfferBook__NotHolder", work, rival):
        book.setBounds(work, bounds, {"from": rival})
    with reverts("OfferBook__BadBounds", 2, 1):
        book.setBounds(work, bounds._replace(floor=2, ceiling=1), {"from": creator})
    for terms in (0, 2):
        with reverts("OfferBook__UnknownTerms", terms):
            book.setBounds(work, bounds._replace(terms=terms), {"from": creator})


def test_set_bounds__at_registration__delegate_sells(world, book, creator, accept):
    work = world.register("delegated", creator, bounds=(world.bounds(world.pricing),))
    accept(world.quote(work, seller=world.pricing))
    assert book.offerOf(1)["work"] == work


@pytest.mark.parametrize("price", [1_000_000, 10_000_000], ids=["floor", "ceiling"])
def test_take_quote__delegate_at_a_bound__sold(mandate, delegate_sells, price):
    assert delegate_sells(price=price).events["LicenceSold"]["price"] == price


@pytest.mark.parametrize("price", [999_999, 10_000_001, 0])
def test_take_quote__delegate_beyond_a_bound__refused(mandate, delegate_sells, price):
    with reverts("OfferBook__OutOfBounds", price, 1_000_000, 10_000_000):
        delegate_sells(price=price)


@pytest.mark.parametrize("other", ["terms", "currency", "work"])
def test_take_quote__delegate_under_other_terms_currency_or_work__no_mandate(
    world, creator, work, mandate, accept, other
):
    """A mandate is for one work, one set of terms and one currency."""
    changes = {"terms": world.terms(upstream=0)} if other == "terms" else {}
    changes |= {"currency": NATIVE} if other == "currency" else {}
    payee = world.register("another work", creator) if other == "work" else work
    with reverts("OfferBook__NoMandate", payee, world.pricing):
        accept(world.quote(payee, seller=world.pricing, **changes))


def test_take_quote__mandate__ends_with_its_last_full_hour(world, chain, mandate, delegate_sells, work):
    chain.sleep(mandate.expiry - now() - 60)
    delegate_sells()
    chain.sleep(60)
    with reverts("OfferBook__NoMandate", work, world.pricing):
        delegate_sells()


def test_take_quote__daily_cap__refused_until_the_next_utc_day(world, chain, mandate, delegate_sells):
    for _ in range(3):
        delegate_sells()
    with reverts("OfferBook__DailyCapReached", world.pricing, 3):
        delegate_sells()
    with reverts("OfferBook__DailyCapReached", world.pricing, 3):
        delegate_sells(basis=b"\1" * 32)
    chain.sleep(DAY - now() % DAY - 60)
    with reverts("OfferBook__DailyCapReached", world.pricing, 3):
        delegate_sells()
    chain.sleep(60)
    for _ in range(3):
        delegate_sells()
    with reverts("OfferBook__DailyCapReached", world.pricing, 3):
        delegate_sells()


def test_set_bounds__again__cap_changes_and_what_was_sold_today_counts(
    world, book, creator, mandate, delegate_sells, work
):
    for _ in range(2):
        delegate_sells()
    book.setBounds(work, mandate._replace(perDay=2), {"from": creator})
    with reverts("OfferBook__DailyCapReached", world.pricing, 2):
        delegate_sells()
    book.setBounds(work, mandate._replace(perDay=4), {"from": creator})
    delegate_sells()
    book.setBounds(work, mandate._replace(perDay=0), {"from": creator})
    with reverts("OfferBook__DailyCapReached", world.pricing, 0):
        delegate_sells()


@pytest.mark.parametrize("how", ["transfer", "advance"])
def test_take_quote__title_moved_or_epoch_advanced__mandate_ends(
    world, registry, creator, rival, mandate, delegate_sells, work, how
):
    """A new holder's title comes without the former holder's delegates."""
    if how == "transfer":
        registry.transferFrom(creator, rival, work, {"from": creator})
    else:
        registry.advanceWorkEpoch(work, {"from": creator})
    with reverts("OfferBook__NoMandate", work, world.pricing):
        delegate_sells()


def test_take_quote__delegates_quota__not_used_by_the_holder(creator, mandate, delegate_sells):
    for _ in range(4):
        delegate_sells(seller=creator)
    delegate_sells()


def test_take_quote__mandate_for_nobody__no_failed_recovery_passes_for_it(world, book, creator, rival, work, accept):
    """Threat: a holder who by mistake names the zero address, which is what a failed recovery yields."""
    book.setBounds(work, world.bounds(NOBODY), {"from": creator})
    for signature in (None, b"\1" * 65, b"\1"):
        with reverts("OfferBook__BadSignature"):
            accept(world.quote(work, seller=NOBODY), signer=rival, signature=signature)


def test_take_quote__delegate_is_a_contract__erc1271_decides(world, book, creator, rival, work, accept):
    wallet = world.contract("SmartWallet", rival)
    book.setBounds(work, world.bounds(wallet), {"from": creator})
    quote = world.quote(work, seller=wallet)
    with reverts("OfferBook__BadSignature", wallet, world.hash(quote)):
        accept(quote, signer=creator)
    accept(quote, signer=rival)
    assert book.offerOf(1)["currency"] == DOLLAR


def test_bounds__for_exclusive_terms__refused_so_no_delegate_sells_one(world, book, creator, mandate, work, accept):
    """A pricing key must not be able to tie the work up."""
    terms = world.terms(exclusive=True)
    with reverts("OfferBook__ExclusiveNeedsQuote", terms):
        book.setBounds(work, mandate._replace(terms=terms), {"from": creator})
    book.countGrants(work, {"from": creator})
    with reverts("OfferBook__NoMandate", work, world.pricing):
        accept(world.quote(work, seller=world.pricing, terms=terms))
