"""Subscriptions: a period that has begun belongs to the plan, the others to the subscriber, to the wei."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY, DOLLAR, NATIVE

MONTH = 30 * DAY
PRICE = 5_000_000
NOBODY = "0x" + "0" * 40


@pytest.fixture
def beneficiary(world) -> Any:
    return world.creators[2]


@pytest.fixture
def plan(subscriptions, beneficiary, stranger) -> int:
    """Five dollars a month, to a beneficiary."""
    made = subscriptions.createPlan(beneficiary, DOLLAR, PRICE, MONTH, 0, {"from": stranger})
    return made.events["PlanCreated"]["plan"]


@pytest.fixture
def subscribe(world, subscriptions, plan, buyer):
    """Pays months in advance; the transaction."""

    def subscribe_(periods: int, account: Any = None, payer: Any = buyer) -> Any:
        world.dollar.mint(payer, periods * PRICE, {"from": world.admin})
        world.dollar.approve(subscriptions, periods * PRICE, {"from": payer})
        return subscriptions.subscribe(plan, periods, account or payer, {"from": payer})

    return subscribe_


def test_create_plan__terms__are_kept(subscriptions, plan, beneficiary):
    kept = subscriptions.planOf(plan).dict()
    assert kept == {"beneficiary": beneficiary, "currency": DOLLAR, "price": PRICE, "period": MONTH, "pool": 0}


@pytest.mark.parametrize(("price", "period"), [(0, MONTH), (1, 3599)])
def test_create_plan__free_or_in_seconds__refused(subscriptions, stranger, price, period):
    with reverts("Subscriptions__BadPlan", price, period):
        subscriptions.createPlan(stranger, DOLLAR, price, period, 0, {"from": stranger})


def test_create_plan__for_nobody__refused(subscriptions, stranger):
    with reverts("Subscriptions__ZeroAddress"):
        subscriptions.createPlan(NOBODY, DOLLAR, 1, MONTH, 0, {"from": stranger})


def test_create_plan__for_the_modules_themselves__refused(pools, subscriptions, stranger):
    """Nobody could take the revenue out of them again."""
    for module in (subscriptions, pools):
        with reverts("Subscriptions__BadRecipient", module):
            subscriptions.createPlan(module, DOLLAR, 1, MONTH, 0, {"from": stranger})


def test_cancel__to_the_module_itself__refused(chain, subscriptions, plan, subscribe, buyer):
    """Tokens and coins that came back here would be nobody's."""
    subscribe(2)
    with reverts("Tender__PaymentFailed", subscriptions, DOLLAR, PRICE):
        subscriptions.cancel(plan, subscriptions, {"from": buyer})
    subscriptions.cancel(plan, buyer, {"from": buyer})


def test_create_plan__pool_of_another_currency__refused(pools, subscriptions, stranger):
    made = pools.create(stranger, stranger, NATIVE, DAY, DAY, DAY, {"from": stranger})
    pool = made.events["PoolCreated"]["pool"]
    with reverts("Subscriptions__WrongCurrency", pool, DOLLAR):
        subscriptions.createPlan(stranger, DOLLAR, 1, MONTH, pool, {"from": stranger})


def test_subscribe__three_months__are_live_until_their_end(chain, subscriptions, plan, subscribe, buyer):
    done = subscribe(3)
    assert done.events["Subscribed"]["paidUntil"] == done.timestamp + 3 * MONTH
    assert subscriptions.isActive(plan, buyer)
    chain.sleep(3 * MONTH - 60)
    chain.mine()
    assert subscriptions.isActive(plan, buyer)
    chain.sleep(120)
    chain.mine()
    assert not subscriptions.isActive(plan, buyer)


def test_subscribe__early__extends_the_paid_time(chain, subscriptions, plan, subscribe, buyer):
    first = subscribe(1)
    chain.sleep(MONTH // 2)
    assert subscribe(2).events["Subscribed"]["paidUntil"] == first.timestamp + 3 * MONTH


def test_subscribe__as_a_gift__the_account_has_it(subscriptions, plan, subscribe, stranger):
    subscribe(1, account=stranger)
    assert subscriptions.isActive(plan, stranger)


def test_subscribe__after_a_lapse__begins_now_and_forgets_no_revenue(
    chain, subscriptions, plan, subscribe, buyer, beneficiary, dollar
):
    subscribe(2)
    chain.sleep(5 * MONTH)
    again = subscribe(1)
    assert again.events["Subscribed"]["paidUntil"] == again.timestamp + MONTH
    subscriptions.collect(plan, buyer, {"from": buyer})
    assert dollar.balanceOf(beneficiary) == 3 * PRICE


def test_subscribe__nothing_for_nobody_or_to_no_plan__refused(subscriptions, plan, buyer):
    with reverts("Subscriptions__ZeroPeriods"):
        subscriptions.subscribe(plan, 0, buyer, {"from": buyer})
    with reverts("Subscriptions__ZeroAddress"):
        subscriptions.subscribe(plan, 1, NOBODY, {"from": buyer})
    with reverts("Subscriptions__UnknownPlan", 99):
        subscriptions.subscribe(99, 1, buyer, {"from": buyer})


def test_subscribe__ten_years__and_no_further(subscriptions, plan, subscribe):
    """3,650 days are 121 months of 30 days."""
    with reverts("Subscriptions__TooFarAhead", 122):
        subscribe(122)
    subscribe(121)
    with reverts("Subscriptions__TooFarAhead", 1):
        subscribe(1)


def test_subscribe__token_that_keeps_a_fee__refused(world, subscriptions, buyer):
    """M4: a period that is not paid in full could not be paid back in full."""
    token = world.contract("FeeToken")
    currency = world.add_currency(token)
    plan = subscriptions.createPlan(buyer, currency, 1_000, MONTH, 0, {"from": buyer}).events["PlanCreated"]["plan"]
    token.mint(buyer, 1_000, {"from": world.admin})
    token.approve(subscriptions, 1_000, {"from": buyer})
    with reverts("Subscriptions__Underpaid"):
        subscriptions.subscribe(plan, 1, buyer, {"from": buyer})


def test_cancel__third_of_five_months__two_come_back(chain, subscriptions, plan, subscribe, buyer, dollar, stranger):
    done = subscribe(5)
    chain.sleep(2 * MONTH + 60)
    ended = subscriptions.cancel(plan, stranger, {"from": buyer})
    assert dollar.balanceOf(stranger) == 2 * PRICE
    assert ended.events["Cancelled"]["paidUntil"] == done.timestamp + 3 * MONTH
    assert subscriptions.isActive(plan, buyer)


def test_cancel__at_once__the_first_period_has_begun(subscriptions, plan, subscribe, buyer, dollar):
    subscribe(2)
    subscriptions.cancel(plan, buyer, {"from": buyer})
    assert dollar.balanceOf(buyer) == PRICE


def test_cancel__nothing_left__refused(subscriptions, plan, subscribe, buyer, stranger):
    subscribe(1)
    with reverts("Subscriptions__NothingToCancel", plan, buyer):
        subscriptions.cancel(plan, buyer, {"from": buyer})
    with reverts("Subscriptions__NothingToCancel", plan, stranger):
        subscriptions.cancel(plan, stranger, {"from": stranger})


def test_cancel__to_nobody__refused(subscriptions, plan, subscribe, buyer):
    subscribe(2)
    with reverts("Subscriptions__ZeroAddress"):
        subscriptions.cancel(plan, NOBODY, {"from": buyer})


def test_cancel__to_who_refuses_coins__nothing_is_lost(world, subscriptions, buyer, stranger):
    made = subscriptions.createPlan(buyer, NATIVE, 10, MONTH, 0, {"from": buyer})
    plan = made.events["PlanCreated"]["plan"]
    subscriptions.subscribe(plan, 3, buyer, {"from": buyer, "value": 30})
    with reverts("Tender__PaymentFailed", world.registry, NATIVE, 20):
        subscriptions.cancel(plan, world.registry, {"from": buyer})
    before = stranger.balance()
    subscriptions.cancel(plan, stranger, {"from": buyer})
    assert stranger.balance() - before == 20


def test_collect__begun_periods__and_never_the_others(
    chain, subscriptions, plan, subscribe, buyer, dollar, beneficiary
):
    subscribe(4)
    chain.sleep(MONTH + 60)
    subscriptions.collect(plan, buyer, {"from": buyer})
    assert dollar.balanceOf(beneficiary) == 2 * PRICE
    with reverts("Subscriptions__NothingToCollect", plan, buyer):
        subscriptions.collect(plan, buyer, {"from": buyer})
    chain.sleep(5 * MONTH)
    subscriptions.collect(plan, buyer, {"from": buyer})
    assert dollar.balanceOf(beneficiary) == 4 * PRICE
    assert dollar.balanceOf(subscriptions) == 0


def test_collect__after_a_cancellation__what_had_begun(
    chain, subscriptions, plan, subscribe, buyer, dollar, beneficiary
):
    subscribe(4)
    chain.sleep(MONTH + 60)
    subscriptions.cancel(plan, buyer, {"from": buyer})
    subscriptions.collect(plan, buyer, {"from": buyer})
    assert (dollar.balanceOf(beneficiary), dollar.balanceOf(subscriptions)) == (2 * PRICE, 0)


def test_collect__plan_with_a_pool__funds_the_running_epoch_for_the_beneficiary(
    world, chain, pools, subscriptions, buyer, beneficiary
):
    pool = pools.create(buyer, buyer, NATIVE, DAY, DAY, DAY, {"from": buyer}).events["PoolCreated"]["pool"]
    made = subscriptions.createPlan(beneficiary, NATIVE, 10, MONTH, pool, {"from": buyer})
    plan = made.events["PlanCreated"]["plan"]
    subscriptions.subscribe(plan, 2, buyer, {"from": buyer, "value": 20})
    chain.sleep(3 * DAY + 60)
    subscriptions.collect(plan, buyer, {"from": world.relayer})
    assert pools.givenBy(pool, 3, beneficiary) == 10


def test_collect__dollars_into_a_pool__the_pool_takes_exactly_these(
    world, pools, subscriptions, buyer, beneficiary, dollar
):
    pool = pools.create(buyer, buyer, DOLLAR, DAY, DAY, DAY, {"from": buyer}).events["PoolCreated"]["pool"]
    made = subscriptions.createPlan(beneficiary, DOLLAR, PRICE, MONTH, pool, {"from": buyer})
    plan = made.events["PlanCreated"]["plan"]
    dollar.mint(buyer, PRICE, {"from": world.admin})
    dollar.approve(subscriptions, PRICE, {"from": buyer})
    subscriptions.subscribe(plan, 1, buyer, {"from": buyer})
    subscriptions.collect(plan, buyer, {"from": world.relayer})
    assert (dollar.balanceOf(pools), dollar.balanceOf(subscriptions)) == (PRICE, 0)
    assert dollar.allowance(subscriptions, pools) == 0


def test_two_subscribers__neither_spends_the_other(chain, subscriptions, plan, subscribe, buyer, stranger, dollar):
    """Solvency: what one cancels and the plan collects leaves exactly what the other has not begun."""
    subscribe(5)
    subscribe(3, payer=stranger)
    chain.sleep(MONTH + 60)
    subscriptions.cancel(plan, buyer, {"from": buyer})
    for account in (buyer, stranger):
        subscriptions.collect(plan, account, {"from": buyer})
    assert dollar.balanceOf(subscriptions) == PRICE
