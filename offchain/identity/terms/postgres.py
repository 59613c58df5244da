"""The term index past one machine: the same proposals from PostgreSQL, for any number of services at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from offchain.identity.terms.journal import Work
from offchain.identity.terms.ranking import POSTINGS_READ, ranked
from offchain.store.index_database import IndexDatabase
from offchain.store.term_index import TermTable

__all__ = ["PostgresTerms"]


class PostgresTerms:
    """Terms in a table of their own; every method may be called from several threads and processes.

    Args:
        database: where the table is.
        name: which index; terms of different kinds are kept apart.

    Raises:
        InputError: `index-name`.
        UnavailableError: `store-unavailable`; so may every method.
    """

    def __init__(self, database: IndexDatabase, name: str) -> None:
        self._table = TermTable(database, name)

    def add_many(self, works: Iterable[Work]) -> None:
        """File works in one transaction; durable on return. Filing one again changes nothing."""
        self._table.put((key, _signed(terms)) for key, terms in works)

    def candidates(
        self, terms: NDArray[np.uint64], min_shared: int, limit: int
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """As `TermReader.candidates`; a term in more than 4,096 works weighs as one in so many."""
        found = self._table.postings(_signed(np.unique(terms)), POSTINGS_READ)
        counts = np.array(found.counts, dtype=np.int64)
        at, keys = np.array(found.at, dtype=np.int64), np.array(found.keys, dtype=np.uint64)
        return ranked(at, keys, counts, max(found.total, int(counts.sum())), min_shared, limit)

    def clear(self) -> None:
        """Forget every work."""
        self._table.clear()


def _signed(terms: NDArray[np.uint64]) -> list[int]:
    signed: list[int] = np.ascontiguousarray(terms, dtype=np.uint64).view(np.int64).tolist()
    return signed
