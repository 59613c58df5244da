"""Rulings: who gets the revenue, the title and the bond."""

from __future__ import annotations

import pytest
from brownie import chain

from tests.contracts.reverts import reverts
from tests.contracts.unit.Disputes.courts import BOND, FEE, GRANT, REJECT
from tests.contracts.world import DAY, DOLLAR, NATIVE, UNITS

DIVERT, RETITLE = 1, 2
GRANTED, REJECTED, EXPIRED = 2, 3, 4
REFUSED = 0


def test_rule__divert_granted__revenue_of_the_dispute_and_bond_to_the_claimant(
    world, court, disputes, registry, ledger, creator, claimant, work, open_dispute
):
    """M7: redirected is what was credited while the dispute was open, and nothing else."""
    world.deposit(work, 1000)
    dispute = open_dispute(work, DIVERT)
    world.deposit(work, 300)
    world.deposit(work, 70, DOLLAR)
    done = court.rule(dispute, GRANT)
    assert tuple(done.events["DisputeEnded"].values()) == (dispute, work, GRANTED, BOND)
    assert tuple(done.events["Ruling"].values()) == (court.arbitrator, dispute, GRANT)
    world.deposit(work, 5)
    assert [ledger.claimable(work, NATIVE, who) for who in (creator, claimant)] == [1005, 300]
    assert ledger.claimable(work, DOLLAR, claimant) == 70
    title = registry.titleOf(work)
    assert (title["holder"], title["disputed"]) == (creator, False)
    assert disputes.withdrawable(claimant) == disputes.balance() == BOND
    before = claimant.balance()
    done = disputes.withdraw(claimant, {"from": claimant})
    assert claimant.balance() - before == BOND - done.gas_used * done.gas_price
    assert tuple(done.events["BondsWithdrawn"].values()) == (claimant, claimant, BOND)
    assert (disputes.balance(), disputes.withdrawable(claimant)) == (0, 0)


def test_rule__retitle_granted__title_and_new_series_to_the_claimant(
    world, court, disputes, registry, ledger, creator, rival, claimant, work, open_dispute
):
    """Former holders of shares keep what was earned before the dispute, and nothing more."""
    ledger.transfer(rival, work, UNITS // 4, {"from": creator})
    world.deposit(work, 1000)
    dispute = open_dispute(work, RETITLE)
    world.deposit(work, 400)
    court.rule(dispute, GRANT)
    world.deposit(work, 60)
    series = ledger.shareId(work, 1)
    assert registry.ownerOf(work) == claimant
    assert [ledger.claimable(work, NATIVE, who) for who in (creator, rival)] == [750, 250]
    assert ledger.balanceOf(claimant, series) == UNITS
    assert ledger.claimable(series, NATIVE, claimant) == 460
    assert disputes.caseOf(dispute)["status"] == GRANTED


@pytest.mark.parametrize("remedy", [DIVERT, RETITLE])
@pytest.mark.parametrize("ruling", [REFUSED, REJECT])
def test_rule__rejected_or_refused__revenue_and_bond_to_the_holders(
    world, court, disputes, registry, ledger, creator, claimant, work, open_dispute, remedy, ruling
):
    """Who waited for their revenue gets the bond, and gets it at once: it is not frozen itself."""
    world.deposit(work, 1000)
    dispute = open_dispute(work, remedy)
    world.deposit(work, 300)
    assert ledger.claimable(work, NATIVE, creator) == 1000
    done = court.rule(dispute, ruling)
    assert tuple(done.events["DisputeEnded"].values()) == (dispute, work, REJECTED, BOND)
    assert ledger.claimable(work, NATIVE, creator) == 1300 + BOND
    assert registry.ownerOf(work) == creator
    assert not registry.titleOf(work)["disputed"]
    assert disputes.balance() == 0
    with reverts("Disputes__NothingToWithdraw", claimant):
        disputes.withdraw(claimant, {"from": claimant})


def test_rule__not_the_arbitrator__refused(disputes, claimant, creator, work, open_dispute):
    dispute = open_dispute(work)
    for who in (claimant, creator):
        with reverts("Disputes__NotArbitrator", who):
            disputes.rule(dispute, GRANT, {"from": who})


def test_rule__claimant_refuses_coins__ruling_stands_and_bond_waits(
    world, court, disputes, registry, ledger, creator, stranger, work
):
    """M3: pulled, so a claimant can block neither the ruling nor, for good, its own bond."""
    wallet = world.contract("SmartWallet", stranger)
    wallet.setRefusing(True, {"from": stranger})
    call = disputes.open.encode_input(work, RETITLE, "")
    wallet.execute([(disputes, BOND + FEE, call)], {"from": stranger, "value": BOND + FEE})
    court.rule(disputes.disputeOf(work)[0], GRANT)
    assert registry.ownerOf(work) == wallet
    for to in (wallet, "0x" + "0" * 40):
        with reverts("Disputes__PaymentFailed", to, BOND):
            wallet.execute([(disputes, 0, disputes.withdraw.encode_input(to))], {"from": stranger})
    before = creator.balance()
    wallet.execute([(disputes, 0, disputes.withdraw.encode_input(creator))], {"from": stranger})
    assert creator.balance() - before == BOND


def test_withdraw__claimant_calls_back__paid_once(world, court, disputes, rival, stranger, work, open_dispute):
    """R7: somebody else's bond stays where it is."""
    trap = world.contract("ReentrantReceiver")
    call = disputes.open.encode_input(work, DIVERT, "")
    trap.execute(disputes, BOND + FEE, call, {"from": stranger, "value": BOND + FEE})
    open_dispute(world.register("another work", rival))
    court.rule(disputes.disputeOf(work)[0], GRANT)
    again = disputes.withdraw.encode_input(trap)
    trap.lay(disputes, again, {"from": stranger})
    trap.execute(disputes, 0, again, {"from": stranger})
    assert not trap.outcome(0)[0]
    assert (trap.balance(), disputes.balance()) == (BOND, BOND)


def test_withdraw__two_granted__both_bonds_at_once(world, court, disputes, rival, claimant, work, open_dispute):
    for number in (work, world.register("another work", rival)):
        court.rule(open_dispute(number), GRANT)
    assert disputes.withdraw(claimant, {"from": claimant}).return_value == 2 * BOND


def test_bond__each_rejected__doubles_six_times_and_no_more(world, court, disputes, rival, work, open_dispute):
    """Whoever loses a dispute makes the next one dearer, but nobody can price the author out for ever."""
    expected = [1, 2, 4, 8, 16, 32, 64, 64, 64]
    for times in expected:
        assert tuple(disputes.costOf(work)) == (times * BOND, FEE)
        court.rule(open_dispute(work, value=times * BOND + FEE), REJECT)
    assert tuple(disputes.costOf(world.register("another work", rival))) == (BOND, FEE)


def test_bond__granted__stays(court, disputes, work, open_dispute):
    court.rule(open_dispute(work), GRANT)
    assert tuple(disputes.costOf(work)) == (BOND, FEE)


def test_expire__ruled_in_time_or_too_early__refused(court, disputes, stranger, work, open_dispute):
    dispute = open_dispute(work)
    expires_at = disputes.caseOf(dispute)["openedAt"] + 180 * DAY
    chain.sleep(expires_at - chain.time() - 5)
    with reverts("Disputes__NotExpired", work, expires_at):
        disputes.expire(work, {"from": stranger})
    court.rule(dispute, REJECT)
    with reverts("Disputes__NotOpen", work):
        disputes.expire(work, {"from": stranger})


def test_expire__to_the_second__180_days_after_it_was_opened(disputes, stranger, work, open_dispute):
    dispute = open_dispute(work)
    expires_at = disputes.caseOf(dispute)["openedAt"] + 180 * DAY
    chain.mine(timestamp=expires_at - 1)
    with reverts("Disputes__NotExpired", work, expires_at):
        disputes.expire.call(work, {"from": stranger})  # a call has the time of the last block
    chain.mine(timestamp=expires_at)
    disputes.expire.call(work, {"from": stranger})
    disputes.expire(work, {"from": stranger})
    assert disputes.caseOf(dispute)["status"] == EXPIRED


def test_expire__arbitrator_never_rules__rejected_by_anybody(
    world, disputes, registry, ledger, creator, stranger, work, open_dispute
):
    """An arbitrator that is away cannot keep anybody's money or title for ever."""
    dispute = open_dispute(work, RETITLE)
    world.deposit(work, 300)
    chain.sleep(180 * DAY + 1)
    done = disputes.expire(work, {"from": stranger})
    assert tuple(done.events["DisputeEnded"].values()) == (dispute, work, EXPIRED, BOND)
    assert ledger.claimable(work, NATIVE, creator) == 300 + BOND
    assert not registry.titleOf(work)["disputed"]
    assert tuple(disputes.costOf(work)) == (2 * BOND, FEE)
    with reverts("Disputes__NotOpen", work):
        disputes.expire(work, {"from": stranger})


def test_rule__after_it_expired__ignored_but_not_refused(
    court, disputes, registry, creator, stranger, work, open_dispute
):
    """An arbitrator's own bookkeeping must not hang on its being late; nor may it touch the next dispute."""
    late = open_dispute(work, RETITLE)
    chain.sleep(180 * DAY)
    disputes.expire(work, {"from": stranger})
    second = open_dispute(work, RETITLE, by=stranger, value=2 * BOND + FEE)
    done = court.rule(late, GRANT)
    assert tuple(done.events["Ruling"].values()) == (court.arbitrator, late, GRANT)
    assert tuple(done.events["RulingIgnored"].values()) == (late, work, GRANT)
    title = registry.titleOf(work)
    assert (title["holder"], title["disputed"]) == (creator, True)
    assert disputes.balance() == 2 * BOND
    court.rule(second, GRANT)
    assert registry.ownerOf(work) == stranger
