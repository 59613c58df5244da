"""Our own arbitrator: one judge, a fixed fee, no appeal."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.unit.Disputes.courts import FEE, GRANT, REJECT, open_court

WAITING, SOLVED = 0, 2


@pytest.fixture(scope="module")
def opened(module_isolation):
    """The same world for our own arbitrator alone."""
    return open_court("OwnerArbitrator")


@pytest.fixture
def arbitrator(court):
    return court.arbitrator


def test_give_ruling__once_and_by_the_owner__carried_out(arbitrator, admin, stranger, work, open_dispute):
    dispute = open_dispute(work)
    assert (arbitrator.disputeStatus(dispute), arbitrator.currentRuling(dispute)) == (WAITING, 0)
    with reverts("OwnableUnauthorizedAccount", stranger):
        arbitrator.giveRuling(dispute, GRANT, {"from": stranger})
    arbitrator.giveRuling(dispute, GRANT, {"from": admin})
    assert (arbitrator.disputeStatus(dispute), arbitrator.currentRuling(dispute)) == (SOLVED, GRANT)
    with reverts("OwnerArbitrator__AlreadyRuled", dispute):
        arbitrator.giveRuling(dispute, REJECT, {"from": admin})


def test_give_ruling__unknown_dispute_or_choice__refused(arbitrator, admin, work, open_dispute):
    with reverts("OwnerArbitrator__UnknownDispute", 0):
        arbitrator.giveRuling(0, GRANT, {"from": admin})
    dispute = open_dispute(work)
    with reverts("OwnerArbitrator__UnknownRuling", dispute, 3, 2):
        arbitrator.giveRuling(dispute, 3, {"from": admin})


@pytest.mark.parametrize("value", [FEE - 1, FEE + 1])
def test_create_dispute__another_fee__refused(arbitrator, stranger, value):
    assert arbitrator.arbitrationCost("") == FEE
    with reverts("OwnerArbitrator__WrongValue", value, FEE):
        arbitrator.createDispute(2, "", {"from": stranger, "value": value})


def test_appeal__never__refused(arbitrator, creator, work, open_dispute):
    """ERC-792: where there is no appeal, its cost is out of reach."""
    dispute = open_dispute(work)
    assert arbitrator.appealCost(dispute, "") == 2**256 - 1
    assert tuple(arbitrator.appealPeriod(dispute)) == (0, 0)
    with reverts("OwnerArbitrator__NoAppeal", dispute):
        arbitrator.appeal(dispute, "", {"from": creator})


def test_withdraw__owner__fees(arbitrator, admin, rival, stranger, work, open_dispute):
    open_dispute(work)
    with reverts("OwnableUnauthorizedAccount", stranger):
        arbitrator.withdraw(stranger, {"from": stranger})
    before = rival.balance()
    done = arbitrator.withdraw(rival, {"from": admin})
    assert dict(done.events["FeesWithdrawn"]) == {"to": rival, "amount": FEE}
    assert rival.balance() - before == FEE


def test_ownership__in_two_steps__the_new_owner_rules(arbitrator, admin, rival, work, open_dispute):
    dispute = open_dispute(work)
    arbitrator.transferOwnership(rival, {"from": admin})
    with reverts("OwnableUnauthorizedAccount", rival):
        arbitrator.giveRuling(dispute, GRANT, {"from": rival})
    arbitrator.acceptOwnership({"from": rival})
    arbitrator.giveRuling(dispute, GRANT, {"from": rival})
