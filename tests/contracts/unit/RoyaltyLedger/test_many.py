"""Many payments at once: one transfer of each token, and of each currency exactly the sum."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DAY, DOLLAR, NATIVE, now

MAX_GROSS = 2**108 - 1


@pytest.fixture(scope="module")
def world(bench):
    return bench


@pytest.fixture
def other(world, rival) -> int:
    return world.register("another work", rival)


def test_deposit_many__two_tokens_and_coins__each_transferred_once(world, ledger, dollar, buyer, work, other):
    """M4: every work is credited its own amount, whatever stands between."""
    token, number = world.add_token("PlainToken", 18)
    world.fund(buyer, 16)
    day = now() // DAY + 2
    payments = [
        (work, DOLLAR, 5, 0), (work, NATIVE, 7, 0), (other, DOLLAR, 11, day), (other, number, 13, 0),
        (work, number, 17, 0), (other, NATIVE, 19, 0),
    ]  # fmt: skip
    done = world.pay_many(buyer, payments, value=26)
    assert [(event["to"], event["value"]) for event in done.events["Transfer"]] == [(ledger, 16), (ledger, 30)]
    assert [(event["work"], event["currency"], event["amount"]) for event in done.events["Deposited"]] == [
        payment[:3] for payment in payments if not payment[3]
    ]
    assert all((event["payer"], event["by"]) == (buyer, world.licensing) for event in done.events["Deposited"])
    assert dict(done.events["Held"]) == {
        "work": other, "currency": DOLLAR, "payer": buyer, "day": day, "amount": 11,
    }  # fmt: skip
    assert [ledger.grossOf(work, currency) for currency in (NATIVE, DOLLAR, number)] == [7, 5, 17]
    assert [ledger.grossOf(other, currency) for currency in (NATIVE, DOLLAR, number)] == [19, 0, 13]
    assert (ledger.balance(), dollar.balanceOf(ledger), token.balanceOf(ledger)) == (26, 16, 30)


def test_deposit_many__zeros__passed_over(world, buyer, work):
    done = world.pay_many(buyer, [(work, NATIVE, 0, 0), (work, DOLLAR, 0, 5)])
    assert not {"Deposited", "Held", "Transfer"} & set(done.events)


@pytest.mark.parametrize("value", [0, 25, 27])
def test_deposit_many__value_is_not_the_sum_of_coins__refused(world, buyer, work, other, value):
    with reverts("RoyaltyLedger__WrongValue", value, 26):
        world.pay_many(buyer, [(work, NATIVE, 7, 0), (other, NATIVE, 19, 0)], value=value)


@pytest.mark.parametrize("held", [0, 2**31])
def test_deposit_many__token_arrives_short__refused(world, ledger, buyer, work, other, held):
    """M4: by as little as one unit of the sum, credited or held."""
    token, number = world.add_token("FeeToken")
    with reverts("RoyaltyLedger__WrongReceipt", 99, 100):
        world.pay_many(buyer, [(work, number, 60, 0), (other, number, 40, held)])
    assert (token.balanceOf(ledger), ledger.grossOf(work, number)) == (0, 0)


def test_deposit_many__more_arrives__refused(world, ledger, buyer, work):
    """M1: what no work was credited would be nobody's."""
    token, number = world.add_token("ReentrantToken")
    token.lay(token, token.mint.encode_input(ledger, 1), {"from": buyer})
    with reverts("RoyaltyLedger__WrongReceipt", 101, 100):
        world.pay_many(buyer, [(work, number, 100, 0)])


def test_deposit_many__unknown_currency__refused(world, buyer, work):
    with reverts("RoyaltyLedger__UnknownCurrency", 3):
        world.pay_many(buyer, [(work, 3, 1, 0)])
    with reverts("Index out of range"):
        world.pay_many(buyer, [(work, 4, 1, 0)])


def test_deposit_many__gross_of_2_to_the_108_in_two_parts__refused(world, buyer, work):
    world.fund(buyer, 2**109)
    with reverts("RoyaltyLedger__GrossOverflow", work, DOLLAR, MAX_GROSS + 1):
        world.pay_many(buyer, [(work, DOLLAR, MAX_GROSS, 0), (work, DOLLAR, 1, 0)])


def test_deposit_many__a_title_that_may_give_way_among_others__refused(world, registry, buyer, creator, work):
    fresh = world.register_at_once("fresh", creator)
    with reverts("RoyaltyLedger__NotFinal", fresh, registry.titleOf(fresh).dict()["finalAt"]):
        world.pay_many(buyer, [(work, NATIVE, 5, 0), (fresh, NATIVE, 5, 0)], value=10)


def test_deposit_many__not_licensing__refused(world, ledger, buyer, rival, work):
    """M7: nobody else names a payer."""
    world.fund(buyer, 1000)
    with reverts("RoyaltyLedger__NotLicensing", rival):
        ledger.depositMany(buyer, [(work, DOLLAR, 1000, 0)], {"from": rival})
