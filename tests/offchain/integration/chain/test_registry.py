"""Registrations of several works, and of works that cost coins, through the wrapper of the registry."""

from __future__ import annotations

import hashlib

from offchain.chain import ZERO_ADDRESS, Edge, Listing, Registration
from offchain.chain.signer import development_signer
from tests.offchain.deployed import ADAPTATION, BUYER, CREATOR, RELAYER, SECOND_CREATOR, World
from tests.offchain.integration.chain.acts import refusal

METADATA = hashlib.sha256(b"metadata").digest()


def work_of(world: World, name: bytes) -> int:
    return int.from_bytes(hashlib.sha256(name + world.client.head().to_bytes(8, "big")).digest(), "big")


def test_register_signed__derivative_bought_in_coins__takes_them_along(world: World):
    """The registrant signs, the relayer sends the coins that the parent's licence costs."""
    registry, creator = world.contracts.registry, development_signer(SECOND_CREATOR, 1337)
    parent = world.register(b"parent for coins", CREATOR)
    bought = world.list(parent, Listing(world.terms(), 0, 500), CREATOR)
    stated = Registration(work_of(world, b"coins"), creator.address, METADATA, purchases=(bought,))
    deadline = world.now() + 600
    signature = creator.sign_typed(registry.typed(stated, registry.epoch(creator.address), deadline))
    assert refusal(world, registry.register_signed(stated, deadline, signature), RELAYER).code == "wrong-value"
    world.send(registry.register_signed(stated, deadline, signature, 500), RELAYER)
    assert registry.title(stated.work).holder == creator.address
    assert world.contracts.ledger.gross(parent, 0) == 500
    assert world.contracts.ledger.edge(stated.work, 0) == Edge(parent, ADAPTATION.upstream)


def test_register_batch__two_works__gives_both_titles(world: World):
    registry, creator = world.contracts.registry, world.accounts[CREATOR]
    works = [work_of(world, name) for name in (b"one", b"two")]
    world.send(registry.register_batch([Registration(work, creator, METADATA) for work in works]), CREATOR)
    assert [registry.title(work).holder for work in works] == [creator, creator]


def test_royalty__of_a_resale__goes_to_the_inbox(world: World):
    registry, work = world.contracts.registry, world.register(b"resold", CREATOR)
    # ERC-2981 over docs/SPECIFICATION.md section 1: five per cent.
    assert registry.royalty(work, 1000) == (world.contracts.inboxes.inbox(work), 50)


def test_approve__account_may_move_the_title__until_it_ends(world: World):
    registry, work = world.contracts.registry, world.register(b"approved", CREATOR)
    creator, buyer = world.accounts[CREATOR], world.accounts[BUYER]
    move = registry.transfer(creator, buyer, work)
    world.send(registry.approve(buyer, work), CREATOR)
    world.client.try_call(move, buyer)
    world.send(registry.approve(ZERO_ADDRESS, work), CREATOR)
    assert refusal(world, move, BUYER).code == "not-owner-nor-approved"
