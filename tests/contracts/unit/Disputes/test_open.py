"""Opening a dispute: who pays what, and what it does to the work."""

from __future__ import annotations

import base64
import json

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.unit.Disputes.courts import BOND, FEE, GRANT, REJECT
from tests.contracts.world import NATIVE, work_id

DIVERT, RETITLE = 1, 2
OPEN = 1
LAST_SERIES = 31


@pytest.mark.parametrize("remedy", [DIVERT, RETITLE])
def test_open__exact_cost__recorded_frozen_and_told_to_the_arbitrator(
    world, court, disputes, registry, claimant, work, remedy
):
    done = disputes.open(work, remedy, "ipfs://evidence", {"from": claimant, "value": BOND + FEE})
    dispute = done.events["DisputeOpened"]["dispute"]
    assert dict(done.events["DisputeOpened"]) == {
        "dispute": dispute,
        "work": work,
        "claimant": claimant,
        "remedy": remedy,
        "bond": BOND,
        "fee": FEE,
    }
    told = done.events["Dispute"]
    assert (told["_arbitrator"], told["_disputeID"]) == (court.arbitrator, dispute)
    assert (told["_metaEvidenceID"], told["_evidenceGroupID"]) == (remedy, dispute)
    assert tuple(done.events["Evidence"].values()) == (court.arbitrator, dispute, claimant, "ipfs://evidence")
    assert done.events["DisputeCreation"]["_arbitrable"] == disputes
    expected = (work, claimant, done.timestamp, remedy, OPEN, BOND)
    latest, case = disputes.disputeOf(work)
    assert (latest, tuple(case)) == (dispute, expected)
    assert tuple(disputes.caseOf(dispute)) == expected
    assert registry.titleOf(work)["disputed"]
    assert (disputes.balance(), court.arbitrator.balance()) == (BOND, FEE)


@pytest.mark.parametrize("value", [0, BOND + FEE - 1, BOND + FEE + 1])
def test_open__another_value__refused(disputes, claimant, work, value):
    """Too much would be lost, too little would be somebody else's."""
    with reverts("Disputes__WrongValue", value, BOND + FEE):
        disputes.open(work, DIVERT, "", {"from": claimant, "value": value})


def test_open__no_remedy__refused(disputes, claimant, work):
    with reverts("Disputes__NoRemedy"):
        disputes.open(work, 0, "", {"from": claimant, "value": BOND + FEE})


def test_open__unknown_work__refused(disputes, claimant):
    unknown = work_id("never registered")
    with reverts("WorkRegistry__UnknownWork", unknown):
        disputes.open(unknown, DIVERT, "", {"from": claimant, "value": BOND + FEE})


def test_open__title_not_final__refused(world, disputes, registry, creator, claimant):
    """It has earned nothing, and gives way by itself to whoever was first."""
    young = world.register_at_once("young", creator)
    with reverts("Disputes__NotFinal", young, registry.titleOf(young)["finalAt"]):
        disputes.open(young, RETITLE, "", {"from": claimant, "value": BOND + FEE})


def test_open__one_is_open__refused_until_it_ended(court, disputes, stranger, work, open_dispute):
    first = open_dispute(work)
    with reverts("Disputes__AlreadyOpen", work):
        open_dispute(work, RETITLE, by=stranger)
    court.rule(first, REJECT)
    assert open_dispute(work, RETITLE, by=stranger, value=2 * BOND + FEE) != first


def test_open__two_works__independent(world, court, disputes, registry, rival, work, open_dispute):
    other = world.register("another work", rival)
    first, second = open_dispute(work), open_dispute(other)
    court.rule(first, REJECT)
    assert not registry.titleOf(work)["disputed"]
    assert registry.titleOf(other)["disputed"]
    assert disputes.disputeOf(other)[0] == second
    assert tuple(disputes.costOf(other)) == (BOND, FEE)


def test_dispute_of__never_disputed__none(disputes, work, world, rival, open_dispute):
    """An arbitrator may count from zero: dispute 0 of one work is not that of every other."""
    open_dispute(work)
    other = world.register("another work", rival)
    nobody = "0x" + "0" * 40
    latest, case = disputes.disputeOf(other)
    assert (latest, tuple(case)) == (0, (0, nobody, 0, 0, 0, 0))
    with reverts("Disputes__NotOpen", other):
        disputes.expire(other, {"from": rival})


def test_open__last_series__only_the_revenue_can_be_claimed(
    world, court, disputes, registry, ledger, creator, rival, work, open_dispute
):
    """What a ruling could not carry out is refused before it is paid for: the title counts 31 new series."""
    for series in range(LAST_SERIES):
        by = rival if series % 2 == 0 else creator
        court.rule(open_dispute(work, RETITLE, by=by), GRANT)
    assert registry.titleOf(work)["series"] == LAST_SERIES
    with reverts("Disputes__SeriesUsedUp", work):
        open_dispute(work, RETITLE)
    dispute = open_dispute(work, DIVERT)
    world.deposit(work, 10)
    court.rule(dispute, GRANT)
    last = ledger.shareId(work, LAST_SERIES)
    assert ledger.claimable(last, NATIVE, disputes.caseOf(dispute)["claimant"]) == 10


def test_constructor__no_bond__refused(world):
    """Freezing everybody's revenue must not be free."""
    with reverts("Disputes__ZeroBond"):
        world.contract("Disputes", world.registry, world.ledger, world.arbitrator, 0)


def test_constructor__questions__valid_meta_evidence(disputes):
    """ERC-1497: a document for each remedy, under the remedy's number, in the URI itself."""
    events = disputes.tx.events["MetaEvidence"]
    assert [event["_metaEvidenceID"] for event in events] == [DIVERT, RETITLE]
    for event in events:
        head, _, body = event["_evidence"].partition(",")
        assert head == "data:application/json;base64"
        document = json.loads(base64.b64decode(body, validate=True))
        assert {"category", "title", "description", "question", "rulingOptions"} == set(document)
        assert document["rulingOptions"]["type"] == "single-select"
        titles, descriptions = document["rulingOptions"]["titles"], document["rulingOptions"]["descriptions"]
        assert (titles[REJECT - 1], titles[GRANT - 1]) == ("No", "Yes")
        assert len(descriptions) == len(titles)


def test_submit_evidence__anybody_while_it_is_open__told_to_the_arbitrator(
    court, disputes, creator, stranger, work, open_dispute
):
    with reverts("Disputes__NotOpen", work):
        disputes.submitEvidence(work, "ipfs://too-early", {"from": creator})
    dispute = open_dispute(work)
    for who in (creator, stranger):
        done = disputes.submitEvidence(work, "ipfs://more", {"from": who})
        assert tuple(done.events["Evidence"].values()) == (court.arbitrator, dispute, who, "ipfs://more")
    court.rule(dispute, REJECT)
    with reverts("Disputes__NotOpen", work):
        disputes.submitEvidence(work, "ipfs://too-late", {"from": creator})
