"""Commit and reveal: nobody who watches the mempool takes a work."""

from __future__ import annotations

from tests.contracts.reverts import reverts
from tests.contracts.world import GRACE, SALT, work_id


def test_commit__copied_by_somebody_else__neither_fails_nor_counts_anew(world, registry, creator, rival, chain):
    """R1: nobody can make a commitment fail by sending it first, nor younger by sending it again."""
    stated = world.registration("a work", creator)
    world.commit(stated.work, creator)
    chain.sleep(1)
    world.register_at_once("a work", rival)
    chain.sleep(1)
    assert "Committed" not in registry.commit(world.commitment(stated.work, creator), {"from": rival}).events
    chain.sleep(1)
    registry.register(stated._replace(salt=SALT), {"from": creator})
    assert registry.ownerOf(stated.work) == creator


def test_commit__sent_by_somebody_else__counts_for_the_registrant(world, registry, creator, chain):
    """The hash names the registrant, so that a relayer may pay for it."""
    stated = world.registration("a work", creator)
    world.commit(stated.work, creator, by=world.relayer)
    committed_at = chain[-1].timestamp
    chain.sleep(10)
    registry.register(stated._replace(salt=SALT), {"from": creator})
    title = registry.titleOf(stated.work).dict()
    assert title["holder"] == creator
    assert (title["priorityAt"], title["finalAt"]) == (committed_at, committed_at + GRACE)


def test_register__reveal_in_the_block_of_the_commitment__too_young(world, registry):
    """R1: a builder cannot put commitment and reveal around somebody's reveal."""
    wallet = world.contract("SmartWallet", world.creators[0])
    stated = world.registration("a work", wallet)
    commitment = world.commitment(stated.work, wallet)
    calls = [
        (registry, 0, registry.commit.encode_input(commitment)),
        (registry, 0, registry.register.encode_input(stated._replace(salt=SALT))),
    ]
    with reverts("WorkRegistry__CommitmentTooYoung"):
        wallet.execute(calls, {"from": world.creators[0]})
    wallet.execute(calls[:1], {"from": world.creators[0]})
    wallet.execute(calls[1:], {"from": world.creators[0]})
    assert registry.ownerOf(stated.work) == wallet


def test_register__committed_in_the_second_of_an_at_once_title__not_earlier(world, registry, creator, rival):
    """R1: only an earlier commitment takes a title over; who saw the work first in one second, nobody can say."""
    wallet = world.contract("SmartWallet", rival)
    first, second = world.registration("a work", wallet), world.registration("a work", creator)
    calls = [
        (registry, 0, registry.commit.encode_input(world.commitment(second.work, creator))),
        (registry, 0, registry.register.encode_input(first)),
    ]
    wallet.execute(calls, {"from": rival})
    with reverts("WorkRegistry__AlreadyRegistered", first.work, wallet):
        registry.register(second._replace(salt=SALT), {"from": creator})


def test_register__copied_reveal__refused(world, registry, creator, rival):
    """R1: a copied salt is worth nothing to another registrant, whoever they name."""
    stated = world.registration("a work", creator)
    world.commit(stated.work, creator)
    with reverts("WorkRegistry__CommitmentUnknown", world.commitment(stated.work, rival)):
        registry.register(stated._replace(registrant=str(rival), salt=SALT), {"from": rival})
    with reverts("WorkRegistry__NotRegistrant", creator, rival):
        registry.register(stated._replace(salt=SALT), {"from": rival})


def test_register__other_salt_or_work__commitment_unknown(world, registry, creator):
    """R1: a commitment covers one work under one salt."""
    stated = world.registration("a work", creator)
    world.commit(stated.work, creator)
    with reverts("WorkRegistry__CommitmentUnknown"):
        registry.register(stated._replace(salt=b"\1" * 32), {"from": creator})
    with reverts("WorkRegistry__CommitmentUnknown"):
        registry.register(stated._replace(work=work_id("another work"), salt=SALT), {"from": creator})


def test_commit__opened__has_to_be_made_again(world, registry, creator, rival, work):
    """R6: a commitment opens once. Made again it is young: it takes nothing over."""
    with reverts("WorkRegistry__CommitmentUnknown", world.commitment(work, creator)):
        registry.register(world.registration("a work", creator, salt=SALT), {"from": creator})
    assert "Committed" in registry.commit(world.commitment(work, creator), {"from": rival}).events
    with reverts("WorkRegistry__AlreadyRegistered", work, creator):
        registry.register(world.registration("a work", creator, salt=SALT), {"from": creator})
