"""Judgements: nobody loses what was earned before a dispute; what comes while it is open waits, then goes one way."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.contracts.reverts import reverts
from tests.contracts.shares import tree
from tests.contracts.structs import NOBODY
from tests.contracts.world import DOLLAR, NATIVE, UNITS, now, work_id

REJECT, DIVERT, RETITLE = range(3)


@pytest.fixture(scope="module")
def world(bench):
    return bench


@pytest.fixture
def claimant(world, rival):
    """Says that the work is his."""
    return rival


@pytest.fixture
def disputed(world, work) -> int:
    """A work that earned 1000 coins before the dispute, and 500 coins and 70 dollars since."""
    world.deposit(work, 1000)
    world.freeze(work)
    world.deposit(work, 500)
    world.deposit(work, 70, DOLLAR)
    return work


def owed(ledger, id_, holder) -> tuple[int, int]:
    return ledger.claimable(id_, NATIVE, holder), ledger.claimable(id_, DOLLAR, holder)


# Freezing


def test_freeze__open_dispute__earlier_revenue_is_paid_and_later_waits(
    world, registry, ledger, creator, buyer, stranger, work
):
    """M7: a dispute stops neither deposits nor pulls nor claims of what was earned before."""
    world.deposit(work, 1000)
    done = world.freeze(work)
    assert dict(done.events["Frozen"]) == {"work": work}
    assert registry.titleOf(work).dict()["disputed"]
    world.deposit(work, 500)
    assert (ledger.grossOf(work, NATIVE), ledger.netOf(work, NATIVE), ledger.indexOf(work, NATIVE)) == (
        1500,
        1500,
        1000,
    )
    assert world.claimed([work], creator) == 1000
    with reverts("RoyaltyLedger__NothingToClaim", creator, NATIVE):
        ledger.claim([work], NATIVE, creator, {"from": creator})
    assert ledger.push(work, NATIVE, [creator], {"from": stranger}).return_value == 0


def test_freeze__twice_or_by_a_stranger__refused(world, ledger, admin, work):
    with reverts("RoyaltyLedger__NotDisputes", admin):
        ledger.freeze(work, {"from": admin})
    world.freeze(work)
    with reverts("RoyaltyLedger__Disputed", work):
        world.freeze(work)


def test_freeze__title_that_may_give_way_or_unknown__refused(world, registry, ledger, creator):
    fresh = world.register_at_once("fresh", creator)
    with reverts("RoyaltyLedger__NotFinal", fresh, registry.titleOf(fresh).dict()["finalAt"]):
        world.freeze(fresh)
    unknown = work_id("never registered")
    with reverts("WorkRegistry__UnknownWork", unknown):
        world.freeze(unknown)


def test_resolve__not_disputed_or_by_a_stranger__refused(world, ledger, admin, claimant, work):
    with reverts("RoyaltyLedger__NotDisputed", work):
        world.resolve(work, DIVERT, claimant)
    world.freeze(work)
    with reverts("RoyaltyLedger__NotDisputes", admin):
        ledger.resolve(work, DIVERT, claimant, {"from": admin})
    world.resolve(work, REJECT)
    with reverts("RoyaltyLedger__NotDisputed", work):
        world.resolve(work, DIVERT, claimant)


@pytest.mark.parametrize("outcome", [DIVERT, RETITLE])
def test_resolve__for_nobody__refused(world, disputed, outcome):
    with reverts("RoyaltyLedger__ZeroAddress"):
        world.resolve(disputed, outcome)


def test_transfer__title_in_dispute__refused(registry, creator, buyer, disputed):
    with reverts("WorkRegistry__Disputed", disputed):
        registry.transferFrom(creator, buyer, disputed, {"from": creator})


# Rejected


def test_resolve__rejected__what_waited_is_the_holders(world, registry, ledger, creator, disputed):
    """Also in a currency that the work first earned while the dispute was open."""
    assert owed(ledger, disputed, creator) == (1000, 0)
    done = world.resolve(disputed, REJECT)
    assert dict(done.events["Resolved"]) == {"work": disputed, "outcome": REJECT, "winner": NOBODY}
    assert owed(ledger, disputed, creator) == (1500, 70)
    assert not registry.titleOf(disputed).dict()["disputed"]
    world.deposit(disputed, 1)
    assert (world.claimed([disputed], creator), world.claimed([disputed], creator, DOLLAR)) == (1501, 70)


def test_transfer__shares_in_dispute__what_waits_goes_with_them(world, ledger, creator, buyer, disputed):
    """M6: revenue before the dispute stays with the sender; frozen revenue belongs to whoever holds the units then."""
    ledger.transfer(buyer, disputed, 400_000, {"from": creator})
    world.deposit(disputed, 500)
    assert (owed(ledger, disputed, creator), owed(ledger, disputed, buyer)) == ((1000, 0), (0, 0))
    world.resolve(disputed, REJECT)
    assert (owed(ledger, disputed, creator), owed(ledger, disputed, buyer)) == ((1600, 42), (400, 28))


def test_freeze__again_after_a_rejection__from_where_it_stands(world, ledger, creator, claimant, disputed):
    world.resolve(disputed, REJECT)
    world.freeze(disputed)
    world.deposit(disputed, 9)
    assert owed(ledger, disputed, creator) == (1500, 70)
    world.resolve(disputed, DIVERT, claimant)
    assert (owed(ledger, disputed, creator), owed(ledger, disputed, claimant)) == ((1500, 70), (9, 0))


# Diverted


def test_resolve__diverted__exactly_what_waited_is_the_winners(world, registry, ledger, creator, claimant, disputed):
    """The winner needs no units for it, and the holders go on earning."""
    done = world.resolve(disputed, DIVERT, claimant)
    assert [(e["work"], e["currency"], e["winner"], e["amount"]) for e in done.events["Diverted"]] == [
        (disputed, NATIVE, claimant, 500),
        (disputed, DOLLAR, claimant, 70),
    ]
    assert (owed(ledger, disputed, creator), owed(ledger, disputed, claimant)) == ((1000, 0), (500, 70))
    assert registry.ownerOf(disputed) == creator
    world.deposit(disputed, 30)
    assert (owed(ledger, disputed, creator), owed(ledger, disputed, claimant)) == ((1030, 0), (500, 70))
    assert world.claimed([disputed], claimant) == 500
    assert world.claimed([disputed], creator) == 1030
    assert world.claimed([disputed], claimant, DOLLAR) == 70
    assert (world.balance(NATIVE), world.balance(DOLLAR)) == (0, 0)


def test_resolve__diverted_with_nothing_waiting__no_trace(world, ledger, creator, claimant, work):
    world.deposit(work, 1000)
    world.freeze(work)
    done = world.resolve(work, DIVERT, claimant)
    assert "Diverted" not in done.events
    assert (owed(ledger, work, creator), owed(ledger, work, claimant)) == ((1000, 0), (0, 0))


def test_resolve__diverted_to_a_share_holder__on_top_of_its_share(world, ledger, creator, claimant, work):
    ledger.transfer(claimant, work, 250_000, {"from": creator})
    world.deposit(work, 1000)
    world.freeze(work)
    world.deposit(work, 100)
    world.resolve(work, DIVERT, claimant)
    assert (owed(ledger, work, creator), owed(ledger, work, claimant)) == ((750, 0), (350, 0))


def test_resolve__diverted_twice__sums(world, ledger, creator, claimant, buyer, work):
    for winner, amount in ((claimant, 100), (buyer, 30)):
        world.deposit(work, 1000)
        world.freeze(work)
        world.deposit(work, amount)
        world.resolve(work, DIVERT, winner)
    world.deposit(work, 7)
    assert [owed(ledger, work, who)[0] for who in (creator, claimant, buyer)] == [2007, 100, 30]
    assert ledger.indexOf(work, NATIVE) == 2007


def test_resolve__currency_added_in_dispute__waits_like_the_others(world, ledger, buyer, creator, claimant, disputed):
    _, number = world.add_token("PlainToken", 6)
    ledger.deposit(disputed, number, 40, {"from": buyer})
    assert ledger.claimable(disputed, number, creator) == 0
    world.resolve(disputed, DIVERT, claimant)
    assert (ledger.claimable(disputed, number, claimant), ledger.claimable(disputed, number, creator)) == (40, 0)


def test_resolve__diverted__parents_are_paid_all_the_same(world, ledger, creator, claimant, buyer, work):
    """M7: the parents' part is never escrowed; a parent's own dispute holds what it is pulled."""
    child = world.child("child", buyer, [world.Edge(work, 100_000)])
    world.freeze(child)
    world.deposit(child, 1000)
    ledger.pull(child, 0, NATIVE, {"from": creator})
    assert world.claimed([work], creator) == 100
    world.resolve(child, DIVERT, claimant)
    assert (owed(ledger, child, claimant), owed(ledger, child, buyer)) == ((900, 0), (0, 0))
    world.freeze(work)
    world.deposit(child, 1000)
    ledger.pull(child, 0, NATIVE, {"from": creator})
    assert owed(ledger, work, creator) == (0, 0)
    world.resolve(work, DIVERT, claimant)
    assert owed(ledger, work, claimant) == (100, 0)


def test_release__held_sale_in_dispute__waits_for_the_judgement(world, ledger, chain, creator, claimant, buyer, work):
    """A sale from before the dispute that becomes revenue while it is open is credited while it is open."""
    today = now() // 86_400
    world.pay_from(buyer, work, NATIVE, 90, held=today)
    world.freeze(work)
    chain.sleep(86_400)
    ledger.release(work, NATIVE, today, {"from": buyer})
    assert owed(ledger, work, creator) == (0, 0)
    world.resolve(work, DIVERT, claimant)
    assert owed(ledger, work, claimant) == (90, 0)


def test_resolve__diverted_from_an_advanced_work__recouped_as_if_there_had_been_no_dispute(
    world, ledger, creator, claimant, buyer, work
):
    """H_open counts the principal; what waits is net of what the advancer recoups of it afterwards."""
    ledger.requestAdvance(work, NATIVE, 200, 250_000, {"from": creator})
    ledger.payAdvance(work, NATIVE, 200, 250_000, {"from": buyer, "value": 200})
    world.deposit(work, 400)
    world.freeze(work)
    assert ledger.indexOf(work, NATIVE) == 200 + 400 - 100
    world.deposit(work, 80)
    assert ledger.withdrawAdvance(work, NATIVE, buyer, {"from": buyer}).return_value == 100
    assert owed(ledger, work, creator) == (500, 0)
    world.resolve(work, DIVERT, claimant)
    assert ledger.withdrawAdvance(work, NATIVE, buyer, {"from": buyer}).return_value == 20
    assert (owed(ledger, work, creator), owed(ledger, work, claimant)) == ((500, 0), (60, 0))
    world.deposit(work, 1000)
    assert owed(ledger, work, creator) == (500 + 1000 - 80, 0)
    assert ledger.withdrawAdvance(work, NATIVE, buyer, {"from": buyer}).return_value == 80
    assert ledger.balance() == 1420 + 60


@pytest.fixture
def lent(world, ledger, creator, buyer, work):
    """An advance of 200 at a quarter, half of it recouped, 40 of that withdrawn, before a dispute began."""
    for currency in (NATIVE, DOLLAR):
        ledger.requestAdvance(work, currency, 200, 250_000, {"from": creator})
    ledger.payAdvance(work, NATIVE, 200, 250_000, {"from": buyer, "value": 200})
    world.deposit(work, 160)
    ledger.withdrawAdvance(work, NATIVE, buyer, {"from": buyer})
    world.deposit(work, 240)
    world.freeze(work)
    return work


def test_withdraw_advance__disputed__no_more_than_before_it(world, ledger, buyer, lent):
    """Threat: a friend of a false registrant, whose advance takes half of what waits for the author."""
    world.deposit(lent, 4_000)
    assert tuple(ledger.advanceOf(lent, NATIVE)) == (buyer, 200, 250_000, 0, 100, 40)
    assert ledger.withdrawAdvance(lent, NATIVE, buyer, {"from": buyer}).return_value == 60
    with reverts("RoyaltyLedger__NothingToClaim", buyer, NATIVE):
        ledger.withdrawAdvance(lent, NATIVE, buyer, {"from": buyer})
    assert tuple(ledger.advanceOf(lent, NATIVE)) == (buyer, 200, 250_000, 0, 100, 100)


def test_resolve__advanced_and_rejected__recoupment_goes_on(world, ledger, creator, buyer, lent):
    world.deposit(lent, 80)
    assert ledger.indexOf(lent, NATIVE) == 200 + 400 - 100
    world.resolve(lent, REJECT)
    assert tuple(ledger.advanceOf(lent, NATIVE)) == (buyer, 200, 250_000, 0, 120, 40)
    assert ledger.indexOf(lent, NATIVE) == 200 + 480 - 120
    world.deposit(lent, 10_000)
    assert ledger.withdrawAdvance(lent, NATIVE, buyer, {"from": buyer}).return_value == 160
    assert world.claimed([lent], creator) == 200 + 10_480 - 200
    assert ledger.balance() == 0


def test_resolve__advanced_and_retitled__advance_ends_where_the_dispute_began(
    world, ledger, creator, claimant, buyer, lent
):
    """Who lends on the strength of a title lends at its risk; what was recouped in time is kept."""
    world.deposit(lent, 80)
    world.resolve(lent, RETITLE, claimant)
    new = ledger.shareId(lent, 1)
    assert tuple(ledger.advanceOf(lent, NATIVE)) == (buyer, 100, 250_000, 0, 100, 40)
    world.deposit(lent, 1_000)
    assert (ledger.indexOf(lent, NATIVE), ledger.indexOf(new, NATIVE)) == (500, 1_080)
    assert tuple(ledger.advanceOf(lent, NATIVE)) == (buyer, 100, 250_000, 0, 100, 40)
    assert ledger.withdrawAdvance(lent, NATIVE, buyer, {"from": buyer}).return_value == 60
    assert (world.claimed([lent], creator), world.claimed([new], claimant)) == (500, 1_080)
    assert ledger.balance() == 0
    with reverts("RoyaltyLedger__NoAdvance", lent, DOLLAR):
        ledger.withdrawAdvance(lent, DOLLAR, buyer, {"from": buyer})


def test_resolve__retitled_before_anything_was_recouped__advancer_has_nothing(
    world, ledger, creator, claimant, buyer, work
):
    """A boundary: R_open is zero, so the advance is over with nothing to withdraw, and another may follow."""
    ledger.requestAdvance(work, NATIVE, 10**6, 500_000, {"from": creator})
    ledger.payAdvance(work, NATIVE, 10**6, 500_000, {"from": buyer, "value": 10**6})
    world.freeze(work)
    world.deposit(work, 1_000)
    world.resolve(work, RETITLE, claimant)
    assert tuple(ledger.advanceOf(work, NATIVE)) == (buyer, 0, 500_000, 0, 0, 0)
    with reverts("RoyaltyLedger__NothingToClaim", buyer, NATIVE):
        ledger.withdrawAdvance(work, NATIVE, buyer, {"from": buyer})
    ledger.requestAdvance(work, NATIVE, 10, 1, {"from": claimant})
    done = ledger.payAdvance(work, NATIVE, 10, 1, {"from": creator, "value": 10})
    assert "AdvanceWithdrawn" not in done.events
    assert world.claimed([ledger.shareId(work, 1)], claimant) == 1_010
    assert world.claimed([work], creator) == ledger.balance() + 10**6 == 10**6


def test_resolve__repaid_before_the_dispute_and_retitled__keeps_it_all(world, ledger, creator, claimant, buyer, work):
    """The other boundary: R_open is A."""
    ledger.requestAdvance(work, NATIVE, 100, 500_000, {"from": creator})
    ledger.payAdvance(work, NATIVE, 100, 500_000, {"from": buyer, "value": 100})
    world.deposit(work, 200)
    world.freeze(work)
    world.deposit(work, 50)
    world.resolve(work, RETITLE, claimant)
    assert ledger.withdrawAdvance(work, NATIVE, buyer, {"from": buyer}).return_value == 100
    assert world.claimed([ledger.shareId(work, 1)], claimant) == 50
    assert world.claimed([work], creator) == 200
    assert ledger.balance() == 0


def test_resolve__advanced_in_two_currencies__each_ends_at_its_own(world, ledger, creator, claimant, rival, work):
    world.fund(rival, 300)
    for currency, principal in ((NATIVE, 100), (DOLLAR, 300)):
        ledger.requestAdvance(work, currency, principal, 500_000, {"from": creator})
        value = principal if currency == NATIVE else 0
        ledger.payAdvance(work, currency, principal, 500_000, {"from": rival, "value": value})
    world.deposit(work, 60)
    world.deposit(work, 80, DOLLAR)
    world.freeze(work)
    for currency in (NATIVE, DOLLAR):
        world.deposit(work, 1_000, currency)
    world.resolve(work, RETITLE, claimant)
    new = ledger.shareId(work, 1)
    for currency, recouped in ((NATIVE, 30), (DOLLAR, 40)):
        assert ledger.withdrawAdvance(work, currency, rival, {"from": rival}).return_value == recouped
        assert world.claimed([new], claimant, currency) == 1_000
    assert (world.claimed([work], creator), world.claimed([work], creator, DOLLAR)) == (130, 340)
    assert (world.balance(NATIVE), world.balance(DOLLAR)) == (0, 0)


def test_freeze__again_after_a_judgement__recouped_stays_where_it_ended(world, ledger, creator, claimant, buyer, lent):
    """A second dispute stops recoupment at what the first one left of it."""
    world.resolve(lent, RETITLE, claimant)
    world.deposit(lent, 1_000)
    world.freeze(lent)
    world.deposit(lent, 7)
    new = ledger.shareId(lent, 1)
    assert (ledger.indexOf(lent, NATIVE), ledger.indexOf(new, NATIVE)) == (500, 1_000)
    assert tuple(ledger.advanceOf(lent, NATIVE))[4:] == (100, 40)
    world.resolve(lent, RETITLE, creator)
    assert ledger.indexOf(ledger.shareId(lent, 2), NATIVE) == 7
    assert ledger.withdrawAdvance(lent, NATIVE, buyer, {"from": buyer}).return_value == 60


# Retitled


def test_resolve__retitled__new_series_begins_with_what_waited(
    world, registry, ledger, creator, claimant, buyer, disputed
):
    done = world.resolve(disputed, RETITLE, claimant)
    new = ledger.shareId(disputed, 1)
    issued = [e for e in done.events["Transfer"] if "amount" in e]
    assert [(e["sender"], e["receiver"], e["id"], e["amount"]) for e in issued] == [(NOBODY, creator, disputed, UNITS)]
    assert dict(done.events["Resolved"]) == {"work": disputed, "outcome": RETITLE, "winner": claimant}
    title = registry.titleOf(disputed).dict()
    assert (title["holder"], title["series"], title["issued"], title["disputed"]) == (claimant, 1, False, False)
    assert [ledger.balanceOf(who, disputed) for who in (creator, claimant)] == [UNITS, 0]
    assert [ledger.balanceOf(who, new) for who in (creator, claimant)] == [0, UNITS]
    assert (owed(ledger, disputed, creator), owed(ledger, new, creator)) == ((1000, 0), (0, 0))
    assert (owed(ledger, disputed, claimant), owed(ledger, new, claimant)) == ((0, 0), (500, 70))

    world.deposit(disputed, 9)
    assert (ledger.indexOf(disputed, NATIVE), ledger.indexOf(new, NATIVE)) == (1000, 509)
    assert world.claimed([disputed], creator) == 1000
    assert world.claimed([disputed, new], claimant) == 509
    assert world.claimed([new], claimant, DOLLAR) == 70
    assert (world.balance(NATIVE), world.balance(DOLLAR)) == (0, 0)


def test_share_id__later_series__below_every_id_of_a_work(world, ledger, creator, work):
    """Threat: whoever registers the id of a coming series first, to hold its units. No work has so small an id."""
    new = ledger.shareId(work, 1)
    expected = int.from_bytes(keccak(work.to_bytes(32, "big") + (1).to_bytes(32, "big")), "big") >> 64
    assert (ledger.shareId(work, 0), new) == (work, expected)
    stated = world.registration("squatter", creator)._replace(work=new)
    with reverts("WorkRegistry__EmptyWork", new):
        world.registry.register(stated, {"from": creator})


def test_transfer__ended_series__moves_and_earns_no_more(world, ledger, creator, claimant, buyer, stranger, disputed):
    """Old units keep what they earned, and still change hands; nothing is issued by touching them."""
    world.resolve(disputed, RETITLE, claimant)
    ledger.transfer(buyer, disputed, 400_000, {"from": creator})
    ledger.transfer(creator, disputed, 0, {"from": stranger})
    with reverts("RoyaltyLedger__InsufficientShares", stranger, disputed, 0, 1):
        ledger.transfer(buyer, disputed, 1, {"from": stranger})
    world.deposit(disputed, 1000)
    assert (owed(ledger, disputed, creator), owed(ledger, disputed, buyer)) == ((1000, 0), (0, 0))
    assert not world.registry.titleOf(disputed).dict()["issued"]
    assert ledger.balanceOf(claimant, ledger.shareId(disputed, 1)) == UNITS


def test_transfer__new_series__issued_under_its_own_id(world, registry, ledger, creator, claimant, buyer, disputed):
    world.resolve(disputed, RETITLE, claimant)
    new = ledger.shareId(disputed, 1)
    done = ledger.transfer(buyer, new, 300_000, {"from": claimant})
    assert [(e["sender"], e["receiver"], e["id"], e["amount"]) for e in done.events["Transfer"]] == [
        (NOBODY, claimant, new, UNITS),
        (claimant, buyer, new, 300_000),
    ]
    world.deposit(disputed, 1000)
    assert (owed(ledger, new, claimant), owed(ledger, new, buyer)) == ((500 + 700, 70), (300, 0))
    done = registry.transferFrom(claimant, creator, disputed, {"from": claimant})
    assert [e for e in done.events["Transfer"] if "amount" in e] == []
    assert ledger.balanceOf(creator, new) == 0


def test_transfer__title_with_the_new_series_implicit__issued_to_the_seller(
    world, registry, ledger, claimant, buyer, disputed
):
    world.resolve(disputed, RETITLE, claimant)
    new = ledger.shareId(disputed, 1)
    registry.transferFrom(claimant, buyer, disputed, {"from": claimant})
    assert [ledger.balanceOf(who, new) for who in (claimant, buyer)] == [UNITS, 0]
    assert owed(ledger, new, claimant) == (500, 70)


def test_resolve__retitled_with_shares_sold__all_old_units_end(world, ledger, creator, claimant, buyer, work):
    """Issued shares are not issued again."""
    ledger.transfer(buyer, work, 250_000, {"from": creator})
    world.deposit(work, 1000)
    world.freeze(work)
    world.deposit(work, 500)
    done = world.resolve(work, RETITLE, claimant)
    assert [e for e in done.events["Transfer"] if "amount" in e] == []
    assert [owed(ledger, work, who)[0] for who in (creator, buyer)] == [750, 250]
    assert owed(ledger, ledger.shareId(work, 1), claimant) == (500, 0)


def test_resolve__retitled_with_a_tree_half_activated__leaves_keep_what_they_earned(
    world, ledger, creator, claimant, buyer, stranger
):
    """A leaf activated after the judgement is units of the ended series, with what these had earned."""
    leaves = [(str(creator), 600_000), (str(buyer), 400_000)]
    grown = tree(leaves)
    work = world.register("rooted", creator, shareRoot=grown.root)
    ledger.activate(work, 0, *leaves[0], grown.proof(0), {"from": stranger})
    world.deposit(work, 1000)
    world.freeze(work)
    world.deposit(work, 500)
    world.resolve(work, RETITLE, claimant)
    world.deposit(work, 50)
    ledger.activate(work, 1, *leaves[1], grown.proof(1), {"from": stranger})
    assert [owed(ledger, work, who)[0] for who in (creator, buyer, claimant)] == [600, 400, 0]
    new = ledger.shareId(work, 1)
    assert owed(ledger, new, claimant) == (550, 0)
    with reverts("RoyaltyLedger__NoRoot", new):
        ledger.activate(new, 1, *leaves[1], grown.proof(1), {"from": stranger})
    assert [world.claimed([work], who) for who in (creator, buyer)] == [600, 400]
    assert world.claimed([new], claimant) == 550
    assert ledger.balance() == 0


def test_distribute__new_series__under_its_own_id(world, ledger, creator, claimant, buyer, stranger, disputed):
    """What waited for the winner stays the winner's."""
    world.resolve(disputed, RETITLE, claimant)
    new = ledger.shareId(disputed, 1)
    leaves = [(str(buyer), 900_000), (str(creator), 100_000)]
    grown = tree(leaves)
    ledger.distribute(disputed, grown.root, {"from": claimant})
    assert (bytes(ledger.rootOf(new)), bytes(ledger.rootOf(disputed))) == (grown.root, b"\0" * 32)
    world.deposit(disputed, 1000)
    for index in range(2):
        ledger.activate(new, index, *leaves[index], grown.proof(index), {"from": stranger})
    assert [owed(ledger, new, who) for who in (claimant, buyer, creator)] == [(500, 70), (900, 0), (100, 0)]
    assert owed(ledger, disputed, creator) == (1000, 0)


def test_resolve__retitled_twice__each_series_has_its_own_time(world, registry, ledger, creator, claimant, buyer, work):
    """1000 before, 100 in the first dispute, 20 after it, 3 in the second, in coins; dollars only at the very end."""
    world.deposit(work, 1000)
    world.freeze(work)
    world.deposit(work, 100)
    world.resolve(work, RETITLE, claimant)
    world.deposit(work, 20)
    world.freeze(work)
    world.deposit(work, 3)
    assert owed(ledger, ledger.shareId(work, 1), claimant) == (120, 0)
    world.resolve(work, RETITLE, buyer)
    world.deposit(work, 5, DOLLAR)
    ids = [ledger.shareId(work, series) for series in range(3)]
    holders = [creator, claimant, buyer]
    assert [owed(ledger, id_, holder) for id_, holder in zip(ids, holders, strict=True)] == [
        (1000, 0),
        (120, 0),
        (3, 5),
    ]
    assert registry.titleOf(work).dict()["series"] == 2
    assert [world.claimed(ids, holder) for holder in holders] == [1000, 120, 3]
    assert world.claimed([ids[2]], buyer, DOLLAR) == 5


def test_resolve__retitled_then_diverted__of_the_new_series(world, ledger, creator, claimant, buyer, disputed):
    world.resolve(disputed, RETITLE, claimant)
    world.freeze(disputed)
    world.deposit(disputed, 40)
    world.resolve(disputed, DIVERT, buyer)
    new = ledger.shareId(disputed, 1)
    assert [owed(ledger, new, who) for who in (claimant, buyer)] == [(500, 70), (40, 0)]
    with reverts("RoyaltyLedger__NothingToClaim", buyer, NATIVE):
        ledger.claim([disputed], NATIVE, buyer, {"from": buyer})
    assert world.claimed([new], buyer) == 40


def test_pay_advance__former_remainder_after_a_judgement__claimed_on_the_current_series(
    world, ledger, creator, claimant, buyer, work
):
    """What an advance recouped outlives the series that received it, and is claimed where its successor was paid."""
    ledger.requestAdvance(work, NATIVE, 100, 500_000, {"from": creator})
    ledger.payAdvance(work, NATIVE, 100, 500_000, {"from": buyer, "value": 100})
    world.deposit(work, 60)
    world.freeze(work)
    world.deposit(work, 200)
    world.resolve(work, RETITLE, claimant)
    new = ledger.shareId(work, 1)
    assert (owed(ledger, work, creator), owed(ledger, new, claimant)) == ((130, 0), (200, 0))
    ledger.requestAdvance(work, NATIVE, 10, 1, {"from": claimant})
    ledger.payAdvance(work, NATIVE, 10, 1, {"from": creator, "value": 10})
    assert (owed(ledger, work, creator), owed(ledger, new, claimant)) == ((130, 0), (210, 0))
    assert world.claimed([new], buyer) == 30
    assert (world.claimed([work], creator), world.claimed([new], claimant)) == (130, 210)
    assert ledger.balance() == 0


def test_resolve__retitled_to_the_holder__old_and_new_series_side_by_side(world, ledger, creator, disputed):
    world.resolve(disputed, RETITLE, creator)
    new = ledger.shareId(disputed, 1)
    assert [ledger.balanceOf(creator, id_) for id_ in (disputed, new)] == [UNITS, UNITS]
    assert world.claimed([disputed, new], creator) == 1500


def test_claim__id_of_a_series_that_does_not_exist__refused(ledger, creator, work):
    missing = ledger.shareId(work, 1)
    with reverts("WorkRegistry__UnknownWork", missing):
        ledger.claim([missing], NATIVE, creator, {"from": creator})
    with reverts("WorkRegistry__UnknownWork", missing):
        ledger.transfer(creator, missing, 1, {"from": creator})


def test_resolve__by_a_payee_in_the_middle_of_a_push__sums_stay_exact(world, ledger, creator, stranger, work):
    """R7: a judgement needs no lock, because every payee of a push is settled at the index of that moment."""
    receiver = world.contract("HastyReceiver")
    ledger.transfer(receiver, work, 500_000, {"from": creator})
    world.deposit(work, 1000)
    world.freeze(work)
    world.deposit(work, 500)
    ruling = ledger.resolve.encode_input(work, REJECT, NOBODY)
    receiver.lay(world.disputes, world.disputes.execute.encode_input(ledger, ruling), {"from": stranger})
    done = ledger.push(work, NATIVE, [receiver, creator], {"from": stranger})
    assert receiver.state() == 3  # succeeded
    assert [e["amount"] for e in done.events["Claimed"]] == [500, 750]
    assert [ledger.claimable(work, NATIVE, who) for who in (receiver, creator)] == [250, 0]
    assert ledger.balance() == 250
