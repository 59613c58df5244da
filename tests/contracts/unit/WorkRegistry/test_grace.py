"""An at-once registration is not final for GRACE, and gives way to an earlier commitment until then."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import Listing
from tests.contracts.world import DOLLAR, GRACE, NATIVE, SALT, UNITS


@pytest.fixture
def fresh(world, rival) -> int:
    """A work that `rival` registered at once, listed at 1 wei."""
    return world.register_at_once("a work", rival, listings=(Listing(1, NATIVE, 1),))


@pytest.fixture
def final_at(registry, fresh) -> int:
    return registry.titleOf(fresh).dict()["finalAt"]


def test_sale__not_final__refused(world, licensing, fresh, final_at, rival, buyer):
    offer = world.list(fresh, 1)
    with reverts("Licensing__NotFinal", fresh, final_at):
        licensing.buy(offer, buyer, {"from": buyer, "value": 1})
    quote = world.quote(fresh)
    world.fund(buyer, quote.price)
    with reverts("Licensing__NotFinal", fresh, final_at):
        licensing.buyQuote(quote, world.sign(quote, rival), buyer, {"from": buyer})


def test_deposit__not_final__refused(world, ledger, fresh, final_at, buyer):
    with reverts("RoyaltyLedger__NotFinal", fresh, final_at):
        ledger.deposit(fresh, NATIVE, 1, {"from": buyer, "value": 1})
    world.fund(buyer, 1)
    with reverts("RoyaltyLedger__NotFinal", fresh, final_at):
        ledger.deposit(fresh, DOLLAR, 1, {"from": buyer})


@pytest.mark.parametrize("units", [0, 1, UNITS])
def test_share_transfer__not_final__refused(ledger, fresh, final_at, rival, buyer, units):
    with reverts("RoyaltyLedger__NotFinal", fresh, final_at):
        ledger.transfer(buyer, fresh, units, {"from": rival})


def test_title_transfer__not_final__refused(registry, fresh, final_at, rival, buyer):
    with reverts("WorkRegistry__NotFinal", fresh, final_at):
        registry.transferFrom(rival, buyer, fresh, {"from": rival})


def test_everything__after_grace__allowed(world, registry, ledger, chain, fresh, rival, buyer):
    chain.sleep(GRACE)
    assert world.buy(1, buyer) == 1
    world.deposit(fresh, 5)
    ledger.transfer(buyer, fresh, 1, {"from": rival})
    registry.transferFrom(rival, buyer, fresh, {"from": rival})
    assert registry.ownerOf(fresh) == buyer


def test_reveal__committed_before__takes_the_work_over(
    world, registry, licensing, ledger, creator, rival, buyer, chain
):
    """R1: whoever reads a work's id in a reveal and registers it at once holds it for a moment."""
    stated = world.registration("a work", creator)
    world.commit(stated.work, creator)
    chain.sleep(1)
    stolen = world.register_at_once("a work", rival, listings=(Listing(1, NATIVE, 1),))
    registry.approve(buyer, stolen, {"from": rival})
    done = registry.register(stated._replace(salt=SALT), {"from": creator})
    assert done.events["WorkEpochAdvanced"]["epoch"] == 1
    title = registry.titleOf(stated.work).dict()
    assert (title["holder"], title["epoch"], title["finalAt"]) == (creator, 1, title["registeredAt"])
    assert registry.metadataOf(stated.work) == "0x" + stated.metadata.hex()
    assert registry.getApproved(stated.work) == "0x" + "0" * 40
    assert (ledger.balanceOf(creator, stolen), ledger.balanceOf(rival, stolen)) == (UNITS, 0)
    assert (registry.balanceOf(creator), registry.balanceOf(rival)) == (1, 0)
    with reverts("Licensing__WrongWorkEpoch", stolen, 1):
        licensing.buy(1, buyer, {"from": buyer, "value": 1})
    with reverts("Licensing__NotHolder", stolen, rival):
        licensing.list(stolen, (1, NATIVE, 1), {"from": rival})


def test_reveal__former_was_a_derivative__its_edges_listings_and_mandates_are_void(
    world, registry, licensing, ledger, creator, rival, buyer, chain
):
    """R1: nothing that the attacker attached to the title survives, least of all a debt to the attacker's own work."""
    parasite = world.register("parasite", rival)
    permits = tuple(world.free_licence(parasite, rival, upstream=450_000 - i) for i in range(2))
    stated = world.registration("a work", creator)
    world.commit(stated.work, creator)
    chain.sleep(1)
    attached = {"permits": permits, "listings": (Listing(1, NATIVE, 1),), "bounds": (world.bounds(rival),)}
    stolen = world.register_at_once("a work", rival, **attached)
    assert tuple(ledger.edgeOf(stolen, 1)) == (parasite, 449_999)
    listed = licensing.offerOf(3)
    assert listed.dict()["work"] == stolen

    done = registry.register(stated._replace(salt=SALT), {"from": creator})
    assert done.events["EdgesCleared"]["child"] == stolen
    for edge in range(2):
        with reverts("RoyaltyLedger__UnknownEdge", stolen, edge):
            ledger.edgeOf(stolen, edge)
        with reverts("RoyaltyLedger__UnknownEdge", stolen, edge):
            ledger.pull(stolen, edge, NATIVE, {"from": rival})
    title = registry.titleOf(stolen).dict()
    assert (title["parents"], title["upstream"], title["issued"]) == (0, 0, False)
    assert tuple(licensing.limitsOf(stolen)) == (2**40 - 1, 2**64 - 1)
    with reverts("Licensing__WrongWorkEpoch", stolen, 1):
        licensing.buy(3, buyer, {"from": buyer, "value": 1})
    quote = world.quote(stolen, seller=rival)
    world.fund(buyer, quote.price)
    with reverts("Licensing__NoMandate", stolen, rival):
        licensing.buyQuote(quote, world.sign(quote, rival), buyer, {"from": buyer})
    world.deposit(stolen, 100)
    assert (ledger.netOf(stolen, NATIVE), ledger.claimable(stolen, NATIVE, creator)) == (100, 100)


def test_reveal__derivative_takes_over_a_larger_derivative__only_its_own_edges_remain(
    world, registry, ledger, creator, rival, chain
):
    """R1: edges are replaced, not overwritten one by one."""
    first, second = world.register("first parent", rival), world.register("second parent", rival)
    mine = world.free_licence(second, creator)
    theirs = (world.free_licence(first, rival), world.free_licence(second, rival))
    stated = world.registration("a work", creator, permits=(mine,))
    world.commit(stated.work, creator)
    chain.sleep(1)
    world.register_at_once("a work", rival, permits=theirs)
    registry.register(stated._replace(salt=SALT), {"from": creator})
    assert tuple(ledger.edgeOf(stated.work, 0)) == (second, 100_000)
    with reverts("RoyaltyLedger__UnknownEdge", stated.work, 1):
        ledger.edgeOf(stated.work, 1)
    assert registry.titleOf(stated.work).dict()["upstream"] == 100_000


def test_reveal__committed_later__refused(world, registry, creator, rival, fresh):
    """R1: who came first stays."""
    world.commit(fresh, creator)
    with reverts("WorkRegistry__AlreadyRegistered", fresh, rival):
        registry.register(world.registration("a work", creator)._replace(salt=SALT), {"from": creator})


def test_reveal__after_grace__refused(world, registry, creator, rival, chain):
    """R1: a final title never gives way, not even to an earlier commitment."""
    stated = world.registration("a work", creator)
    world.commit(stated.work, creator)
    chain.sleep(1)
    world.register_at_once("a work", rival)
    chain.sleep(GRACE)
    with reverts("WorkRegistry__AlreadyRegistered", stated.work, rival):
        registry.register(stated._replace(salt=SALT), {"from": creator})


def test_reveal__former_had_a_commitment__refused(world, registry, creator, rival, chain):
    """R1: of two commitments, the first to be revealed wins; a protected title is final at once."""
    stated = world.registration("a work", creator)
    world.commit(stated.work, creator)
    chain.sleep(1)
    world.register("a work", rival)
    with reverts("WorkRegistry__AlreadyRegistered", stated.work, rival):
        registry.register(stated._replace(salt=SALT), {"from": creator})


def test_at_once__former_at_once__refused(world, rival, creator, fresh):
    """R1: without a commitment nobody takes anything over."""
    with reverts("WorkRegistry__AlreadyRegistered", fresh, rival):
        world.register_at_once("a work", creator)
