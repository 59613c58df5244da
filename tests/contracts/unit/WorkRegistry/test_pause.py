"""Who can stop registrations and sales, and who can resume them."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts

NOBODY = "0x" + "0" * 40


@pytest.fixture
def guardian(registry, admin, stranger):
    """An account that may stop, but not resume."""
    done = registry.setGuardian(stranger, {"from": admin})
    assert done.events["GuardianSet"]["guardian"] == stranger == registry.guardian()
    return stranger


def test_register__paused__refused_until_resumed(world, registry, admin, creator):
    """M7: pausing stops registrations, in every form."""
    assert registry.setPaused(True, {"from": admin}).events["Paused"]["paused"]
    assert registry.paused()
    stated = world.registration("a work", creator)
    signature = world.sign_registration(stated, creator, deadline=2**40)
    with reverts("Pausable__Paused"):
        registry.register(stated, {"from": creator})
    with reverts("Pausable__Paused"):
        registry.registerBatch([stated], {"from": creator})
    with reverts("Pausable__Paused"):
        registry.registerBySig(stated, 2**40, signature, {"from": world.relayer})
    assert not registry.setPaused(False, {"from": admin}).events["Paused"]["paused"]
    registry.register(stated, {"from": creator})


def test_paused__everything_else__goes_on(world, registry, ledger, admin, creator, buyer, work):
    """M7: what a holder has, it keeps in hand."""
    world.deposit(work, 10)
    registry.setPaused(True, {"from": admin})
    world.commit(work, buyer)
    registry.setMetadata(work, b"\1" * 32, {"from": creator})
    registry.advanceWorkEpoch(work, {"from": creator})
    assert world.claimed([work], creator) == 10
    registry.transferFrom(creator, buyer, work, {"from": creator})


def test_pause__neither_admin_nor_guardian__refused(registry, guardian, creator):
    for paused in (True, False):
        with reverts("Pausable__NotGuardian", creator):
            registry.setPaused(paused, {"from": creator})


def test_pause__guardian__stops_but_does_not_resume(registry, guardian, admin):
    """A key that is at hand at night can do no harm that lasts."""
    registry.setPaused(True, {"from": guardian})
    with reverts("Pausable__NotGuardian", guardian):
        registry.setPaused(False, {"from": guardian})
    registry.setPaused(False, {"from": admin})
    assert not registry.paused()


def test_pause__guardian_dismissed__refused(registry, guardian, admin):
    registry.setGuardian(NOBODY, {"from": admin})
    with reverts("Pausable__NotGuardian", guardian):
        registry.setPaused(True, {"from": guardian})


def test_set_guardian__not_the_admin__refused(registry, guardian):
    with reverts("OwnableUnauthorizedAccount", guardian):
        registry.setGuardian(guardian, {"from": guardian})


def test_admin__handed_over_in_two_steps__old_one_is_out(registry, admin, rival):
    """M7: a mistyped new admin never gets the key, since it must accept."""
    registry.transferOwnership(rival, {"from": admin})
    with reverts("Pausable__NotGuardian", rival):
        registry.setPaused(True, {"from": rival})
    registry.acceptOwnership({"from": rival})
    with reverts("Pausable__NotGuardian", admin):
        registry.setPaused(True, {"from": admin})
    registry.setPaused(True, {"from": rival})


def test_admin__handed_over_while_paused__still_paused(registry, admin, rival):
    """The flag shares its slot with the pending admin, and neither touches the other."""
    registry.setPaused(True, {"from": admin})
    registry.transferOwnership(rival, {"from": admin})
    assert registry.paused()
    registry.acceptOwnership({"from": rival})
    assert registry.paused()
    registry.setPaused(False, {"from": rival})
    assert registry.pendingOwner() == NOBODY


@pytest.fixture(params=["registry", "licensing"])
def stopped(request, admin, stranger):
    """A contract that its guardian has stopped."""
    contract = request.getfixturevalue(request.param)
    contract.setGuardian(stranger, {"from": admin})
    contract.setPaused(True, {"from": stranger})
    return contract


def test_renounce_ownership__stopped_by_a_guardian__resumes_and_nobody_stops_it_again(stopped, admin, rival, stranger):
    """Threat: a guardian who stops for ever what no admin can resume."""
    stopped.transferOwnership(rival, {"from": admin})
    done = stopped.renounceOwnership({"from": admin})
    assert dict(done.events["GuardianSet"]) == {"guardian": NOBODY}
    assert dict(done.events["Paused"]) == {"paused": False}
    assert dict(done.events["OwnershipTransferred"]) == {"previousOwner": admin, "newOwner": NOBODY}
    assert (stopped.paused(), stopped.guardian(), stopped.owner()) == (False, NOBODY, NOBODY)
    for caller in (stranger, admin):
        with reverts("Pausable__NotGuardian", caller):
            stopped.setPaused(True, {"from": caller})
    with reverts("OwnableUnauthorizedAccount", rival):
        stopped.acceptOwnership({"from": rival})


def test_renounce_ownership__not_the_admin__refused_and_nothing_changes(stopped, admin, stranger):
    with reverts("OwnableUnauthorizedAccount", stranger):
        stopped.renounceOwnership({"from": stranger})
    assert (stopped.paused(), stopped.guardian(), stopped.owner()) == (True, stranger, admin)
