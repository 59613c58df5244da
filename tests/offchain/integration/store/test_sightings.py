"""Sightings and cases in the store."""

from __future__ import annotations

import pytest

from offchain.errors import RefusedError
from offchain.store import CaseRecord, SightingRecord, open_store

ADA, BEN = "0x" + "a" * 40, "0x" + "b" * 40
PLACE = bytes(32)


def case(account: str, work: int, found: int) -> CaseRecord:
    return CaseRecord(
        account=account, work=work, found=found, where="a.png", decision="same", evidence="b", exhibit=None, opened_at=1
    )


def sighting(account: str, stamp: int) -> SightingRecord:
    return SightingRecord(account=account, place=PLACE, stamp=bytes([stamp]) * 32, outcome="nothing", seen_at=stamp)


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'colophon.db'}")
    yield store
    store.close()


def test_sightings__seen_again__replaced_for_this_account_alone(store):
    for account, stamp in ((ADA, 1), (BEN, 2), (ADA, 3)):
        with store.transaction() as tx:
            tx.sightings.put(sighting(account, stamp))
    with store.snapshot() as tx:
        assert [tx.sightings.find(each, PLACE).seen_at for each in (ADA, BEN)] == [3, 2]
        assert tx.sightings.find(ADA, b"\x01" * 32) is None


def test_cases__page__newest_first_and_of_one_account(store):
    with store.transaction() as tx:
        for account, found in ((ADA, 1), (BEN, 2), (ADA, 3), (ADA, 2**256 - 1)):
            tx.cases.add(case(account, 7, found))
    with store.snapshot() as tx:
        first = tx.cases.page(ADA, 2)
        assert [each.found for each in first] == [2**256 - 1, 3]
        assert [each.found for each in tx.cases.page(ADA, 2, first[-1].sequence)] == [1]
        assert tx.cases.find(ADA, 7, 3) is not None
        assert tx.cases.find(ADA, 7, 2) is None
        assert tx.cases.find(ADA, 8, 3) is None


def test_cases__same_copy_of_the_same_work_twice__refused(store):
    with store.transaction() as tx:
        tx.cases.add(case(ADA, 7, 1))
        tx.cases.add(case(BEN, 7, 1))
        tx.cases.add(case(ADA, 8, 1))
    with pytest.raises(RefusedError, match="already stored"), store.transaction() as tx:
        tx.cases.add(case(ADA, 7, 1))
