"""Native coins sent with a registration are spent exactly, and none stay behind."""

from __future__ import annotations

import pytest
from brownie import web3

from tests.contracts.reverts import reverts
from tests.contracts.structs import Listing, Purchase, Terms
from tests.contracts.world import GRACE, NATIVE, SALT, STANDARD, terms_digest, work_id

FEE = 10**15


@pytest.fixture
def fee(world, rival) -> Purchase:
    """An offer of `rival`'s work to derive from it for FEE wei."""
    return world.purchase(world.list(world.register("a parent", rival), FEE))


def content(work: int, terms: Terms, currency: int, price: int) -> bytes:
    """keccak256(abi.encode(work, keccak256(abi.encode(terms)), currency, price))."""
    words = work.to_bytes(32, "big"), terms_digest(terms), currency.to_bytes(32, "big"), price.to_bytes(32, "big")
    return bytes(web3.keccak(b"".join(words)))


def test_register__fee_paid_exactly__edge_and_revenue_of_the_parent(world, registry, ledger, creator, fee):
    """R5: the fee is bought and used up in the same call."""
    stated = world.registration("a child", creator, purchases=(fee,))
    registry.register(stated, {"from": creator, "value": FEE})
    parent = world.book.offerOf(fee.offer).dict()["work"]
    assert ledger.grossOf(parent, NATIVE) == FEE
    assert tuple(ledger.edgeOf(stated.work, 0))[:2] == (parent, 100_000)
    title = registry.titleOf(stated.work).dict()
    assert (title["parents"], title["upstream"]) == (1, 100_000)
    assert registry.balance() == 0


def test_register__more_than_the_fee__refused(world, registry, creator, fee):
    """Licensing sends the rest back, and the registry keeps nothing."""
    stated = world.registration("a child", creator, purchases=(fee,))
    with reverts("WorkRegistry__WrongValue", FEE + 1, FEE):
        registry.register(stated, {"from": creator, "value": FEE + 1})


def test_register__less_than_the_fee__refused(world, registry, creator, fee):
    stated = world.registration("a child", creator, purchases=(fee,))
    with reverts("Licensing__WrongValue"):
        registry.register(stated, {"from": creator, "value": FEE - 1})


def test_register__coins_for_nothing__refused(world, registry, creator):
    stated = world.registration("a work", creator)
    with reverts("WorkRegistry__WrongValue", 1, 0):
        registry.register(stated, {"from": creator, "value": 1})
    signature = world.sign_registration(stated, creator, deadline=2**40)
    with reverts("WorkRegistry__WrongValue", 1, 0):
        registry.registerBySig(stated, 2**40, signature, {"from": world.relayer, "value": 1})
    for several in ([], [stated]):
        with reverts("WorkRegistry__WrongValue", 1, 0):
            registry.registerBatch(several, {"from": creator, "value": 1})


def test_receive__only_from_licensing(world, registry, alone, creator):
    """Coins sent to the registry itself would be nobody's."""
    with reverts("WorkRegistry__WrongValue", 1, 0):
        creator.transfer(registry, 1)
    alone.licensing.transfer(alone.registry, 1)
    assert alone.registry.balance() == 1


def test_register_by_sig__fee__coins_of_the_carrier(world, registry, creator, fee):
    """The registrant names the offer; who carries the signature pays native coins."""
    stated = world.registration("a child", creator, purchases=(fee,))
    signature = world.sign_registration(stated, creator, deadline=2**40)
    before = creator.balance()
    registry.registerBySig(stated, 2**40, signature, {"from": world.relayer, "value": FEE})
    assert (registry.ownerOf(stated.work), creator.balance()) == (creator, before)


def test_register_batch__several__all_in_order(world, registry, creator):
    labels = ["first", "second", "third"]
    done = registry.registerBatch([world.registration(label, creator) for label in labels], {"from": creator})
    assert [event["work"] for event in done.events["WorkRegistered"]] == [work_id(label) for label in labels]
    assert registry.balanceOf(creator) == 3


def test_register_batch__fees__sum_is_spent_exactly(world, registry, ledger, creator, fee):
    stated = [world.registration(label, creator, purchases=(fee,)) for label in ("first", "second")]
    plain = world.registration("between", creator)
    several = [stated[0], plain, stated[1]]
    with reverts("WorkRegistry__WrongValue", 2 * FEE + 1, 2 * FEE):
        registry.registerBatch(several, {"from": creator, "value": 2 * FEE + 1})
    with reverts("Licensing__WrongValue"):
        registry.registerBatch(several, {"from": creator, "value": 2 * FEE - 1})
    registry.registerBatch(several, {"from": creator, "value": 2 * FEE})
    assert ledger.grossOf(world.book.offerOf(fee.offer).dict()["work"], NATIVE) == 2 * FEE
    assert registry.balance() == 0


def test_register_batch__later_derives_from_earlier__in_one_transaction(world, registry, ledger, chain, creator):
    """A series is registered at once: the child buys the listing that its parent makes in the same call."""
    parent = world.registration("a parent", creator, listings=(Listing(1, NATIVE, FEE),), salt=SALT)
    world.commit(parent.work, creator)
    chain.sleep(GRACE)
    offer = Purchase(1, content(parent.work, STANDARD, NATIVE, FEE))
    child = world.registration("a child", creator, purchases=(offer,))
    registry.registerBatch([parent, child], {"from": creator, "value": FEE})
    assert ledger.edgeOf(child.work, 0).dict()["parent"] == parent.work


def test_register_batch__one_refused__none_registered(world, registry, creator, rival):
    mine, theirs = world.registration("mine", creator), world.registration("theirs", rival)
    with reverts("WorkRegistry__NotRegistrant", rival, creator):
        registry.registerBatch([mine, theirs], {"from": creator})
    with reverts("WorkRegistry__AlreadyRegistered", mine.work, creator):
        registry.registerBatch([mine, mine], {"from": creator})
    with reverts("WorkRegistry__UnknownWork", mine.work):
        registry.titleOf(mine.work)


def test_register__seventeen_parents__refused(world, registry, creator, fee):
    """Permits and purchases count together."""
    stated = world.registration("a child", creator, permits=(1,) * 9, purchases=(fee,) * 8)
    with reverts("WorkRegistry__TooManyParents", 17):
        registry.register(stated, {"from": creator, "value": 8 * FEE})


def test_register__sixteen_parents__every_edge_stands(world, registry, ledger, creator, rival):
    """The five bits of the title hold 16."""
    terms = world.terms(upstream=56_250)
    offer = world.purchase(world.list(world.register("a parent", rival), 0, terms=terms))
    work = world.register_at_once("a child", creator, purchases=(offer,) * 16)
    title = registry.titleOf(work).dict()
    assert (title["parents"], title["upstream"]) == (16, 900_000)
    assert ledger.edgeOf(work, 15).dict()["upstream"] == 56_250


def test_register__parents_ask_for_more_than_ninety_percent__refused(world, registry, creator, rival):
    parent = world.register("a parent", rival)
    offers = [world.list(parent, 0, terms=world.terms(upstream=upstream)) for upstream in (450_000, 450_001)]
    with reverts("WorkRegistry__UpstreamTooHigh", 900_001):
        world.register_at_once("a child", creator, purchases=tuple(map(world.purchase, offers)))


@pytest.fixture
def ambush(world, rival):
    """A token of the ledger that calls back, and a purchase of a parent for 5 units of it."""
    token = world.contract("ReentrantToken")
    currency = world.add_currency(token)
    return token, world.purchase(world.list(world.register("a parent", rival), 5, currency=currency))


def test_register__token_registers_the_same_work_meanwhile__everything_undone(world, registry, ledger, creator, ambush):
    """R7: a work never gets a second title over a first one that nobody burnt."""
    token, purchase = ambush
    stated = world.registration("a child", creator, purchases=(purchase,))
    token.mint(creator, 5, {"from": creator})
    token.approve(ledger, 5, {"from": creator})
    again = world.registration("a child", token)
    token.lay(registry, registry.register.encode_input(again), {"from": creator})
    with reverts("WorkRegistry__AlreadyRegistered", stated.work, token):
        registry.register(stated, {"from": creator})
    with reverts("WorkRegistry__UnknownWork", stated.work):
        registry.titleOf(stated.work)


def test_register__token_registers_another_work_meanwhile__both_stand(world, registry, ledger, creator, ambush):
    token, purchase = ambush
    stated = world.registration("a child", creator, purchases=(purchase,))
    token.mint(creator, 5, {"from": creator})
    token.approve(ledger, 5, {"from": creator})
    other = world.registration("another work", token)
    token.lay(registry, registry.register.encode_input(other), {"from": creator})
    registry.register(stated, {"from": creator})
    assert (registry.ownerOf(stated.work), registry.ownerOf(other.work)) == (creator, token)
    assert (registry.balanceOf(creator), registry.balanceOf(token)) == (1, 1)
