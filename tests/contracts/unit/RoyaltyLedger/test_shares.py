"""Royalty shares: ERC-6909 units, implicit until they first move, settled before every move (M6)."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.shares import tree
from tests.contracts.world import DOLLAR, NATIVE, UNITS, work_id

NOBODY = "0x" + "0" * 40


def moves(transaction) -> list[tuple[str, str, int]]:
    """Share movements of a transaction, the ERC-721's own left aside."""
    return [(e["sender"], e["receiver"], e["amount"]) for e in transaction.events["Transfer"] if "amount" in e]


def test_transfer__first__issues_all_units_then_moves_some(registry, ledger, creator, buyer, work):
    """Implicit units are written to whoever has them, before anything moves."""
    done = ledger.transfer(buyer, work, 300_000, {"from": creator})
    assert moves(done) == [(NOBODY, creator, UNITS), (creator, buyer, 300_000)]
    assert (ledger.balanceOf(creator, work), ledger.balanceOf(buyer, work)) == (700_000, 300_000)
    assert registry.titleOf(work).dict()["issued"]
    assert moves(ledger.transfer(buyer, work, 1, {"from": creator})) == [(creator, buyer, 1)]


def test_transfer__revenue_before_it__belongs_to_the_sender(world, ledger, creator, buyer, work):
    """M6: in every currency."""
    for currency in (NATIVE, DOLLAR):
        world.deposit(work, 1000, currency)
    ledger.transfer(buyer, work, UNITS, {"from": creator})
    for currency in (NATIVE, DOLLAR):
        world.deposit(work, 10, currency)
        assert ledger.claimable(work, currency, creator) == 1000
        assert ledger.claimable(work, currency, buyer) == 10
        assert world.claimed([work], creator, currency) == 1000
        assert world.claimed([work], buyer, currency) == 10


def test_transfer__to_a_holder__what_it_earned_is_settled_first(world, ledger, creator, buyer, rival, work):
    """M6: units received later earn nothing from before, also beside older units."""
    ledger.transfer(buyer, work, 200_000, {"from": creator})
    world.deposit(work, 100)
    ledger.transfer(buyer, work, 300_000, {"from": creator})
    world.deposit(work, 100)
    ledger.transfer(rival, work, 500_000, {"from": buyer})
    world.deposit(work, 100)
    assert [ledger.claimable(work, NATIVE, who) for who in (creator, buyer, rival)] == [180, 70, 50]


def test_transfer__unpulled_edge__goes_with_the_units(world, ledger, creator, rival, buyer):
    """M6: what a child has not yet moved up belongs to whoever holds the parent's units when it is pulled."""
    parent = world.register("parent", rival)
    child = world.derive("child", creator, [parent])
    world.deposit(child, 1000)
    ledger.transfer(buyer, parent, UNITS, {"from": rival})
    ledger.pull(child, 0, NATIVE, {"from": buyer})
    assert (ledger.claimable(parent, NATIVE, rival), ledger.claimable(parent, NATIVE, buyer)) == (0, 100)


@pytest.mark.parametrize("receiver", ["holder", "other"])
def test_transfer__zero_units_by_a_stranger__implicit_holder_keeps_revenue(
    world, ledger, creator, buyer, stranger, work, receiver
):
    """M6: a transfer of nothing to the implicit holder must not settle them as if they held nothing."""
    world.deposit(work, 1000)
    to = creator if receiver == "holder" else buyer
    done = ledger.transfer(to, work, 0, {"from": stranger})
    assert dict(done.events["Transfer"]) == {
        "caller": stranger,
        "sender": stranger,
        "receiver": to,
        "id": work,
        "amount": 0,
    }
    assert not world.registry.titleOf(work).dict()["issued"]
    assert ledger.claimable(work, NATIVE, creator) == 1000
    world.deposit(work, 1)
    assert world.claimed([work], creator) == 1001
    assert ledger.balanceOf(creator, work) == UNITS


def test_transfer__zero_units_by_a_stranger__holder_can_still_plant_a_tree(
    registry, ledger, creator, buyer, stranger, work
):
    """Threat: a stranger who, for the price of gas, has the shares issued that the holder meant to distribute."""
    ledger.transfer(stranger, work, 0, {"from": stranger})
    ledger.transferFrom(creator, creator, work, 0, {"from": stranger})
    with reverts("RoyaltyLedger__InsufficientShares", stranger, work, 0, 1):
        ledger.transfer(creator, work, 1, {"from": stranger})
    assert not registry.titleOf(work).dict()["issued"]
    ledger.distribute(work, tree([(str(creator), 400_000), (str(buyer), 600_000)]).root, {"from": creator})


def test_transfer_from__zero_units_of_nobody__refused(ledger, rival, work):
    """Threat: an event of units that begin, for which no units began: books that are rebuilt would believe it."""
    with reverts("RoyaltyLedger__ZeroAddress"):
        ledger.transferFrom("0x" + "0" * 40, rival, work, 0, {"from": rival})


def test_transfer_from__zero_units__an_allowance_of_nothing_is_enough(ledger, creator, buyer, rival, work):
    """ERC-6909: nothing is more than nobody allowed; and nothing is spent."""
    ledger.approve(rival, work, 5, {"from": creator})
    ledger.transferFrom(creator, buyer, work, 0, {"from": rival})
    assert ledger.allowance(creator, rival, work) == 5
    with reverts("RoyaltyLedger__ZeroAddress"):
        ledger.transferFrom(creator, NOBODY, work, 0, {"from": rival})


def test_transfer__to_oneself__changes_nothing(world, ledger, creator, work):
    world.deposit(work, 1000)
    ledger.transfer(creator, work, 400_000, {"from": creator})
    assert ledger.balanceOf(creator, work) == UNITS
    world.deposit(work, 1)
    assert world.claimed([work], creator) == 1001


def test_transfer__after_a_claim_while_implicit__nothing_is_paid_twice(world, ledger, creator, buyer, work):
    world.deposit(work, 1000)
    assert world.claimed([work], creator) == 1000
    ledger.transfer(buyer, work, UNITS // 2, {"from": creator})
    assert (ledger.claimable(work, NATIVE, creator), ledger.claimable(work, NATIVE, buyer)) == (0, 0)
    world.deposit(work, 10)
    assert (world.claimed([work], creator), world.claimed([work], buyer)) == (5, 5)


def test_transfer__title_first__issues_to_the_former_holder(world, registry, ledger, creator, buyer, rival, work):
    world.deposit(work, 1000)
    done = registry.transferFrom(creator, buyer, work, {"from": creator})
    assert moves(done) == [(NOBODY, creator, UNITS)]
    with reverts("RoyaltyLedger__InsufficientShares", buyer, work, 0, 1):
        ledger.transfer(rival, work, 1, {"from": buyer})
    ledger.transfer(buyer, work, UNITS, {"from": creator})
    world.deposit(work, 10)
    assert (ledger.claimable(work, NATIVE, creator), ledger.claimable(work, NATIVE, buyer)) == (1000, 10)
    assert ledger.balanceOf(creator, work) == 0


def test_transfer__all_units_away_then_title__not_issued_twice(registry, ledger, creator, buyer, rival, work):
    """A holder whose units are zero again is not an implicit holder."""
    ledger.transfer(buyer, work, UNITS, {"from": creator})
    assert ledger.balanceOf(creator, work) == 0
    registry.transferFrom(creator, rival, work, {"from": creator})
    assert [ledger.balanceOf(who, work) for who in (creator, buyer, rival)] == [0, UNITS, 0]


@pytest.mark.parametrize("units", [UNITS + 1, 2**255, 2**256 - 1])
def test_transfer__more_than_held__refused(ledger, creator, buyer, work, units):
    with reverts("RoyaltyLedger__InsufficientShares", creator, work, UNITS, units):
        ledger.transfer(buyer, work, units, {"from": creator})


def test_transfer__to_nobody__refused(ledger, creator, work):
    """Burnt units would strand their revenue (M8)."""
    with reverts("RoyaltyLedger__ZeroAddress"):
        ledger.transfer(NOBODY, work, 1, {"from": creator})


@pytest.mark.parametrize("units", [0, 1])
def test_transfer__to_the_ledger__refused(ledger, creator, work, units):
    """Nobody could move the units, or what they earn, out of it (M8)."""
    with reverts("RoyaltyLedger__PaymentFailed", ledger, work, units):
        ledger.transfer(ledger, work, units, {"from": creator})


def test_transfer__unknown_work__refused(ledger, creator, buyer):
    unknown = work_id("never registered")
    with reverts("WorkRegistry__UnknownWork", unknown):
        ledger.transfer(buyer, unknown, 1, {"from": creator})


def test_transfer_from__allowance__spent_exactly(ledger, creator, buyer, rival, work):
    done = ledger.approve(rival, work, 100, {"from": creator})
    assert dict(done.events["Approval"]) == {"owner": creator, "spender": rival, "id": work, "amount": 100}
    moved = ledger.transferFrom(creator, buyer, work, 60, {"from": rival})
    assert moved.events["Transfer"][-1]["caller"] == rival
    assert ledger.allowance(creator, rival, work) == 40
    with reverts("RoyaltyLedger__InsufficientAllowance", creator, rival, work, 41):
        ledger.transferFrom(creator, buyer, work, 41, {"from": rival})
    ledger.transferFrom(creator, buyer, work, 40, {"from": rival})
    assert (ledger.allowance(creator, rival, work), ledger.balanceOf(buyer, work)) == (0, 100)


def test_transfer_from__endless_allowance_or_operator__not_spent(ledger, creator, buyer, rival, stranger, work):
    ledger.approve(rival, work, 2**256 - 1, {"from": creator})
    ledger.transferFrom(creator, buyer, work, 1, {"from": rival})
    assert ledger.allowance(creator, rival, work) == 2**256 - 1
    done = ledger.setOperator(stranger, True, {"from": creator})
    assert dict(done.events["OperatorSet"]) == {"owner": creator, "spender": stranger, "approved": True}
    assert ledger.isOperator(creator, stranger)
    ledger.transferFrom(creator, buyer, work, 1, {"from": stranger})
    ledger.setOperator(stranger, False, {"from": creator})
    with reverts("RoyaltyLedger__InsufficientAllowance", creator, stranger, work, 1):
        ledger.transferFrom(creator, buyer, work, 1, {"from": stranger})
    assert ledger.balanceOf(buyer, work) == 2


def test_transfer_from__allowance_for_another_work__refused(world, ledger, creator, buyer, rival, work):
    other = world.register("another work", creator)
    ledger.approve(rival, other, 100, {"from": creator})
    with reverts("RoyaltyLedger__InsufficientAllowance", creator, rival, work, 1):
        ledger.transferFrom(creator, buyer, work, 1, {"from": rival})


def test_supports_interface__erc165_and_erc6909__yes(ledger):
    assert ledger.supportsInterface("0x01ffc9a7")
    assert ledger.supportsInterface("0x0f632fb3")
    assert not ledger.supportsInterface("0xffffffff")
