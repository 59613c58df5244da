"""Deposits: counted as they arrive, at a cost that depends on nobody."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.world import DOLLAR, NATIVE, work_id

MAX_GROSS = 2**108 - 1


def test_deposit__native__credited_to_the_gross_and_the_holder(world, ledger, creator, buyer, work):
    done = ledger.deposit(work, NATIVE, 1000, {"from": buyer, "value": 1000})
    assert dict(done.events["Deposited"]) == {
        "work": work,
        "currency": NATIVE,
        "payer": buyer,
        "by": buyer,
        "amount": 1000,
    }
    assert (ledger.grossOf(work, NATIVE), ledger.netOf(work, NATIVE)) == (1000, 1000)
    assert ledger.claimable(work, NATIVE, creator) == 1000
    assert ledger.balance() == 1000


def test_deposit__token__taken_from_the_payer(world, ledger, dollar, creator, buyer, work):
    world.fund(buyer, 1000)
    done = ledger.deposit(work, DOLLAR, 600, {"from": buyer})
    assert done.events["Deposited"]["amount"] == 600
    assert (dollar.balanceOf(buyer), dollar.balanceOf(ledger)) == (400, 600)
    assert (ledger.claimable(work, DOLLAR, creator), ledger.claimable(work, NATIVE, creator)) == (600, 0)


@pytest.mark.parametrize("value", [0, 999, 1001])
def test_deposit__native_value_differs__refused(ledger, buyer, work, value):
    with reverts("RoyaltyLedger__WrongValue", value, 1000):
        ledger.deposit(work, NATIVE, 1000, {"from": buyer, "value": value})


def test_deposit__value_with_a_token__refused(world, ledger, buyer, work):
    """Coins sent beside a token would belong to nobody."""
    world.fund(buyer, 1000)
    with reverts("RoyaltyLedger__WrongValue", 1, 0):
        ledger.deposit(work, DOLLAR, 1000, {"from": buyer, "value": 1})


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_deposit__nothing__refused(ledger, buyer, work, currency):
    with reverts("RoyaltyLedger__ZeroAmount"):
        ledger.deposit(work, currency, 0, {"from": buyer})


def test_deposit__allowance_too_small__refused(world, ledger, buyer, work):
    world.fund(buyer, 999)
    with reverts("TransferFromFailed"):
        ledger.deposit(work, DOLLAR, 1000, {"from": buyer})


def test_deposit__unknown_work__refused(ledger, buyer):
    unknown = work_id("never registered")
    with reverts("WorkRegistry__UnknownWork", unknown):
        ledger.deposit(unknown, NATIVE, 1, {"from": buyer, "value": 1})


def test_deposit_from__not_licensing__refused(world, ledger, buyer, rival, work):
    """M7: an allowance to the ledger is spent by its owner or on the owner's signature, never by a stranger."""
    world.fund(buyer, 1000)
    with reverts("RoyaltyLedger__NotLicensing", rival):
        ledger.depositFrom(buyer, work, DOLLAR, 1000, 0, b"", {"from": rival})


@pytest.mark.parametrize("data", ["0x", "0xdeadbeef"], ids=["bare", "unknown function"])
def test_send__coins_without_a_deposit__refused(web3, ledger, buyer, data):
    """M1: coins cannot reach the ledger unaccounted."""
    with pytest.raises(ValueError, match="revert"):
        web3.eth.call({"from": str(buyer), "to": ledger.address, "value": 1, "data": data})


def test_deposit__gross_of_2_to_the_108__refused_and_the_rest_stays_payable(world, ledger, creator, buyer, work):
    """G < 2¹⁰⁸: the packed gross never wraps, in one step or in two."""
    world.fund(buyer, 2**109)
    for amount in (MAX_GROSS + 1, 2**109):
        with reverts("RoyaltyLedger__GrossOverflow", work, DOLLAR, amount):
            ledger.deposit(work, DOLLAR, amount, {"from": buyer})
    ledger.deposit(work, DOLLAR, MAX_GROSS, {"from": buyer})
    with reverts("RoyaltyLedger__GrossOverflow", work, DOLLAR, MAX_GROSS + 1):
        ledger.deposit(work, DOLLAR, 1, {"from": buyer})
    assert ledger.claimable(work, DOLLAR, creator) == MAX_GROSS
    assert world.claimed([work], creator, DOLLAR) == MAX_GROSS
    world.deposit(work, 1)
    assert world.claimed([work], creator) == 1


def test_deposit__amount_beyond_every_packed_field__refused(world, ledger, buyer, work):
    token = world.contract("PlainToken", 77)
    number = world.add_currency(token)
    token.mint(buyer, 2**256 - 1, {"from": buyer})
    token.approve(ledger, 2**256 - 1, {"from": buyer})
    for amount in (2**112, 2**128, 2**255):
        with reverts("RoyaltyLedger__GrossOverflow", work, number, amount):
            ledger.deposit(work, number, amount, {"from": buyer})


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_deposit__ten_holders_instead_of_one__same_gas(world, ledger, accounts, creator, buyer, work, currency):
    """M2: O(1) in holders."""
    world.deposit(work, 500, currency)
    one = world.deposit(work, 500, currency).gas_used
    for holder in accounts[6:15]:
        ledger.transfer(holder, work, 100_000, {"from": creator})
    assert sum(ledger.balanceOf(holder, work) > 0 for holder in accounts) == 10
    assert world.deposit(work, 500, currency).gas_used == one


@pytest.mark.parametrize("currency", [NATIVE, DOLLAR])
def test_deposit__three_parents_and_a_grandparent__same_gas(world, ledger, creator, rival, work, currency):
    """M2: O(1) in parents and ancestors."""
    root = world.register("root", rival)
    parents = [world.derive("parent 0", rival, [root])] + [world.register(f"parent {i}", rival) for i in (1, 2)]
    child = world.derive("child", creator, parents)
    for payee in (work, child):
        world.deposit(payee, 500, currency)
    assert world.deposit(child, 500, currency).gas_used == world.deposit(work, 500, currency).gas_used
    assert ledger.netOf(child, currency) == 1000 - 300
