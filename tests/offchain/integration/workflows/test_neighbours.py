"""Works whose codes are near each other are neighbours, and nothing else is."""

import numpy as np
import pytest

from offchain.chain import work_hex
from offchain.identity.matching.features import Features
from offchain.identity.matching.filing import features_to_bytes
from offchain.store import WorkRecord, open_store
from offchain.workflows.neighbours import neighbours
from offchain.workflows.similarity import CLAIMED_KIND, FEATURES_KIND

CODE = int.from_bytes(bytes(range(32)), "big")
ASKED, TWIN, NEAR, FAR, SOUND, STATED, DAMAGED, FEATURELESS = range(1, 9)


def filed(tx, number, code, medium="image", kind=FEATURES_KIND):
    tx.works.add(WorkRecord(id=number, creator="0x" + "aA" * 20, title="", media_type="image/png", size=1))
    features = Features(medium, (code.to_bytes(32, "big"),), np.array([], dtype=np.uint64), b"\x01")
    tx.codes.put(number, kind, features_to_bytes(features))


@pytest.fixture
def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with store.transaction() as tx:
        filed(tx, ASKED, CODE)
        filed(tx, TWIN, CODE)
        filed(tx, NEAR, CODE ^ (2**16 - 1))
        filed(tx, FAR, CODE ^ (2**64 - 1))
        filed(tx, SOUND, CODE, medium="audio")
        filed(tx, STATED, CODE, kind=CLAIMED_KIND)
        filed(tx, DAMAGED, CODE)
        tx.codes.put(DAMAGED, FEATURES_KIND, b"of another version")
        tx.works.add(WorkRecord(id=FEATURELESS, creator="0x" + "aA" * 20, title="", media_type="text/plain", size=1))
    yield store
    store.close()


def test_neighbours__codes_near_each_other__score_falls_with_the_bits_that_differ(store):
    """0 of 64 bits → 1, 16 → 3/4, 64 → no neighbour; another medium, stated or unreadable features: none."""
    with store.snapshot() as tx:
        found = neighbours(tx, [ASKED, FEATURELESS], range(1, 9))
    assert found == {ASKED: {work_hex(TWIN): 1.0, work_hex(NEAR): 0.75}}
