"""The term index on PostgreSQL, on a real server only: it answers as the index of files does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from offchain.identity.terms import open_terms
from offchain.identity.terms.postgres import PostgresTerms
from offchain.identity.terms.ranking import POSTINGS_READ
from offchain.store.index_database import IndexDatabase
from tests.offchain.databases import POSTGRES, fresh_database

pytestmark = pytest.mark.skipif(not POSTGRES, reason="COLOPHON_TEST_POSTGRES_URL is not set")

WORKS = POSTINGS_READ + 150
HIGHEST = 2**64 - 1


def library() -> list[tuple[int, np.ndarray]]:
    """Works of 30 terms, some of which are everybody's, some nobody else's, over all 64 bits."""
    chance = np.random.default_rng(3)
    common = chance.integers(0, HIGHEST, 40, dtype=np.uint64, endpoint=True)
    works = []
    for key in range(1, WORKS):
        own = chance.integers(0, HIGHEST, 20, dtype=np.uint64, endpoint=True)
        works.append((key, np.unique(np.concatenate((own, chance.choice(common, 10), common[:1])))))
    return works


def test_candidates__common_and_rare_terms__agree_with_the_index_of_files(tmp_path: Path):
    works = library()
    asked = [works[at][1] for at in (0, 7, 200, WORKS - 2)]
    with fresh_database("postgresql", tmp_path) as url, open_terms(tmp_path / "terms") as files:
        database = IndexDatabase(url)
        tables = PostgresTerms(database, "works")
        for index in (files, tables):
            index.add_many(works[:100])
            index.add_many(works[50:])  # filing again changes nothing
        for terms in asked:
            for least in (1, 2, 12):
                ours, theirs = (index.candidates(terms, least, WORKS) for index in (tables, files))
                assert dict(zip(*map(np.ndarray.tolist, ours), strict=True)) == dict(
                    zip(*map(np.ndarray.tolist, theirs), strict=True)
                )
            assert tables.candidates(terms, 2, 1)[0].tolist() == files.candidates(terms, 2, 1)[0].tolist()
        database.close()
