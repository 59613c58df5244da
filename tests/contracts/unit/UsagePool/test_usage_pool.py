"""Usage pools: an epoch's money goes to works as divided, the rest to who gave it, and never more than there is."""

from __future__ import annotations

from random import Random

import pytest
from eth_utils import keccak

from tests.contracts.reverts import reverts
from tests.contracts.shares import tree
from tests.contracts.unit.UsagePool.conftest import ADVERTS, CHALLENGE, DEADLINE, WEEK, Leaf, fund
from tests.contracts.world import DAY, DOLLAR, NATIVE, work_id

NOBODY = "0x" + "0" * 40
YEAR = 365 * DAY


def test_create__terms__are_kept(pools, pool, chain):
    kept = pools.poolOf(pool.number).dict()
    assert (kept["poster"], kept["guardian"], kept["currency"]) == (pool.poster, pool.guardian, DOLLAR)
    assert (kept["length"], kept["challenge"], kept["deadline"]) == (WEEK, CHALLENGE, DEADLINE)
    assert pools.currentEpoch(pool.number) == 0
    chain.sleep(2 * WEEK)
    chain.mine()
    assert pools.currentEpoch(pool.number) == 2


@pytest.mark.parametrize("terms", [(0, DAY, 1), (WEEK, DAY - 1, 1), (WEEK, DAY, 0)])
def test_create__no_epoch_or_no_time_to_refuse__refused(world, pools, stranger, terms):
    with reverts("UsagePool__BadTerms", *terms):
        pools.create(stranger, stranger, DOLLAR, *terms, {"from": stranger})


def test_create__nobody_in_charge__refused(pools, stranger):
    for poster, guardian in ((NOBODY, stranger), (stranger, NOBODY)):
        with reverts("UsagePool__ZeroAddress"):
            pools.create(poster, guardian, DOLLAR, WEEK, DAY, DAY, {"from": stranger})


def test_create__unknown_currency__refused(pools, stranger):
    with reverts("RoyaltyLedger__UnknownCurrency", 7):
        pools.create(stranger, stranger, 7, WEEK, DAY, DAY, {"from": stranger})


def test_fund__gift_of_another__is_refundable_to_whom_it_names(world, pools, pool, dollar, buyer, stranger):
    dollar.mint(buyer, ADVERTS, {"from": world.admin})
    dollar.approve(pools, ADVERTS, {"from": buyer})
    pools.fund(pool.number, 3, ADVERTS, stranger, {"from": buyer})
    assert pools.givenBy(pool.number, 3, stranger) == ADVERTS
    assert pools.epochOf(pool.number, 3).dict()["funded"] == ADVERTS


def test_fund__last_second__and_not_the_next(world, pools, pool, chain, buyer):
    end = pools.poolOf(pool.number).dict()["startedAt"] + WEEK
    chain.sleep(end - chain.time() - 30)
    assert fund(world, pool.number, 5, buyer) == 5
    chain.sleep(60)
    with reverts("UsagePool__EpochEnded", pool.number, 0, end):
        fund(world, pool.number, 5, buyer)


def test_fund__nothing_or_for_nobody__refused(pools, pool, buyer):
    with reverts("UsagePool__ZeroAmount"):
        pools.fund(pool.number, 0, 0, buyer, {"from": buyer})
    with reverts("UsagePool__ZeroAddress"):
        pools.fund(pool.number, 0, 1, NOBODY, {"from": buyer})
    with reverts("UsagePool__BadRecipient", pools):
        pools.fund(pool.number, 0, 1, pools, {"from": buyer})
    with reverts("UsagePool__UnknownPool", 99):
        pools.fund(99, 0, 1, buyer, {"from": buyer})


def test_fund__coins_for_a_pool_of_dollars__refused(pools, pool, buyer):
    with reverts("Tender__WrongValue", 1, 0):
        pools.fund(pool.number, 0, 5, buyer, {"from": buyer, "value": 1})


def test_fund__more_than_a_work_can_hold__refused(world, pools, pool, buyer):
    with reverts("UsagePool__TooMuch", pool.number, 0, 2**108):
        fund(world, pool.number, 2**108, buyer)


def test_fund__epoch_whose_end_overflows__refused(pools, pool, buyer):
    """Threat: an end that wraps round, so that the epoch is over before it begins and its money is lost."""
    with reverts("Integer overflow"):
        pools.fund(pool.number, 2**256 - 1, 1, buyer, {"from": buyer})


def test_fund__token_with_a_fee__counts_what_arrived(world, pools, buyer):
    """M4."""
    token = world.contract("FeeToken")
    currency = world.add_currency(token)
    made = pools.create(buyer, buyer, currency, WEEK, DAY, DAY, {"from": buyer})
    number = made.events["PoolCreated"]["pool"]
    token.mint(buyer, 1_000, {"from": world.admin})
    token.approve(pools, 1_000, {"from": buyer})
    pools.fund(number, 0, 1_000, buyer, {"from": buyer})
    assert pools.epochOf(number, 0).dict()["funded"] == token.balanceOf(pools) < 1_000


def test_post__by_anybody_else__refused(pool, advertisers, chain, division, post, stranger):
    chain.sleep(WEEK)
    with reverts("UsagePool__NotPoster", pool.number, stranger):
        post(division, by=stranger)


def test_post__before_the_end__refused(pools, pool, advertisers, division, post):
    end = pools.poolOf(pool.number).dict()["startedAt"] + WEEK
    with reverts("UsagePool__EpochRunning", pool.number, 0, end):
        post(division)


def test_post__after_the_deadline__refused(pools, pool, advertisers, division, post, chain):
    chain.sleep(WEEK + DEADLINE + 1)
    end = pools.poolOf(pool.number).dict()["startedAt"] + WEEK
    with reverts("UsagePool__DeadlinePassed", pool.number, 0, end + DEADLINE):
        post(division)


@pytest.mark.parametrize("more", [0, 1])
def test_post__more_than_was_given__refused(pool, advertisers, chain, work, post, more):
    chain.sleep(WEEK)
    given = 4 * ADVERTS
    division = tree([(work, given + more)])
    leaf = Leaf(0, work, given + more, [])
    if more == 0:
        post(division, leaf)
        return
    with reverts("UsagePool__OverSpent", pool.number, 0, given + 1, given):
        post(division, leaf)


def test_post__twice__refused(pool, posted, post):
    with reverts("UsagePool__AlreadyPosted", pool.number, 0):
        post(posted)


def test_post__zero_root__refused(pool, advertisers, chain, division, post):
    chain.sleep(WEEK)
    with reverts("UsagePool__NoDivision", pool.number, 0):
        post(division, root=b"\0" * 32, total=0)


@pytest.mark.parametrize("slip", [{"root": b"\x11" * 32}, {"total": 2 * ADVERTS + 1}, {"total": 2 * ADVERTS - 1}])
def test_post__leaf_does_not_lead_there__refused(pools, pool, advertisers, chain, division, post, slip):
    """Threat: a slip of the pen under which no leaf can be paid and nothing of the total ever goes back."""
    chain.sleep(WEEK)
    with reverts("UsagePool__BadProof", pool.number, 0, division.root):
        post(division, **slip)
    assert pools.epochOf(pool.number, 0).dict()["root"] == "0x" + "00" * 32


@pytest.mark.parametrize("change", [{"index": 4}, {"amount": ADVERTS - 1}, {"work": 1}, {"proof": []}])
def test_post__other_than_a_leaf__refused(advertisers, chain, division, post, leaf_of, change):
    chain.sleep(WEEK)
    with reverts("UsagePool__BadProof"):
        post(division, leaf_of(division, 0, **change))


def test_post__any_leaf__will_do(pools, pool, advertisers, chain, division, post, leaf_of):
    chain.sleep(WEEK)
    done = post(division, leaf_of(division, 2))
    assert tuple(done.events["DivisionPosted"].values()) == (pool.number, 0, "0x" + division.root.hex(), 2 * ADVERTS)


def test_post__total_of_zero__everything_goes_back_after_the_challenge(
    world, pools, pool, advertisers, chain, work, post, stranger
):
    """Nothing was used: the funders need not wait for the deadline."""
    chain.sleep(WEEK)
    leaf = Leaf(0, work, 0, [])
    post(tree([(work, 0)]), leaf)
    chain.sleep(CHALLENGE)
    with reverts("RoyaltyLedger__ZeroAmount"):
        pools.pay(pool.number, 0, leaf, {"from": stranger})
    for giver, gift in zip(advertisers, (3 * ADVERTS, ADVERTS), strict=True):
        pools.reclaim(pool.number, 0, giver, {"from": stranger})
        assert world.dollar.balanceOf(giver) == gift


def test_refuse__in_time__another_division_can_be_posted(pools, pool, posted, work, post):
    pools.refuse(pool.number, 0, {"from": pool.guardian})
    assert pools.epochOf(pool.number, 0).dict()["root"] == "0x" + "00" * 32
    post(tree([(work, 1)]), Leaf(0, work, 1, []))


def test_refuse__by_anybody_else__refused(pools, pool, posted, stranger):
    with reverts("UsagePool__NotGuardian", pool.number, stranger):
        pools.refuse(pool.number, 0, {"from": stranger})


def test_refuse__too_late__refused(pools, pool, standing):
    end = pools.epochOf(pool.number, 0).dict()["postedAt"] + CHALLENGE
    with reverts("UsagePool__ChallengeOver", pool.number, 0, end):
        pools.refuse(pool.number, 0, {"from": pool.guardian})


def test_refuse__nothing_posted__refused(pools, pool, advertisers):
    with reverts("UsagePool__NoDivision", pool.number, 0):
        pools.refuse(pool.number, 0, {"from": pool.guardian})


def test_pay__every_leaf__reaches_its_work_through_the_ledger(
    world, pools, ledger, pool, standing, pay, work, other_work
):
    for index in range(3):
        done = pay(standing, index)
        assert done.events["WorkPaid"]["amount"] == done.events["Deposited"]["amount"]
    assert ledger.grossOf(work, DOLLAR) == ADVERTS + ADVERTS // 2
    assert ledger.grossOf(other_work, DOLLAR) == ADVERTS // 2
    assert world.dollar.balanceOf(pools) == 4 * ADVERTS - standing.total


def test_pay__twice__refused(pools, pool, standing, pay):
    pay(standing, 0)
    assert pools.isPaid(pool.number, 0, 0)
    with reverts("UsagePool__AlreadyPaid", pool.number, 0, 0):
        pay(standing, 0)


def test_pay__under_another_index__refused(pool, standing, pay):
    """Threat: one leaf under two numbers, whose low bits are the same."""
    with reverts("UsagePool__BadProof"):
        pay(standing, 0, index=4)


@pytest.mark.parametrize("change", [{"amount": ADVERTS + 1}, {"work": work_id("nobody's")}])
def test_pay__other_than_the_leaf__refused(standing, pay, change):
    with reverts("UsagePool__BadProof"):
        pay(standing, 0, **change)


def test_pay__while_it_can_be_refused__refused(pools, pool, posted, pay):
    end = pools.epochOf(pool.number, 0).dict()["postedAt"] + CHALLENGE
    with reverts("UsagePool__ChallengeRunning", pool.number, 0, end):
        pay(posted, 0)


def test_pay__tree_that_promises_more_than_its_total__only_what_leads_there(
    pools, pool, advertisers, chain, work, post, stranger
):
    """Threat: a poster who hides a leaf behind a sum that is too small, to spend the money of other epochs."""
    grown = tree([(work, 5), (work, ADVERTS)])
    honest, (hidden, _) = Leaf(0, work, 5, [(grown.proof(0)[0][0], 1)]), grown.proof(0)[0]
    low = keccak(grown.proof(1)[0][0] + (5).to_bytes(32, "big") + hidden + (1).to_bytes(32, "big"))
    chain.sleep(WEEK)
    post(grown, honest, root=low, total=6)
    chain.sleep(CHALLENGE)
    pools.pay(pool.number, 0, honest, {"from": stranger})
    with reverts("UsagePool__BadProof"):
        pools.pay(pool.number, 0, Leaf(1, work, ADVERTS, grown.proof(1)), {"from": stranger})


def test_pay__unregistered_work__only_its_own_leaf_waits(
    world, pools, ledger, pool, advertisers, chain, work, rival, post
):
    """M3, and the leaf stays payable: the work may be registered later."""
    later = work_id("a later work")
    division = tree([(later, 7), (work, 8)])
    chain.sleep(WEEK)
    waiting = Leaf(0, later, 7, division.proof(0))
    post(division, waiting)
    chain.sleep(CHALLENGE)
    with reverts("WorkRegistry__UnknownWork", later):
        pools.pay(pool.number, 0, waiting, {"from": rival})
    pools.pay(pool.number, 0, Leaf(1, work, 8, division.proof(1)), {"from": rival})
    world.register("a later work", rival)
    pools.pay(pool.number, 0, waiting, {"from": rival})
    assert ledger.grossOf(later, DOLLAR) == 7


def test_pay__a_year_later__refused_to_the_second(pools, pool, chain, posted, leaf_of, stranger):
    end = pools.epochOf(pool.number, 0).dict()["postedAt"] + CHALLENGE + YEAR
    call = pool.number, 0, leaf_of(posted, 0), {"from": stranger}
    chain.mine(timestamp=end - 1)
    pools.pay.call(*call)  # a call has the time of the last block
    chain.mine(timestamp=end)
    with reverts("UsagePool__DivisionOver", pool.number, 0, end):
        pools.pay.call(*call)


def test_reclaim__unspent__goes_back_in_proportion(world, pools, pool, standing, advertisers, stranger):
    """Half of 40 million was spent: three quarters of the other half to the first, one quarter to the second."""
    unspent = 4 * ADVERTS - standing.total
    for giver, part in zip(advertisers, (3, 1), strict=True):
        before = world.dollar.balanceOf(giver)
        pools.reclaim(pool.number, 0, giver, {"from": stranger})
        assert world.dollar.balanceOf(giver) - before == unspent * part // 4


def test_reclaim__twice__refused(pools, pool, standing, advertisers, stranger):
    pools.reclaim(pool.number, 0, advertisers[0], {"from": stranger})
    with reverts("UsagePool__NothingToReclaim", pool.number, 0, advertisers[0]):
        pools.reclaim(pool.number, 0, advertisers[0], {"from": stranger})


def test_reclaim__never_gave__refused(pools, pool, standing, stranger):
    with reverts("UsagePool__NothingToReclaim", pool.number, 0, stranger):
        pools.reclaim(pool.number, 0, stranger, {"from": stranger})


def test_reclaim__epoch_without_money__refused(pools, pool, stranger, chain):
    chain.sleep(WEEK + DEADLINE + 60)
    with reverts("UsagePool__NothingToReclaim", pool.number, 0, stranger):
        pools.reclaim(pool.number, 0, stranger, {"from": stranger})


def test_reclaim__before_it_is_settled__refused(chain, pools, pool, posted, advertisers, stranger):
    """Neither while a division can be refused, nor while one can still be posted."""
    for _ in range(2):
        with reverts("UsagePool__NotSettled", pool.number, 0):
            pools.reclaim(pool.number, 0, advertisers[0], {"from": stranger})
        if pools.epochOf(pool.number, 0).dict()["root"] != "0x" + "00" * 32:
            pools.refuse(pool.number, 0, {"from": pool.guardian})


def test_reclaim__no_division_in_time__everything_goes_back(world, chain, pools, pool, advertisers, stranger):
    chain.sleep(WEEK + DEADLINE + 60)
    for giver, gift in zip(advertisers, (3 * ADVERTS, ADVERTS), strict=True):
        pools.reclaim(pool.number, 0, giver, {"from": stranger})
        assert world.dollar.balanceOf(giver) == gift
    assert world.dollar.balanceOf(pools) == 0


def test_reclaim__one_recipient_refuses_coins__the_other_is_paid(world, pools, chain, buyer, stranger):
    """M3."""
    made = pools.create(buyer, buyer, NATIVE, WEEK, DAY, DAY, {"from": buyer})
    number = made.events["PoolCreated"]["pool"]
    for to in (world.registry, buyer):
        pools.fund(number, 0, 10, to, {"from": buyer, "value": 10})
    chain.sleep(WEEK + DAY + 60)
    with reverts("Tender__PaymentFailed", world.registry, NATIVE, 10):
        pools.reclaim(number, 0, world.registry, {"from": stranger})
    before = buyer.balance()
    pools.reclaim(number, 0, buyer, {"from": stranger})
    assert buyer.balance() - before == 10


def test_epochs__one_spends_nothing_of_another(world, chain, pools, pool, posted, advertisers, pay, stranger):
    """Solvency: after everything of epoch 0 was paid or reclaimed, exactly epoch 1 is left."""
    fund(world, pool.number, 123, stranger, epoch=1)
    chain.sleep(CHALLENGE)
    for index in range(3):
        pay(posted, index)
    for giver in advertisers:
        pools.reclaim(pool.number, 0, giver, {"from": stranger})
    assert world.dollar.balanceOf(pools) == 123


# What was not paid in time


@pytest.fixture
def lapse(pools, pool, chain):
    """Lets the time in which leaves can be paid run out, to the second or less one."""

    def lapse_(less: int = 0) -> None:
        chain.mine(timestamp=pools.epochOf(pool.number, 0).dict()["postedAt"] + CHALLENGE + YEAR - less)

    return lapse_


@pytest.mark.parametrize("reclaimed_before", [[], [0], [1], [0, 1]])
def test_reclaim__leaves_not_paid_in_time__go_back_whoever_reclaimed_before(
    world, pools, pool, standing, advertisers, pay, lapse, stranger, reclaimed_before
):
    """Three quarters and one quarter of what no work was paid, in one part or in two."""
    pay(standing, 1)
    for which in reclaimed_before:
        pools.reclaim(pool.number, 0, advertisers[which], {"from": stranger})
    lapse()
    unspent = 4 * ADVERTS - ADVERTS // 2
    assert pools.epochOf(pool.number, 0).dict()["paid"] == ADVERTS // 2
    for giver, part in zip(advertisers, (3, 1), strict=True):
        pools.reclaim(pool.number, 0, giver, {"from": stranger})
        assert world.dollar.balanceOf(giver) == pools.reclaimedBy(pool.number, 0, giver) == unspent * part // 4
        with reverts("UsagePool__NothingToReclaim", pool.number, 0, giver):
            pools.reclaim(pool.number, 0, giver, {"from": stranger})
    assert world.dollar.balanceOf(pools) == 0


def test_reclaim__a_second_early__only_what_the_division_does_not_spend(
    pools, pool, posted, advertisers, lapse, stranger
):
    lapse(less=1)
    assert pools.reclaim.call(pool.number, 0, advertisers[1], {"from": stranger}) == ADVERTS // 2
    lapse()
    assert pools.reclaim.call(pool.number, 0, advertisers[1], {"from": stranger}) == ADVERTS


def test_reclaim__all_leaves_paid__nothing_more_goes_back(pools, pool, standing, advertisers, pay, lapse, stranger):
    for index in range(3):
        pay(standing, index)
    pools.reclaim(pool.number, 0, advertisers[0], {"from": stranger})
    lapse()
    with reverts("UsagePool__NothingToReclaim", pool.number, 0, advertisers[0]):
        pools.reclaim(pool.number, 0, advertisers[0], {"from": stranger})
    assert pools.reclaim.call(pool.number, 0, advertisers[1], {"from": stranger}) == ADVERTS // 2


@pytest.mark.parametrize("seed", range(8))
def test_reclaim__any_order_before_and_after__never_more_than_was_funded(world, pools, chain, work, seed):
    """Exact: everybody has the floor of its part of what is unspent in the end, whenever and how often it asked."""
    rng = Random(seed)
    gifts = [rng.randint(1, 50) for _ in range(rng.randint(2, 4))]
    parts = [rng.randint(1, sum(gifts) // 4 + 1) for _ in range(rng.randint(1, 3))]
    runner, givers = world.relayer, world.buyers[: len(gifts)]
    made = pools.create(runner, runner, NATIVE, WEEK, CHALLENGE, DEADLINE, {"from": runner})
    number, had = made.events["PoolCreated"]["pool"], pools.balance()
    for giver, gift in zip(givers, gifts, strict=True):
        pools.fund(number, 0, gift, giver, {"from": giver, "value": gift})
    funded = sum(gifts)
    division = tree([(work, part) for part in parts])
    leaves = [Leaf(i, work, part, division.proof(i)) for i, part in enumerate(parts)]
    chain.sleep(WEEK)
    pools.post(number, 0, division.root, division.total, leaves[0], {"from": runner})
    chain.sleep(CHALLENGE)
    paid = 0
    for leaf in leaves:
        if rng.random() < 0.5:
            pools.pay(number, 0, leaf, {"from": runner})
            paid += leaf.amount
    for which in rng.sample(range(len(gifts)), rng.randint(0, len(gifts))):
        _reclaim(pools, number, givers[which], gifts[which] * (funded - division.total) // funded)
    chain.sleep(YEAR)
    for which in rng.sample(range(len(gifts)), len(gifts)):
        before = pools.reclaimedBy(number, 0, givers[which])
        _reclaim(pools, number, givers[which], gifts[which] * (funded - paid) // funded - before)
    back = [pools.reclaimedBy(number, 0, giver) for giver in givers]
    assert back == [gift * (funded - paid) // funded for gift in gifts]
    assert pools.balance() - had == funded - paid - sum(back) < len(gifts)


def _reclaim(pools, number, giver, due) -> None:
    if due:
        assert pools.reclaim(number, 0, giver, {"from": giver}).events["Reclaimed"]["amount"] == due
        return
    with reverts("UsagePool__NothingToReclaim", number, 0, giver):
        pools.reclaim(number, 0, giver, {"from": giver})
