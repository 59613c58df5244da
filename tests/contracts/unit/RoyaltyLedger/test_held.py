"""Refundable sales: held until their UTC day is over, then released into the gross, or paid back."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import NOBODY
from tests.contracts.world import DAY, DOLLAR, NATIVE, now, work_id

MAX_GROSS = 2**108 - 1


@pytest.fixture(scope="module")
def world(bench):
    return bench


@pytest.fixture
def today() -> int:
    return now() // DAY


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_deposit_from__held__waits_outside_the_gross(world, ledger, creator, buyer, work, today, currency):
    world.fund(buyer, 700)
    done = world.pay_from(buyer, work, currency, 700, held=today + 2)
    assert dict(done.events["Held"]) == {
        "work": work,
        "currency": currency,
        "payer": buyer,
        "day": today + 2,
        "amount": 700,
    }
    assert "Deposited" not in done.events
    assert ledger.heldOf(work, currency, today + 2) == world.balance(currency) == 700
    assert (ledger.grossOf(work, currency), ledger.claimable(work, currency, creator)) == (0, 0)


def test_deposit_from__days__wait_apart(world, ledger, buyer, work, today):
    for day in (today, today + 1, today + 1):
        world.pay_from(buyer, work, NATIVE, 5, held=day)
    assert [ledger.heldOf(work, NATIVE, day) for day in (today, today + 1, today + 2)] == [5, 10, 0]


def test_deposit_from__held_for_a_title_that_may_give_way__refused(world, registry, buyer, creator, today):
    """What waits must have somebody to go to."""
    fresh = world.register_at_once("fresh", creator)
    with reverts("RoyaltyLedger__NotFinal", fresh, registry.titleOf(fresh).dict()["finalAt"]):
        world.pay_from(buyer, fresh, NATIVE, 5, held=today)
    unknown = work_id("never registered")
    with reverts("WorkRegistry__UnknownWork", unknown):
        world.pay_from(buyer, unknown, NATIVE, 5, held=today)


def test_deposit_from__not_held__credited_in_licensings_name(world, ledger, licensing, buyer, creator, work):
    done = world.pay_from(buyer, work, NATIVE, 5)
    assert dict(done.events["Deposited"]) == {
        "work": work,
        "currency": NATIVE,
        "payer": buyer,
        "by": licensing,
        "amount": 5,
    }
    assert ledger.claimable(work, NATIVE, creator) == 5


def test_release__last_second_of_the_day__still_held(world, ledger, chain, buyer, stranger, work, today):
    """A whole UTC day: the first second of the next one is the first that counts."""
    world.pay_from(buyer, work, NATIVE, 5, held=today)
    end = (today + 1) * DAY
    chain.mine(timestamp=end - 1)
    with reverts("RoyaltyLedger__StillHeld", work, NATIVE, today):
        ledger.release.call(work, NATIVE, today, {"from": stranger})
    chain.mine(timestamp=end)
    assert ledger.release.call(work, NATIVE, today, {"from": stranger}) == 5


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_release__day_over__credited_once(world, ledger, chain, creator, buyer, stranger, work, today, currency):
    world.fund(buyer, 700)
    world.pay_from(buyer, work, currency, 700, held=today)
    chain.sleep(DAY)
    done = ledger.release(work, currency, today, {"from": stranger})
    assert dict(done.events["Released"]) == {"work": work, "currency": currency, "day": today, "amount": 700}
    assert (ledger.heldOf(work, currency, today), ledger.grossOf(work, currency)) == (0, 700)
    assert world.claimed([work], creator, currency) == 700
    with reverts("RoyaltyLedger__NothingHeld", work, currency, today):
        ledger.release(work, currency, today, {"from": stranger})


def test_release__derivative__parents_share_is_owed_from_then_on(world, ledger, chain, rival, creator, buyer, work):
    """G counts releases, so a refund never takes back what a parent was paid."""
    today = now() // DAY
    child = world.child("child", rival, [world.Edge(work, 100_000)])
    world.pay_from(buyer, child, NATIVE, 1000, held=today)
    with reverts("RoyaltyLedger__NothingToPull", child, 0, NATIVE):
        ledger.pull(child, 0, NATIVE, {"from": creator})
    chain.sleep(DAY)
    ledger.release(child, NATIVE, today, {"from": creator})
    ledger.pull(child, 0, NATIVE, {"from": creator})
    assert (world.claimed([work], creator), world.claimed([child], rival)) == (100, 900)


def test_release__unknown_day_or_work__nothing_held(ledger, stranger, work):
    for payee in (work, work_id("never registered")):
        with reverts("RoyaltyLedger__NothingHeld", payee, NATIVE, 0):
            ledger.release(payee, NATIVE, 0, {"from": stranger})


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_refund__part__paid_from_what_is_held(world, ledger, dollar, chain, buyer, rival, work, today, currency):
    world.fund(buyer, 700)
    world.pay_from(buyer, work, currency, 700, held=today)
    before = rival.balance() if currency == NATIVE else dollar.balanceOf(rival)
    done = world.refund(work, currency, today, 200, rival)
    assert dict(done.events["Refunded"]) == {
        "work": work,
        "currency": currency,
        "to": rival,
        "day": today,
        "amount": 200,
    }
    after = rival.balance() if currency == NATIVE else dollar.balanceOf(rival)
    assert after - before == 200
    assert ledger.heldOf(work, currency, today) == world.balance(currency) == 500
    chain.sleep(DAY)
    assert ledger.release(work, currency, today, {"from": rival}).return_value == 500


def test_refund__more_than_held_or_released__refused(world, ledger, chain, buyer, work, today):
    """M1: neither other buyers' money nor the holders' pays a refund."""
    world.deposit(work, 1000)
    world.pay_from(buyer, work, NATIVE, 700, held=today)
    with reverts("RoyaltyLedger__NothingHeld", work, NATIVE, today):
        world.refund(work, NATIVE, today, 701, buyer)
    with reverts("RoyaltyLedger__NothingHeld", work, NATIVE, today + 1):
        world.refund(work, NATIVE, today + 1, 1, buyer)
    chain.sleep(DAY)
    ledger.release(work, NATIVE, today, {"from": buyer})
    with reverts("RoyaltyLedger__NothingHeld", work, NATIVE, today):
        world.refund(work, NATIVE, today, 700, buyer)


def test_refund__not_licensing__refused(ledger, buyer, work, today):
    with reverts("RoyaltyLedger__NotLicensing", buyer):
        ledger.refund(work, NATIVE, today, 1, buyer, {"from": buyer})


def test_refund__buyer_refuses_or_is_the_ledger__undone(world, ledger, buyer, work, today):
    """M3: only that refund fails, and the money stays held."""
    wallet = world.contract("SmartWallet", buyer)
    wallet.setRefusing(True, {"from": buyer})
    world.pay_from(buyer, work, NATIVE, 700, held=today)
    for payee in (wallet, ledger):
        with reverts("RoyaltyLedger__PaymentFailed", payee, NATIVE, 100):
            world.refund(work, NATIVE, today, 100, payee)
    assert ledger.heldOf(work, NATIVE, today) == 700
    world.refund(work, NATIVE, today, 700, buyer)


def test_release__gross_full__refused_and_refunds_still_work(world, ledger, chain, buyer, work, today):
    """A gross that overflows keeps what waits where it is."""
    world.fund(buyer, 2**109)
    world.pay_from(buyer, work, DOLLAR, 10, held=today)
    world.pay_from(buyer, work, DOLLAR, MAX_GROSS)
    chain.sleep(DAY)
    with reverts("RoyaltyLedger__GrossOverflow", work, DOLLAR, MAX_GROSS + 10):
        ledger.release(work, DOLLAR, today, {"from": buyer})
    world.refund(work, DOLLAR, today, 10, buyer)
    assert ledger.heldOf(work, DOLLAR, today) == 0


def test_refund__receiver_calls_back__nothing_is_paid_twice(world, ledger, chain, buyer, stranger, work, today):
    """R7: release of what is being refunded, and a second refund through Licensing, find a lock."""
    receiver = world.contract("ReentrantReceiver")
    world.pay_from(buyer, work, NATIVE, 700, held=today)
    chain.sleep(DAY)
    again = ledger.refund.encode_input(work, NATIVE, today, 300, receiver)
    receiver.lay(ledger, ledger.release.encode_input(work, NATIVE, today), {"from": stranger})
    receiver.lay(world.licensing, world.licensing.execute.encode_input(ledger, again), {"from": stranger})
    world.refund(work, NATIVE, today, 400, receiver)
    assert [receiver.outcome(i)[0] for i in range(receiver.sprung())] == [False, False]
    assert (receiver.balance(), ledger.heldOf(work, NATIVE, today), ledger.grossOf(work, NATIVE)) == (400, 300, 0)


def test_refund__to_nobody__fails_in_the_token(world, buyer, work, today):
    """Licensing pays the holder of a licence, who is never nobody; the token refuses all the same."""
    world.fund(buyer, 100)
    world.pay_from(buyer, work, DOLLAR, 100, held=today)
    with reverts("RoyaltyLedger__PaymentFailed", NOBODY, DOLLAR, 100):
        world.refund(work, DOLLAR, today, 100, NOBODY)
