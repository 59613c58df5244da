"""Advances: money to the holders now, repaid out of a part of what the work earns later."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import NOBODY
from tests.contracts.world import DOLLAR, GRACE, NATIVE, UNITS, work_id

PPM = 1_000_000
MAX_GROSS = 2**108 - 1


@pytest.fixture(scope="module")
def world(bench):
    return bench


@pytest.fixture
def patron(world, rival):
    """Pays advances."""
    world.fund(rival, 10**9)
    return rival


def request(ledger, work, currency, principal, rate, by):
    return ledger.requestAdvance(work, currency, principal, rate, {"from": by})


def pay(ledger, work, currency, principal, rate, by, value=None):
    value = (principal if currency == NATIVE else 0) if value is None else value
    return ledger.payAdvance(work, currency, principal, rate, {"from": by, "value": value})


@pytest.fixture
def advanced(ledger, creator, patron, work) -> int:
    """A work with an advance of 1000 dollars at 25 %."""
    request(ledger, work, DOLLAR, 1000, 250_000, creator)
    pay(ledger, work, DOLLAR, 1000, 250_000, patron)
    return work


def advance(ledger, work, currency=DOLLAR) -> tuple:
    return tuple(ledger.advanceOf(work, currency))


# Requesting


def test_request_advance__holder__stands_for_anybody(ledger, creator, work):
    done = request(ledger, work, DOLLAR, 1000, 250_000, creator)
    assert dict(done.events["AdvanceRequested"]) == {
        "work": work,
        "currency": DOLLAR,
        "principal": 1000,
        "rate": 250_000,
    }
    assert advance(ledger, work) == (NOBODY, 1000, 250_000, 0, 0, 0)
    assert advance(ledger, work, NATIVE) == (NOBODY, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(("principal", "rate"), [(1, 0), (1, 500_001), (2**96, 1), (1, 2**24 + 1)])
def test_request_advance__outside_its_limits__refused(ledger, creator, work, principal, rate):
    with reverts("RoyaltyLedger__BadAdvance", principal, rate):
        request(ledger, work, DOLLAR, principal, rate, creator)


def test_request_advance__at_its_limits__stands(ledger, creator, work):
    request(ledger, work, DOLLAR, 2**96 - 1, 500_000, creator)
    assert advance(ledger, work)[1:3] == (2**96 - 1, 500_000)


def test_request_advance__not_the_holder_or_no_currency__refused(world, ledger, creator, rival, work):
    """Nor a holder of shares."""
    ledger.transfer(rival, work, UNITS, {"from": creator})
    with reverts("RoyaltyLedger__NotHolder", work, rival):
        request(ledger, work, DOLLAR, 1000, 250_000, rival)
    with reverts("RoyaltyLedger__UnknownCurrency", 2):
        request(ledger, work, 2, 1000, 250_000, creator)
    unknown = work_id("never registered")
    with reverts("WorkRegistry__UnknownWork", unknown):
        request(ledger, unknown, DOLLAR, 1000, 250_000, creator)


def test_request_advance__before_the_title_is_final__refused(world, registry, ledger, creator):
    fresh = world.register_at_once("fresh", creator)
    with reverts("RoyaltyLedger__NotFinal", fresh, registry.titleOf(fresh).dict()["finalAt"]):
        request(ledger, fresh, DOLLAR, 1000, 250_000, creator)


def test_request_advance__disputed__neither_requested_nor_paid(world, ledger, creator, patron, work):
    """Principal paid in a dispute would be the winner's."""
    request(ledger, work, DOLLAR, 1000, 250_000, creator)
    world.freeze(work)
    with reverts("RoyaltyLedger__Disputed", work):
        request(ledger, work, DOLLAR, 2000, 250_000, creator)
    with reverts("RoyaltyLedger__Disputed", work):
        pay(ledger, work, DOLLAR, 1000, 250_000, patron)
    request(ledger, work, DOLLAR, 0, 0, creator)
    world.resolve(work, 0)
    with reverts("RoyaltyLedger__NoAdvance", work, DOLLAR):
        pay(ledger, work, DOLLAR, 1000, 250_000, patron)


def test_request_advance__withdrawn_or_another__the_former_is_void(ledger, creator, patron, work):
    """Threat: who pays conditions that were changed a moment before. He repeats them."""
    request(ledger, work, DOLLAR, 1000, 250_000, creator)
    request(ledger, work, DOLLAR, 1000, 100_000, creator)
    with reverts("RoyaltyLedger__BadAdvance", 1000, 250_000):
        pay(ledger, work, DOLLAR, 1000, 250_000, patron)
    with reverts("RoyaltyLedger__BadAdvance", 999, 100_000):
        pay(ledger, work, DOLLAR, 999, 100_000, patron)
    request(ledger, work, DOLLAR, 0, 0, creator)
    with reverts("RoyaltyLedger__NoAdvance", work, DOLLAR):
        pay(ledger, work, DOLLAR, 1000, 100_000, patron)
    assert advance(ledger, work) == (NOBODY, 0, 0, 0, 0, 0)


def test_request_advance__epoch_changed__void(registry, ledger, creator, buyer, patron, work):
    """A buyer of the title does not inherit a promise of its seller."""
    request(ledger, work, DOLLAR, 1000, 250_000, creator)
    registry.transferFrom(creator, buyer, work, {"from": creator})
    assert advance(ledger, work) == (NOBODY, 0, 0, 0, 0, 0)
    with reverts("RoyaltyLedger__NoAdvance", work, DOLLAR):
        pay(ledger, work, DOLLAR, 1000, 250_000, patron)


# Paying


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_pay_advance__requested__principal_is_the_holders_at_once(
    world, ledger, creator, buyer, patron, work, currency
):
    """D raises the index; gross and net stay what they were."""
    ledger.transfer(buyer, work, 250_000, {"from": creator})
    world.deposit(work, 400, currency)
    request(ledger, work, currency, 1000, 250_000, creator)
    done = pay(ledger, work, currency, 1000, 250_000, patron)
    assert dict(done.events["AdvancePaid"]) == {
        "work": work,
        "currency": currency,
        "advancer": patron,
        "principal": 1000,
        "rate": 250_000,
    }
    assert (ledger.grossOf(work, currency), ledger.netOf(work, currency)) == (400, 400)
    assert ledger.indexOf(work, currency) == 1400
    assert advance(ledger, work, currency) == (patron, 1000, 250_000, 400, 0, 0)
    assert (world.claimed([work], creator, currency), world.claimed([work], buyer, currency)) == (1050, 350)


def test_pay_advance__work_that_never_earned__holders_are_paid(world, ledger, creator, rival, patron, work):
    """Its first money is an advance; edges take nothing of it."""
    child = world.child("child", creator, [world.Edge(work, 400_000)])
    request(ledger, child, DOLLAR, 1000, 500_000, creator)
    pay(ledger, child, DOLLAR, 1000, 500_000, patron)
    assert world.claimed([child], creator, DOLLAR) == 1000
    world.deposit(child, 1000, DOLLAR)
    assert (ledger.pullable(child, 0, DOLLAR), ledger.netOf(child, DOLLAR)) == (400, 600)
    assert ledger.withdrawAdvance(child, DOLLAR, patron, {"from": patron}).return_value == 300
    assert world.claimed([child], creator, DOLLAR) == 300


def test_pay_advance__wrong_coins__refused(ledger, creator, patron, work):
    request(ledger, work, NATIVE, 1000, 250_000, creator)
    for value in (0, 999, 1001):
        with reverts("RoyaltyLedger__WrongValue", value, 1000):
            pay(ledger, work, NATIVE, 1000, 250_000, patron, value=value)
    request(ledger, work, DOLLAR, 1000, 250_000, creator)
    with reverts("RoyaltyLedger__WrongValue", 1, 0):
        pay(ledger, work, DOLLAR, 1000, 250_000, patron, value=1)


def test_pay_advance__token_that_takes_a_fee__refused(world, ledger, creator, buyer, work):
    """M4: the holders get A, or there is no advance."""
    _, number = world.add_token("FeeToken")
    request(ledger, work, number, 1000, 250_000, creator)
    with reverts("RoyaltyLedger__WrongValue", 990, 1000):
        pay(ledger, work, number, 1000, 250_000, buyer)


def test_pay_advance__nothing_requested__refused(ledger, patron, work):
    with reverts("RoyaltyLedger__NoAdvance", work, DOLLAR):
        pay(ledger, work, DOLLAR, 1000, 250_000, patron)
    with reverts("RoyaltyLedger__ZeroAmount"):
        pay(ledger, work, DOLLAR, 0, 0, patron)


def test_pay_advance__again__used_up(ledger, patron, advanced):
    with reverts("RoyaltyLedger__NoAdvance", advanced, DOLLAR):
        pay(ledger, advanced, DOLLAR, 1000, 250_000, patron)


def test_pay_advance__gross_and_principals_reach_the_limit__refused(world, ledger, creator, buyer, work):
    """G + D < 2¹⁰⁸, for deposits and for advances."""
    world.fund(buyer, 2**110)
    request(ledger, work, DOLLAR, 10, 1, creator)
    ledger.deposit(work, DOLLAR, MAX_GROSS - 9, {"from": buyer})
    with reverts("RoyaltyLedger__GrossOverflow", work, DOLLAR, MAX_GROSS + 1):
        pay(ledger, work, DOLLAR, 10, 1, buyer)
    request(ledger, work, DOLLAR, 8, 1, creator)
    pay(ledger, work, DOLLAR, 8, 1, buyer)
    with reverts("RoyaltyLedger__GrossOverflow", work, DOLLAR, MAX_GROSS + 1):
        ledger.deposit(work, DOLLAR, 2, {"from": buyer})
    ledger.deposit(work, DOLLAR, 1, {"from": buyer})
    assert ledger.indexOf(work, DOLLAR) == MAX_GROSS
    assert world.claimed([work], creator, DOLLAR) == MAX_GROSS


# Recouping


def test_recoupment__wei_by_wei__floor_of_the_rate_and_never_more_than_the_principal(
    world, ledger, creator, patron, work
):
    """R = min(A, ⌊(N − N₀)·ρ/1e6⌋); the holders have the rest, and their index never falls."""
    world.deposit(work, 3, DOLLAR)
    request(ledger, work, DOLLAR, 2, 333_333, creator)
    pay(ledger, work, DOLLAR, 2, 333_333, patron)
    index = ledger.indexOf(work, DOLLAR)
    assert index == 5
    for later in range(1, 11):
        world.deposit(work, 1, DOLLAR)
        recouped = min(2, later * 333_333 // PPM)
        assert advance(ledger, work)[4] == recouped
        assert ledger.indexOf(work, DOLLAR) == 3 + 2 + later - recouped >= index
        index = ledger.indexOf(work, DOLLAR)
    assert ledger.withdrawAdvance(work, DOLLAR, patron, {"from": patron}).return_value == 2
    assert world.claimed([work], creator, DOLLAR) == 13
    assert world.balance(DOLLAR) == 0


def test_withdraw_advance__as_it_recoups__each_part_once(world, ledger, dollar, creator, patron, stranger, advanced):
    with reverts("RoyaltyLedger__NothingToClaim", patron, DOLLAR):
        ledger.withdrawAdvance(advanced, DOLLAR, patron, {"from": patron})
    world.deposit(advanced, 1000, DOLLAR)
    done = ledger.withdrawAdvance(advanced, DOLLAR, stranger, {"from": patron})
    assert dict(done.events["AdvanceWithdrawn"]) == {
        "work": advanced,
        "currency": DOLLAR,
        "advancer": patron,
        "to": stranger,
        "amount": 250,
    }
    assert dollar.balanceOf(stranger) == done.return_value == 250
    world.deposit(advanced, 10_000, DOLLAR)
    assert advance(ledger, advanced) == (patron, 1000, 250_000, 0, 1000, 250)
    assert ledger.withdrawAdvance(advanced, DOLLAR, patron, {"from": patron}).return_value == 750
    with reverts("RoyaltyLedger__NothingToClaim", patron, DOLLAR):
        ledger.withdrawAdvance(advanced, DOLLAR, patron, {"from": patron})
    assert world.claimed([advanced], creator, DOLLAR) == 1000 + 11_000 - 1000


def test_withdraw_advance__somebody_else_or_none__refused(world, ledger, creator, patron, advanced):
    world.deposit(advanced, 1000, DOLLAR)
    with reverts("RoyaltyLedger__NotAdvancer", advanced, DOLLAR, creator):
        ledger.withdrawAdvance(advanced, DOLLAR, creator, {"from": creator})
    with reverts("RoyaltyLedger__NoAdvance", advanced, NATIVE):
        ledger.withdrawAdvance(advanced, NATIVE, patron, {"from": patron})
    with reverts("RoyaltyLedger__ZeroAddress"):
        ledger.withdrawAdvance(advanced, DOLLAR, NOBODY, {"from": patron})
    with reverts("RoyaltyLedger__PaymentFailed", ledger, DOLLAR, 250):
        ledger.withdrawAdvance(advanced, DOLLAR, ledger, {"from": patron})


def test_withdraw_advance__diverted_but_never_advanced__none(world, ledger, rival, work):
    """A judgement writes in the same place; it makes nobody an advancer."""
    world.freeze(work)
    world.deposit(work, 1000, DOLLAR)
    world.resolve(work, 1, rival)
    with reverts("RoyaltyLedger__NoAdvance", work, DOLLAR):
        ledger.withdrawAdvance(work, DOLLAR, rival, {"from": rival})


def test_withdraw_advance__receiver_calls_back__paid_once(world, ledger, creator, stranger, work):
    """R7: withdrawn before it is paid."""
    receiver = world.contract("ReentrantReceiver")
    request(ledger, work, NATIVE, 1000, 500_000, creator)
    call = ledger.payAdvance.encode_input(work, NATIVE, 1000, 500_000)
    receiver.execute(ledger, 1000, call, {"from": stranger, "value": 1000})
    world.deposit(work, 1000)
    take = ledger.withdrawAdvance.encode_input(work, NATIVE, receiver)
    receiver.lay(ledger, take, {"from": stranger})
    receiver.execute(ledger, 0, take, {"from": stranger})
    assert receiver.outcome(0)[0] is False
    assert receiver.balance() == 500
    assert ledger.balance() == ledger.claimable(work, NATIVE, creator) == 1500


def test_pay_advance__token_calls_back__request_is_used_once(world, ledger, creator, buyer, stranger, work):
    """R7: all state is read after the token was called, and money moves under one lock."""
    token, number = world.add_token("ReentrantToken")
    request(ledger, work, number, 1000, 250_000, creator)
    token.lay(ledger, ledger.payAdvance.encode_input(work, number, 1000, 250_000), {"from": stranger})
    token.lay(ledger, ledger.claim.encode_input([work], number, token), {"from": stranger})
    pay(ledger, work, number, 1000, 250_000, buyer)
    assert [token.outcome(i)[0] for i in range(token.sprung())] == [False, False]
    assert advance(ledger, work, number)[0] == buyer
    assert ledger.claimable(work, number, creator) == token.balanceOf(ledger) == 1000


def test_pay_advance__request_withdrawn_while_the_token_is_called__undone(world, ledger, chain, creator, buyer):
    """Threat: a token through which the holder of a title changes the request under the payment."""
    token, number = world.add_token("ReentrantToken")
    receiver = world.contract("ReentrantReceiver")
    theirs = world.registration("theirs", receiver)
    receiver.execute(world.registry, 0, world.registry.register.encode_input(theirs), {"from": creator})
    chain.sleep(GRACE)
    ask = ledger.requestAdvance.encode_input(theirs.work, number, 1000, 250_000)
    receiver.execute(ledger, 0, ask, {"from": creator})
    withdraw = ledger.requestAdvance.encode_input(theirs.work, number, 0, 0)
    token.lay(receiver, receiver.execute.encode_input(ledger, 0, withdraw), {"from": creator})
    with reverts("RoyaltyLedger__NoAdvance", theirs.work, number):
        pay(ledger, theirs.work, number, 1000, 250_000, buyer)


# Replacing


def test_request_advance__not_repaid__refused_until_it_is(world, ledger, creator, patron, advanced):
    world.deposit(advanced, 3996, DOLLAR)
    with reverts("RoyaltyLedger__AdvanceOpen", advanced, DOLLAR):
        request(ledger, advanced, DOLLAR, 5, 1, creator)
    world.deposit(advanced, 4, DOLLAR)
    request(ledger, advanced, DOLLAR, 5, 1, creator)


def test_pay_advance__former_remainder__becomes_the_former_advancers_claim(
    world, ledger, dollar, creator, buyer, patron, advanced
):
    """Credited, never sent: a former advancer who cannot be paid blocks nobody."""
    world.deposit(advanced, 400, DOLLAR)
    assert ledger.withdrawAdvance(advanced, DOLLAR, patron, {"from": patron}).return_value == 100
    world.deposit(advanced, 3600, DOLLAR)
    request(ledger, advanced, DOLLAR, 500, 500_000, creator)
    assert advance(ledger, advanced) == (NOBODY, 500, 500_000, 0, 0, 0)
    world.fund(buyer, 500)
    index = ledger.indexOf(advanced, DOLLAR)
    done = pay(ledger, advanced, DOLLAR, 500, 500_000, buyer)
    assert ledger.indexOf(advanced, DOLLAR) == index + 500
    credited = done.events["AdvanceWithdrawn"]
    assert (credited["advancer"], credited["to"], credited["amount"]) == (patron, ledger, 900)
    assert advance(ledger, advanced) == (buyer, 500, 500_000, 4000, 0, 0)
    with reverts("RoyaltyLedger__NotAdvancer", advanced, DOLLAR, patron):
        ledger.withdrawAdvance(advanced, DOLLAR, patron, {"from": patron})
    assert world.claimed([advanced], patron, DOLLAR) == 900
    world.deposit(advanced, 100, DOLLAR)
    assert ledger.withdrawAdvance(advanced, DOLLAR, buyer, {"from": buyer}).return_value == 50
    assert world.claimed([advanced], creator, DOLLAR) == 1000 + 500 + 4100 - 1000 - 50
    assert world.balance(DOLLAR) == 0


def test_pay_advance__nothing_left_of_the_former__nothing_credited(world, ledger, creator, patron, advanced):
    world.deposit(advanced, 4000, DOLLAR)
    ledger.withdrawAdvance(advanced, DOLLAR, patron, {"from": patron})
    request(ledger, advanced, DOLLAR, 7, 1, creator)
    done = pay(ledger, advanced, DOLLAR, 7, 1, patron)
    assert "AdvanceWithdrawn" not in done.events
    with reverts("RoyaltyLedger__NothingToClaim", patron, DOLLAR):
        ledger.claim([advanced], DOLLAR, patron, {"from": patron})
    assert advance(ledger, advanced) == (patron, 7, 1, 4000, 0, 0)


def test_pull__into_an_advanced_work__recoups_too(world, ledger, creator, rival, patron, advanced):
    """Gross is gross, wherever it comes from; so is what a ceiling leaves with the child."""
    child = world.child("child", creator, [world.Edge(advanced, 500_000, DOLLAR, 0, 100)])
    world.deposit(child, 1000, DOLLAR)
    request(ledger, child, DOLLAR, 100, 500_000, creator)
    pay(ledger, child, DOLLAR, 100, 500_000, patron)
    ledger.pull(child, 0, DOLLAR, {"from": patron})
    assert advance(ledger, advanced)[4] == 25
    assert advance(ledger, child)[4] == min(100, (500 + 400 - 500) // 2)
