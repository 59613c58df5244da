"""What the ledger alone may do to a title: issue its shares, mark a dispute, carry out a judgement."""

from __future__ import annotations

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.unit.WorkRegistry.titles import LAST_EPOCH, MAX_SERIES, set_epoch, set_series
from tests.contracts.world import work_id

NOBODY = "0x" + "0" * 40


def test_hooks__not_the_ledger__refused(world, registry, admin, creator, work):
    """M7: neither the admin nor the holder can do what a judgement does."""
    for caller in (admin, creator):
        with reverts("WorkRegistry__NotLedger", caller):
            registry.markIssued(work, {"from": caller})
        with reverts("WorkRegistry__NotLedger", caller):
            registry.markDisputed(work, True, {"from": caller})
        with reverts("WorkRegistry__NotLedger", caller):
            registry.retitle(work, caller, {"from": caller})


def test_void_offers__not_the_offer_book__refused(world, registry, ledger, admin, creator, work):
    """Threat: somebody who uses up another's epochs, or ends its listings."""
    for caller in (admin, creator, ledger, world.licensing):
        with reverts("WorkRegistry__NotOfferBook", caller):
            registry.voidOffers.call(work, {"from": caller})


def test_hooks__unknown_work__refused(alone, creator):
    unknown = work_id("never registered")
    for hook in (alone.mark_issued, alone.dispute, lambda work: alone.retitle(work, creator)):
        with reverts("WorkRegistry__UnknownWork", unknown):
            hook(unknown)


def test_mark_issued__once_and_again__only_the_mark_changes(alone, titled):
    before = alone.registry.titleOf(titled).dict()
    for _ in range(2):
        alone.mark_issued(titled)
        assert alone.registry.titleOf(titled).dict() == before | {"issued": True}


def test_mark_disputed__open__title_stays_where_it_is(alone, titled, creator, buyer):
    """A judgement must find the title where the dispute found it."""
    registry = alone.registry
    alone.mark_issued(titled)
    before = registry.titleOf(titled).dict()
    registry.approve(buyer, titled, {"from": creator})
    assert dict(alone.dispute(titled).events["DisputeMarked"]) == {"work": titled, "open": True}
    assert registry.titleOf(titled).dict() == before | {"disputed": True}
    for caller in (creator, buyer):
        with reverts("WorkRegistry__Disputed", titled):
            registry.transferFrom(creator, buyer, titled, {"from": caller})
    with reverts("WorkRegistry__Disputed", titled):
        registry.safeTransferFrom(creator, buyer, titled, {"from": creator})
    registry.setMetadata(titled, b"\1" * 32, {"from": creator})
    registry.advanceWorkEpoch(titled, {"from": creator})


def test_mark_disputed__over__title_moves_again(alone, titled, creator, buyer):
    registry = alone.registry
    alone.mark_issued(titled)
    alone.dispute(titled)
    done = registry.markDisputed(titled, False, {"from": alone.ledger})
    assert dict(done.events["DisputeMarked"]) == {"work": titled, "open": False}
    registry.transferFrom(creator, buyer, titled, {"from": creator})
    assert registry.titleOf(titled).dict()["disputed"] is False


def test_mark_disputed__not_final__refused(world, alone, creator):
    """R1: who takes a work back must not inherit a dispute over the thief's title."""
    stated = world.registration("another work", creator)
    alone.registry.register(stated, {"from": creator})
    with reverts("WorkRegistry__NotFinal", stated.work, alone.registry.titleOf(stated.work).dict()["finalAt"]):
        alone.dispute(stated.work)


def test_retitle__disputed__winner_holds_a_new_series(alone, titled, creator, buyer, rival):
    """The former holder's approvals, listings and shares of the old series do not bind the winner."""
    registry = alone.registry
    registry.approve(rival, titled, {"from": creator})
    alone.mark_issued(titled)
    alone.dispute(titled)
    before = registry.titleOf(titled).dict()
    done = alone.retitle(titled, buyer)
    judged = {"holder": str(buyer), "epoch": 1, "series": 1, "issued": False, "disputed": False}
    assert registry.titleOf(titled).dict() == before | judged
    assert registry.getApproved(titled) == NOBODY
    assert (registry.balanceOf(creator), registry.balanceOf(buyer)) == (0, 1)
    retitled = {"work": titled, "former": str(creator), "winner": str(buyer), "series": 1}
    assert dict(done.events["Retitled"]) == retitled
    assert dict(done.events["WorkEpochAdvanced"]) == {"work": titled, "epoch": 1}
    assert dict(done.events["DisputeMarked"]) == {"work": titled, "open": False}
    assert dict(done.events["Transfer"]) == {"from": str(creator), "to": str(buyer), "id": titled}
    alone.mark_issued(titled)
    with reverts("NotOwnerNorApproved"):
        registry.transferFrom(buyer, rival, titled, {"from": rival})


def test_retitle__operator_of_the_former_holder__has_no_say(alone, titled, creator, buyer, rival):
    registry = alone.registry
    registry.setApprovalForAll(rival, True, {"from": creator})
    alone.retitle(titled, buyer)
    alone.mark_issued(titled)
    with reverts("NotOwnerNorApproved"):
        registry.transferFrom(buyer, rival, titled, {"from": rival})


def test_retitle__to_the_holder_itself__new_series_all_the_same(alone, titled, creator):
    alone.dispute(titled)
    alone.retitle(titled, creator)
    title = alone.registry.titleOf(titled).dict()
    assert (title["holder"], title["series"], title["disputed"]) == (creator, 1, False)
    assert alone.registry.balanceOf(creator) == 1


def test_retitle__to_nobody__refused(alone, titled):
    with reverts("TransferToZeroAddress"):
        alone.retitle(titled, NOBODY)


def test_retitle__metadata_and_edges__stay(alone, titled, buyer):
    registry = alone.registry
    metadata = registry.metadataOf(titled)
    alone.retitle(titled, buyer)
    title = registry.titleOf(titled).dict()
    assert (registry.metadataOf(titled), title["parents"], title["upstream"]) == (metadata, 0, 0)


def test_retitle__thirty_second_series__refused(alone, titled, buyer):
    """Five bits: the number of a series is never used twice."""
    set_series(alone.registry, titled, MAX_SERIES - 1)
    alone.retitle(titled, buyer)
    assert alone.registry.titleOf(titled).dict()["series"] == MAX_SERIES
    with reverts("WorkRegistry__SeriesUsedUp", titled):
        alone.retitle(titled, buyer)


@pytest.mark.parametrize("series", [0, MAX_SERIES - 1])
def test_retitle__holder_used_up_all_epochs__judgement_stands(alone, titled, creator, buyer, series):
    """M7, R6: nobody escapes a judgement by spinning the epoch, and the epoch does not wrap."""
    registry = alone.registry
    set_series(registry, titled, series)
    set_epoch(registry, titled, LAST_EPOCH + series)
    alone.retitle(titled, buyer)
    title = registry.titleOf(titled).dict()
    assert (title["holder"], title["epoch"]) == (buyer, LAST_EPOCH + series + 1)
    with reverts("WorkRegistry__EpochsUsedUp", titled):
        registry.advanceWorkEpoch(titled, {"from": buyer})
