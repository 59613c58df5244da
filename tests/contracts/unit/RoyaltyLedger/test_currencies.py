"""The append-only list of currencies."""

from __future__ import annotations

from tests.contracts.reverts import reverts
from tests.contracts.world import DOLLAR, NATIVE

NOBODY = "0x" + "0" * 40


def test_add_currency__up_to_three_tokens__numbered_in_order(world, ledger, admin):
    assert (ledger.currencyCount(), ledger.currencyAt(NATIVE), ledger.currencyAt(DOLLAR)) == (2, NOBODY, world.dollar)
    tokens = [world.contract("PlainToken", 6) for _ in range(3)]
    for number, token in enumerate(tokens[:2], start=2):
        assert world.add_currency(token) == number
        assert ledger.currencyAt(number) == token
    assert ledger.currencyCount() == 4
    with reverts("RoyaltyLedger__TooManyCurrencies"):
        ledger.addCurrency(tokens[2], {"from": admin})


def test_add_currency__twice__refused(world, ledger, admin):
    """M1: two numbers for one token would count each deposit's balance difference alone, but share one balance."""
    with reverts("RoyaltyLedger__CurrencyExists", world.dollar):
        ledger.addCurrency(world.dollar, {"from": admin})


def test_add_currency__no_code_there__refused(ledger, admin, buyer):
    """A call to an account without code succeeds, so that a deposit of nothing would look paid."""
    for address in (NOBODY, buyer):
        with reverts("RoyaltyLedger__NotAToken", address):
            ledger.addCurrency(address, {"from": admin})


def test_add_currency__not_the_admin__refused(world, ledger, creator):
    token = world.contract("PlainToken", 6)
    with reverts("OwnableUnauthorizedAccount", creator):
        ledger.addCurrency(token, {"from": creator})


def test_currency__unknown_number__refused(ledger, buyer, work):
    with reverts("RoyaltyLedger__UnknownCurrency", 2):
        ledger.currencyAt(2)
    with reverts("RoyaltyLedger__UnknownCurrency", 2):
        ledger.deposit(work, 2, 1, {"from": buyer})


def test_added_later__old_works_and_holders__earn_in_it_from_zero(world, ledger, creator, buyer, work):
    """A holder settled before the currency existed is owed everything that it earns."""
    world.deposit(work, 100)
    ledger.transfer(buyer, work, 250_000, {"from": creator})
    token = world.contract("PlainToken", 18)
    number = world.add_currency(token)
    token.mint(buyer, 1000, {"from": buyer})
    token.approve(ledger, 1000, {"from": buyer})
    ledger.deposit(work, number, 1000, {"from": buyer})
    assert ledger.claimable(work, number, creator) == 750
    assert ledger.claimable(work, number, buyer) == 250
