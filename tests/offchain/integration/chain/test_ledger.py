"""Money and shares: parents paid at once, pushes elsewhere, shares that others may move, trees."""

from __future__ import annotations

from offchain.chain import Edge, Listing
from tests.offchain.deployed import ADAPTATION, BUYER, CREATOR, SECOND_BUYER, SECOND_CREATOR, ZERO_DIGEST, World
from tests.offchain.integration.chain.acts import refusal


def test_deposit_and_pull__of_a_derivative__credits_its_parent(world: World):
    ledger = world.contracts.ledger
    parent, listing = world.register(b"pulled parent", CREATOR), Listing(world.terms(), 0, 0)
    permit = world.buy(world.list(parent, listing, CREATOR), listing, SECOND_CREATOR)
    child = world.register(b"pulled child", SECOND_CREATOR, permits=(permit,))
    world.send(ledger.deposit_and_pull(child, 0, 1000, [0]), BUYER)
    assert ledger.edge(child, 0) == Edge(parent, ADAPTATION.upstream)
    assert ledger.gross(parent, 0) == 1000 * ADAPTATION.upstream // 1_000_000


def test_push__payout_set__pays_there(world: World):
    ledger, work = world.contracts.ledger, world.register(b"pushed", CREATOR)
    creator, purse = world.accounts[CREATOR], "0x" + "78" * 20
    world.send(ledger.set_payout(purse), CREATOR)
    assert ledger.payout(creator) == purse
    world.send(ledger.deposit(work, 0, 1000), BUYER)
    world.send(ledger.push(work, 0, [creator]), BUYER)
    assert world.client.balance(purse) == 1000


def test_transfer_units_from__allowed_units__uses_the_allowance_up(world: World):
    ledger, work = world.contracts.ledger, world.register(b"allowed", CREATOR)
    creator, spender = world.accounts[CREATOR], world.accounts[BUYER]
    world.send(ledger.approve_units(spender, work, 10), CREATOR)
    world.send(ledger.transfer_units_from(creator, spender, work, 7), BUYER)
    assert (ledger.units(spender, work), ledger.allowance(creator, spender, work)) == (7, 3)
    more = ledger.transfer_units_from(creator, spender, work, 4)
    assert refusal(world, more, BUYER).code == "insufficient-allowance"


def test_set_operator__then_ended__moves_any_share_and_then_none(world: World):
    ledger, work = world.contracts.ledger, world.register(b"operated", CREATOR)
    creator, operator = world.accounts[CREATOR], world.accounts[SECOND_BUYER]
    world.send(ledger.set_operator(operator, True), CREATOR)
    assert ledger.is_operator(creator, operator)
    world.send(ledger.transfer_units_from(creator, operator, work, 7), SECOND_BUYER)
    world.send(ledger.set_operator(operator, False), CREATOR)
    assert not ledger.is_operator(creator, operator)


def test_root__shares_distributed__is_that_of_the_tree(world: World):
    ledger, work, root = world.contracts.ledger, world.register(b"rooted", CREATOR), b"\x07" * 32
    assert ledger.root(work) == ZERO_DIGEST
    world.send(ledger.distribute(work, root), CREATOR)
    assert ledger.root(work) == root
    assert not ledger.is_activated(work, 0)
