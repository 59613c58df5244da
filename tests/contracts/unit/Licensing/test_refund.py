"""Returns: within its refundable days a licence is burnt, and its holder gets the price."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY, DOLLAR, NATIVE, now

PRICE = 1000


@pytest.fixture(autouse=True)
def afternoon(midday):
    """No test crosses midnight by chance."""


@pytest.fixture
def offer(world, work, currency) -> int:
    """To be given back on the day of sale or the two after it."""
    return world.list(work, PRICE, currency, world.terms(refundDays=2))


@pytest.fixture
def licence(world, offer, buyer) -> int:
    world.fund(buyer, PRICE)
    return world.buy(offer, buyer)


@pytest.fixture
def last_day(licensing, licence) -> int:
    return licensing.licenceOf(licence)["refundableFor"]


def test_buy__refundable__held_until_two_days_after_today(
    ledger, licensing, balance, work, currency, licence, last_day
):
    assert last_day == now() // DAY + 2
    assert ledger.heldOf(work, currency, last_day) == PRICE == balance(ledger, currency)
    assert ledger.grossOf(work, currency) == 0


def test_refund__by_the_holder__burnt_and_paid_back(
    licensing, ledger, balance, buyer, stranger, work, currency, licence, last_day
):
    licensing.approve(stranger, licence, {"from": buyer})
    before = balance(buyer, currency)
    done = licensing.refund(licence, {"from": stranger})  # so that the holder pays no gas
    assert dict(done.events["LicenceRefunded"]) == {
        "licence": licence, "work": work, "holder": buyer, "price": PRICE,
    }  # fmt: skip
    assert done.events["Refunded"]["to"] == buyer
    assert balance(buyer, currency) - before == PRICE
    assert (balance(ledger, currency), ledger.heldOf(work, currency, last_day)) == (0, 0)
    assert not licensing.isLive(licence)
    assert licensing.balanceOf(buyer) == 0
    with reverts("Licensing__UnknownLicence", licence):
        licensing.refund(licence, {"from": buyer})


def test_refund__operator_of_the_holder__money_still_to_the_holder(
    licensing, balance, buyer, stranger, currency, licence
):
    """Threat: an approved account that takes the money."""
    licensing.setApprovalForAll(stranger, True, {"from": buyer})
    before = balance(buyer, currency)
    licensing.refund(licence, {"from": stranger})
    assert balance(buyer, currency) - before == PRICE


def test_refund__by_somebody_else__refused(licensing, creator, stranger, licence):
    for nobody in (creator, stranger):
        with reverts("Licensing__NotLicenceHolder", licence, nobody):
            licensing.refund(licence, {"from": nobody})
    assert licensing.isLive(licence)


def test_refund__last_second_of_the_last_day__and_not_one_later(
    licensing, ledger, chain, buyer, work, currency, licence, last_day
):
    """The money can be refunded or released, never both."""
    with reverts("RoyaltyLedger__StillHeld", work, currency, last_day):
        ledger.release(work, currency, last_day, {"from": buyer})
    chain.mine(timestamp=(last_day + 1) * DAY - 1)
    licensing.refund.call(licence, {"from": buyer})
    chain.mine(timestamp=(last_day + 1) * DAY)
    with reverts("Licensing__NotRefundable", licence):
        licensing.refund(licence, {"from": buyer})
    ledger.release(work, currency, last_day, {"from": buyer})
    with reverts("Licensing__NotRefundable", licence):
        licensing.refund(licence, {"from": buyer})
    assert ledger.grossOf(work, currency) == PRICE


def test_refund__terms_without__refused(world, licensing, buyer, work, currency):
    licence = world.buy(world.list(work, PRICE, currency), buyer)
    assert licensing.licenceOf(licence)["refundableFor"] == 0
    with reverts("Licensing__NotRefundable", licence):
        licensing.refund(licence, {"from": buyer})


def test_refund__after_a_transfer__the_new_holder_is_paid(licensing, balance, buyer, stranger, currency, licence):
    licensing.transferFrom(buyer, stranger, licence, {"from": buyer})
    with reverts("Licensing__NotLicenceHolder", licence, buyer):
        licensing.refund(licence, {"from": buyer})
    licensing.approve(buyer, licence, {"from": stranger})
    before = balance(stranger, currency)
    licensing.refund(licence, {"from": buyer})
    assert balance(stranger, currency) - before == PRICE


def test_refund__ended_or_expired_licence__refused(world, licensing, chain, buyer, work, currency, licence):
    """What was used up is not given back."""
    licensing.cancelSubscription(licence, {"from": buyer})
    with reverts("Licensing__NotLive", licence):
        licensing.refund(licence, {"from": buyer})
    world.fund(buyer, PRICE)
    short = world.buy(world.list(work, PRICE, currency, world.terms(refundDays=2, duration=3600)), buyer)
    chain.sleep(3600)
    with reverts("Licensing__NotLive", short):
        licensing.refund(short, {"from": buyer})


def test_refund__one_of_several__the_others_stay(world, licensing, ledger, buyer, work, currency, offer):
    world.fund(buyer, 3 * PRICE)
    first = world.buy(offer, buyer, quantity=3)
    day = licensing.licenceOf(first)["refundableFor"]
    licensing.refund(first + 1, {"from": buyer})
    assert [licensing.isLive(first + i) for i in range(3)] == [True, False, True]
    assert ledger.heldOf(work, currency, day) == 2 * PRICE
    for licence in (first, first + 2):
        licensing.refund(licence, {"from": buyer})
    assert ledger.heldOf(work, currency, day) == 0


def test_refund__paused_or_disputed__still_paid(licensing, disputed, admin, buyer, work, licence):
    """M7: pausing stops sales, never what is owed."""
    licensing.setPaused(True, {"from": admin})
    disputed(work)
    licensing.refund(licence, {"from": buyer})
    assert not licensing.isLive(licence)


def test_refund__free_licence__burnt_and_nothing_moves(world, licensing, ledger, buyer, work, currency):
    licence = world.buy(world.list(work, 0, currency, world.terms(refundDays=1)), buyer)
    done = licensing.refund(licence, {"from": buyer})
    assert done.events["LicenceRefunded"]["price"] == 0
    assert "Refunded" not in done.events
    assert not licensing.isLive(licence)


def test_refund__holder_refuses_coins__nobody_else_is_touched(world, licensing, ledger, buyer, work):
    """M3: such a holder keeps its licence; the others get their money."""
    offer = world.list(work, PRICE, NATIVE, world.terms(refundDays=2))
    wallet = world.contract("SmartWallet", buyer)
    stuck = world.buy(offer, buyer, wallet)
    free = world.buy(offer, buyer)
    give_back = [(licensing, 0, licensing.refund.encode_input(stuck))]
    wallet.setRefusing(True, {"from": buyer})
    with reverts("RoyaltyLedger__PaymentFailed", wallet, NATIVE, PRICE):
        wallet.execute(give_back, {"from": buyer})
    licensing.refund(free, {"from": buyer})
    wallet.setRefusing(False, {"from": buyer})
    wallet.execute(give_back, {"from": buyer})
    assert wallet.balance() == PRICE


def test_refund__receiver_that_calls_back__paid_once(world, licensing, ledger, buyer, work):
    """R7: the licence is burnt before anything is paid."""
    offer = world.list(work, PRICE, NATIVE, world.terms(refundDays=2))
    thief = world.contract("ReentrantReceiver")
    licence, other = world.buy(offer, buyer, thief), world.buy(offer, buyer, thief)
    for again in (licence, other):
        thief.lay(licensing, licensing.refund.encode_input(again), {"from": buyer})
    thief.execute(licensing, 0, licensing.refund.encode_input(licence), {"from": buyer})
    outcomes = [thief.outcome(i) for i in range(thief.sprung())]
    assert [success for success, _ in outcomes] == [False, False]
    assert str(outcomes[0][1]).startswith(world.selector("Licensing__UnknownLicence"))
    assert thief.balance() == PRICE == ledger.heldOf(work, NATIVE, now() // DAY + 2)
    assert licensing.isLive(other)


def test_refund__edition__its_supply_is_not_restored(world, licensing, buyer, work, currency):
    """A seller who signed for one licence is not made to sell another."""
    offer = world.list(work, PRICE, currency, world.terms(refundDays=2), supply=1)
    world.fund(buyer, 2 * PRICE)
    licensing.refund(world.buy(offer, buyer), {"from": buyer})
    with reverts("OfferBook__SoldOut", offer, 1):
        licensing.buy(world.purchase(offer), buyer, {"from": buyer, "value": 0 if currency else PRICE})


def test_refund__token_order__paid_to_the_recipient(world, licensing, dollar, buyer, stranger, work):
    """Whoever holds the licence, not who paid for it."""
    quote = world.quote(work, terms=world.terms(refundDays=2), price=PRICE)
    world.fund(buyer, PRICE)
    licence = world.fulfil(quote, world.order(quote, buyer, recipient=str(stranger))).return_value
    licensing.refund(licence, {"from": stranger})
    assert (dollar.balanceOf(stranger), dollar.balanceOf(buyer)) == (PRICE, 0)
    assert world.ledger.grossOf(work, DOLLAR) == 0
