"""An arbitrator can do nothing but choose between rejection and the remedy that was asked for, once."""

from __future__ import annotations

import pytest
from brownie import chain

from tests.contracts.reverts import reverts
from tests.contracts.unit.Disputes.courts import BOND, FEE, GRANT, REJECT, open_court
from tests.contracts.world import DAY, NATIVE

DIVERT, RETITLE = 1, 2
REENTRANCY = "0xab143c06"  # selector of Reentrancy()


@pytest.fixture(scope="module")
def opened(module_isolation):
    """The same world for the arbitrator that can misbehave."""
    return open_court("FickleArbitrator")


@pytest.fixture
def fickle(court):
    return court.arbitrator


def test_open__fee_rose_meanwhile__refused(disputes, fickle, stranger, claimant, work):
    """A claimant pays what it agreed to, or nothing."""
    fickle.setCost(FEE + 1, {"from": stranger})
    with reverts("Disputes__WrongValue", BOND + FEE, BOND + FEE + 1):
        disputes.open(work, DIVERT, "", {"from": claimant, "value": BOND + FEE})
    disputes.open(work, DIVERT, "", {"from": claimant, "value": BOND + FEE + 1})
    assert (disputes.balance(), fickle.balance()) == (BOND, FEE + 1)


def test_open__number_given_twice__refused(world, disputes, fickle, rival, stranger, work, open_dispute):
    """One ruling would end two disputes."""
    dispute = open_dispute(work)
    other = world.register("another work", rival)
    fickle.setNext(dispute, {"from": stranger})
    with reverts("Disputes__DisputeExists", dispute):
        open_dispute(other)


def test_open__arbitrator_rules_from_inside__finds_the_lock(
    disputes, registry, fickle, creator, stranger, work, open_dispute
):
    """R7: nothing is known of a dispute before the arbitrator gave its number."""
    for call in (
        disputes.rule.encode_input(41, GRANT),
        disputes.expire.encode_input(work),
        disputes.withdraw.encode_input(stranger),
        disputes.open.encode_input(work, DIVERT, ""),
    ):
        fickle.lay(disputes, call, {"from": stranger})
    assert open_dispute(work, RETITLE) == 41
    outcomes = [fickle.outcome(i) for i in range(fickle.sprung())]
    assert [(success, "0x" + bytes(answer).hex()) for success, answer in outcomes] == [(False, REENTRANCY)] * 4
    assert registry.ownerOf(work) == creator
    assert disputes.balance() == BOND


def test_rule__what_nobody_opened__refused(disputes, fickle, stranger, work, open_dispute):
    dispute = open_dispute(work)
    with reverts("Disputes__UnknownDispute", dispute + 1):
        fickle.misrule(disputes, dispute + 1, GRANT, {"from": stranger})


@pytest.mark.parametrize("first", [REJECT, GRANT])
def test_rule__again__refused(disputes, registry, fickle, stranger, work, open_dispute, first):
    dispute = open_dispute(work, RETITLE)
    fickle.misrule(disputes, dispute, first, {"from": stranger})
    holder, balance = registry.ownerOf(work), disputes.balance()
    for second in (REJECT, GRANT):
        with reverts("Disputes__AlreadyRuled", dispute):
            fickle.misrule(disputes, dispute, second, {"from": stranger})
    assert (registry.ownerOf(work), disputes.balance()) == (holder, balance)


def test_rule__again_after_it_was_ignored__refused(disputes, fickle, stranger, work, open_dispute):
    dispute = open_dispute(work)
    chain.sleep(180 * DAY)
    disputes.expire(work, {"from": stranger})
    fickle.misrule(disputes, dispute, GRANT, {"from": stranger})
    with reverts("Disputes__AlreadyRuled", dispute):
        fickle.misrule(disputes, dispute, GRANT, {"from": stranger})


@pytest.mark.parametrize("ruling", [3, 2**256 - 1])
def test_rule__no_choice_of_ours__rejects(disputes, ledger, fickle, creator, stranger, work, open_dispute, ruling):
    fickle.misrule(disputes, open_dispute(work), ruling, {"from": stranger})
    assert ledger.claimable(work, NATIVE, creator) == BOND


def test_appeal__second_look__only_the_last_ruling_counts(
    court, registry, fickle, creator, claimant, work, open_dispute
):
    """ERC-792: nothing is carried out while it can be appealed; the arbitrator alone knows of appeals."""
    dispute = open_dispute(work, RETITLE)
    fickle.giveRuling(dispute, GRANT, {"from": creator})
    assert fickle.currentRuling(dispute) == GRANT
    assert registry.ownerOf(work) == creator
    fickle.appeal(dispute, "", {"from": creator, "value": fickle.appealCost(dispute, "")})
    court.rule(dispute, REJECT)
    assert registry.ownerOf(work) == creator
