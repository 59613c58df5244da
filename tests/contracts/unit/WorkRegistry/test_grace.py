"""A title is not final for GRACE from its priority, and gives way to an earlier priority until then."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import Economics, Listing
from tests.contracts.world import DOLLAR, GRACE, NATIVE, SALT, UNITS


@pytest.fixture
def committed(world, chain):
    """Commit to "a work" now; the registration that reveals it later."""

    def commit(registrant, **changes):
        stated = world.registration("a work", registrant, salt=SALT, **changes)
        world.commit(stated.work, registrant)
        chain.sleep(1)
        return stated

    return commit


@pytest.fixture
def fresh(world, rival) -> int:
    """A work that `rival` registered at once, listed at 1 wei."""
    return world.register_at_once("a work", rival, listings=(Listing(1, NATIVE, 1),))


@pytest.fixture
def final_at(registry, fresh) -> int:
    return registry.titleOf(fresh).dict()["finalAt"]


def test_sale__not_final__refused(world, licensing, fresh, final_at, rival, buyer):
    purchase = world.purchase(world.list(fresh, 1))
    with reverts("OfferBook__NotFinal", fresh, final_at):
        licensing.buy(purchase, buyer, {"from": buyer, "value": 1})
    quote = world.quote(fresh)
    world.fund(buyer, quote.price)
    with reverts("OfferBook__NotFinal", fresh, final_at):
        licensing.buyQuote(quote, world.sign(quote, rival), buyer, {"from": buyer})


def test_deposit__not_final__refused(world, ledger, fresh, final_at, buyer):
    with reverts("RoyaltyLedger__NotFinal", fresh, final_at):
        ledger.deposit(fresh, NATIVE, 1, {"from": buyer, "value": 1})
    world.fund(buyer, 1)
    with reverts("RoyaltyLedger__NotFinal", fresh, final_at):
        ledger.deposit(fresh, DOLLAR, 1, {"from": buyer})


@pytest.mark.parametrize("units", [1, UNITS])
def test_share_transfer__not_final__refused(ledger, fresh, final_at, rival, buyer, units):
    with reverts("RoyaltyLedger__NotFinal", fresh, final_at):
        ledger.transfer(buyer, fresh, units, {"from": rival})


def test_title_transfer__not_final__refused(registry, fresh, final_at, rival, buyer):
    with reverts("WorkRegistry__NotFinal", fresh, final_at):
        registry.transferFrom(rival, buyer, fresh, {"from": rival})


def test_advance_work_epoch__not_final__refused(registry, fresh, final_at, rival):
    """R1: who took a work cannot use up its epochs before it is taken back."""
    with reverts("WorkRegistry__NotFinal", fresh, final_at):
        registry.advanceWorkEpoch(fresh, {"from": rival})


def test_everything__after_grace__allowed(world, registry, ledger, chain, fresh, rival, buyer):
    chain.sleep(GRACE)
    assert world.buy(1, buyer) == 1
    world.deposit(fresh, 5)
    ledger.transfer(buyer, fresh, 1, {"from": rival})
    registry.advanceWorkEpoch(fresh, {"from": rival})
    registry.transferFrom(rival, buyer, fresh, {"from": rival})
    assert registry.ownerOf(fresh) == buyer


def test_finality__second_by_second__begins_grace_after_the_priority(registry, fresh, final_at, rival, buyer, mine_at):
    """The last second of grace still refuses; the next allows."""

    def hand_over(transaction):
        return registry.transferFrom(rival, buyer, fresh, {**transaction, "allow_revert": True})

    assert mine_at(final_at - 1, hand_over, rival).status == 0
    assert mine_at(final_at, hand_over, rival).status == 1


def test_reveal__committed_before__takes_the_work_over(
    world, registry, licensing, book, ledger, committed, creator, rival, buyer
):
    """R1: whoever reads a work's id in a reveal and registers it at once holds it for a moment."""
    stated = committed(creator)
    stolen = world.register_at_once("a work", rival, listings=(Listing(1, NATIVE, 1),))
    registry.approve(buyer, stolen, {"from": rival})
    done = registry.register(stated, {"from": creator})
    assert done.events["WorkEpochAdvanced"]["epoch"] == 1
    assert done.events["MetadataUpdate"]["_tokenId"] == stolen
    title = registry.titleOf(stated.work).dict()
    assert (title["holder"], title["epoch"], title["finalAt"]) == (creator, 1, title["priorityAt"] + GRACE)
    assert registry.metadataOf(stated.work) == "0x" + stated.metadata.hex()
    assert registry.getApproved(stated.work) == "0x" + "0" * 40
    assert (ledger.balanceOf(creator, stolen), ledger.balanceOf(rival, stolen)) == (UNITS, 0)
    assert (registry.balanceOf(creator), registry.balanceOf(rival)) == (1, 0)
    with reverts("OfferBook__NotHolder", stolen, rival):
        book.list(stolen, Listing(1, NATIVE, 1), {"from": rival})


def test_reveal__listing_of_the_former__void_for_ever(
    world, licensing, committed, chain, registry, creator, rival, buyer
):
    stated = committed(creator)
    stolen = world.register_at_once("a work", rival, listings=(Listing(1, NATIVE, 1),))
    registry.register(stated, {"from": creator})
    chain.sleep(GRACE)
    purchase = world.purchase(1)
    with reverts("OfferBook__WrongWorkEpoch", stolen, 1):
        licensing.buy(purchase, buyer, {"from": buyer, "value": 1})


def test_reveal__former_was_a_derivative__its_edges_listings_and_mandates_are_void(
    world, registry, licensing, book, ledger, committed, chain, creator, rival, buyer
):
    """R1: nothing that the attacker attached to the title survives, least of all a debt to the attacker's own work."""
    parasite = world.register("parasite", rival)
    permits = tuple(world.free_licence(parasite, rival, upstream=450_000 - i) for i in range(2))
    stated = committed(creator)
    attached = {"permits": permits, "listings": (Listing(1, NATIVE, 1),), "bounds": (world.bounds(rival),)}
    stolen = world.register_at_once("a work", rival, **attached)
    assert tuple(ledger.edgeOf(stolen, 1))[:2] == (parasite, 449_999)
    assert book.offerOf(3).dict()["work"] == stolen

    done = registry.register(stated, {"from": creator})
    assert done.events["EdgesCleared"]["child"] == stolen
    for edge in range(2):
        with reverts("RoyaltyLedger__UnknownEdge", stolen, edge):
            ledger.edgeOf(stolen, edge)
        with reverts("RoyaltyLedger__UnknownEdge", stolen, edge):
            ledger.pull(stolen, edge, NATIVE, {"from": rival})
    title = registry.titleOf(stolen).dict()
    assert (title["parents"], title["upstream"], title["issued"]) == (0, 0, False)
    assert tuple(book.limitsOf(stolen)) == (2**40 - 1, 2**64 - 1)
    chain.sleep(GRACE)
    quote = world.quote(stolen, seller=rival)
    world.fund(buyer, quote.price)
    with reverts("OfferBook__NoMandate", stolen, rival):
        licensing.buyQuote(quote, world.sign(quote, rival), buyer, {"from": buyer})
    world.deposit(stolen, 100)
    assert (ledger.netOf(stolen, NATIVE), ledger.claimable(stolen, NATIVE, creator)) == (100, 100)


def test_reveal__derivative_takes_over_a_larger_derivative__only_its_own_edges_remain(
    world, registry, ledger, committed, creator, rival
):
    """R1: edges are replaced, not overwritten one by one."""
    first, second = world.register("first parent", rival), world.register("second parent", rival)
    mine = world.free_licence(second, creator)
    theirs = (world.free_licence(first, rival), world.free_licence(second, rival))
    stated = committed(creator, permits=(mine,))
    world.register_at_once("a work", rival, permits=theirs)
    registry.register(stated, {"from": creator})
    assert tuple(ledger.edgeOf(stated.work, 0))[:2] == (second, 100_000)
    with reverts("RoyaltyLedger__UnknownEdge", stated.work, 1):
        ledger.edgeOf(stated.work, 1)
    assert registry.titleOf(stated.work).dict()["upstream"] == 100_000


def test_reveal__former_distributed_its_shares__the_root_is_void(
    world, registry, ledger, committed, chain, creator, rival, distribution
):
    """R1: shares promised by who took the work are never activated."""
    root, leaves = distribution
    stated = committed(creator)
    stolen = world.register_at_once("a work", rival, shareRoot=root)
    assert registry.titleOf(stolen).dict()["issued"]
    registry.register(stated, {"from": creator})
    assert not registry.titleOf(stolen).dict()["issued"]
    assert int(str(ledger.rootOf(stolen)), 16) == 0
    assert ledger.balanceOf(creator, stolen) == UNITS
    chain.sleep(GRACE)
    leaf = leaves[1]
    with reverts("RoyaltyLedger__NoRoot", stolen):
        ledger.activate(stolen, leaf.index, leaf.account, leaf.units, leaf.proof, {"from": rival})


def test_reveal__both_distribute__the_new_root_counts(world, registry, ledger, committed, creator, rival, distribution):
    root, _ = distribution
    stated = committed(creator, shareRoot=root)
    stolen = world.register_at_once("a work", rival, shareRoot=b"\1" * 32)
    registry.register(stated, {"from": creator})
    assert ledger.rootOf(stolen) == "0x" + root.hex()
    assert registry.titleOf(stolen).dict()["issued"]


def test_reveal__former_stated_economics__they_bind_nobody(world, registry, book, committed, creator, rival):
    """R1: otherwise a thief fixes the prices of a work that it held for a moment, with a quorum nobody reaches."""
    stated = committed(creator)
    dear = Economics(NATIVE, 10**18, 500_000, UNITS)
    stolen = world.register_at_once("a work", rival, economics=dear)
    assert tuple(book.economicsOf(stolen)[0]) == dear
    registry.register(stated, {"from": creator})
    assert tuple(book.economicsOf(stolen)[0]) == Economics()
    assert book.offerOf(world.list(stolen, 1)).dict()["price"] == 1


def test_reveal__former_committed_and_revealed_faster__gives_way_too(world, registry, committed, chain, creator, rival):
    """R1: the id can be read in a reveal that waits, committed to and revealed first: the earlier priority wins."""
    mine = committed(creator)
    theirs = committed(rival)
    chain.sleep(GRACE // 2)
    registry.register(theirs, {"from": rival})
    registry.register(mine, {"from": creator})
    assert registry.ownerOf(mine.work) == creator


def test_reveal__three_priorities__the_earliest_ends_with_it(world, registry, committed, creator, rival, buyer):
    """Each takes over from the one before, and the epoch rises each time."""
    stated = {who: committed(who) for who in (creator, rival)}
    work = world.register_at_once("a work", buyer)
    for epoch, who in ((1, rival), (2, creator)):
        registry.register(stated[who], {"from": who})
        title = registry.titleOf(work).dict()
        assert (title["holder"], title["epoch"]) == (who, epoch)
    assert [registry.balanceOf(who) for who in (creator, rival, buyer)] == [1, 0, 0]


def test_reveal__displaced__cannot_come_back(world, registry, committed, creator, rival):
    """R1: a commitment that was opened is gone, and made again it is younger."""
    mine, theirs = committed(creator), committed(rival)
    registry.register(theirs, {"from": rival})
    registry.register(mine, {"from": creator})
    for again in (theirs, theirs._replace(salt=b"\0" * 32)):
        world.commit(theirs.work, rival)
        with reverts("WorkRegistry__AlreadyRegistered", mine.work, creator):
            registry.register(again, {"from": rival})


def test_reveal__own_title_registered_at_once__earlier_priority_counts(world, registry, committed, creator):
    """Who lost patience and registered at once may still reveal, and is final sooner."""
    stated = committed(creator)
    world.register_at_once("a work", creator)
    later = registry.titleOf(stated.work).dict()["finalAt"]
    registry.register(stated, {"from": creator})
    assert registry.titleOf(stated.work).dict()["finalAt"] < later
    assert registry.balanceOf(creator) == 1


def test_reveal__committed_later__refused(world, registry, chain, creator, rival, fresh):
    """R1: who came first stays."""
    chain.sleep(1)
    world.commit(fresh, creator)
    with reverts("WorkRegistry__AlreadyRegistered", fresh, rival):
        registry.register(world.registration("a work", creator, salt=SALT), {"from": creator})


def test_reveal__committed_in_the_same_block__first_to_reveal_stays(world, registry, chain, creator, rival):
    """R1: strictly earlier: two who committed in one block cannot take the work from each other for ever."""
    wallet = world.contract("SmartWallet", creator)
    stated = {who: world.registration("a work", who, salt=SALT) for who in (creator, rival)}
    commitments = [world.commitment(each.work, who) for who, each in stated.items()]
    wallet.execute([(registry, 0, registry.commit.encode_input(each)) for each in commitments], {"from": creator})
    chain.sleep(1)
    registry.register(stated[rival], {"from": rival})
    with reverts("WorkRegistry__AlreadyRegistered", stated[rival].work, rival):
        registry.register(stated[creator], {"from": creator})


@pytest.mark.parametrize(("late", "status"), [(0, 1), (1, 0)])
def test_reveal__second_by_second__allowed_until_the_other_title_is_final(
    world, registry, committed, creator, rival, mine_at, late, status
):
    """R1: in the last second of grace an earlier commitment still wins; a final title never gives way."""
    stated = committed(creator)
    work = world.register_at_once("a work", rival)
    final_at = registry.titleOf(work).dict()["finalAt"]

    def reveal(transaction):
        return registry.register(stated, {**transaction, "allow_revert": True})

    assert mine_at(final_at - 1 + late, reveal, creator).status == status
    assert registry.ownerOf(work) == (rival if late else creator)


def test_reveal__after_grace__refused(world, registry, committed, chain, creator, rival):
    """R1: a final title never gives way, not even to an earlier commitment."""
    stated = committed(creator)
    world.register_at_once("a work", rival)
    chain.sleep(GRACE)
    with reverts("WorkRegistry__AlreadyRegistered", stated.work, rival):
        registry.register(stated, {"from": creator})


def test_reveal__both_committed_long_ago__first_to_reveal_wins(world, registry, committed, creator, rival):
    """R1: a title whose priority is GRACE old is final at once, even against an earlier one."""
    stated = committed(creator)
    world.register("a work", rival)
    with reverts("WorkRegistry__AlreadyRegistered", stated.work, rival):
        registry.register(stated, {"from": creator})


def test_at_once__former_at_once__refused(world, rival, creator, fresh):
    """R1: without a commitment nobody takes anything over."""
    with reverts("WorkRegistry__AlreadyRegistered", fresh, rival):
        world.register_at_once("a work", creator)
