"""Indexes that many machines share: tables of codes and of terms beside the store's own, in PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from offchain.identity.index.postgres import PostgresIndex
from offchain.identity.matching.features import Medium
from offchain.identity.terms.postgres import PostgresTerms
from offchain.store.index_database import IndexDatabase

__all__ = ["PostgresEngine"]


class PostgresEngine:
    """Tables `codes_NAME_MEDIUM` and `terms_NAME_MEDIUM`, made when they are first asked for; see `Engine`.

    Args:
        database: where they are.
        name: which of several engines in one database.

    Raises:
        UnavailableError: `store-unavailable`, by every method.
    """

    def __init__(self, database: IndexDatabase, name: str) -> None:
        self._database = database
        self._name = name
        self._codes: dict[Medium, PostgresIndex] = {}
        self._terms: dict[Medium, PostgresTerms] = {}
        self._opening = threading.Lock()

    def codes(self, medium: Medium) -> PostgresIndex:
        """See `Engine`."""
        with self._opening:
            if medium not in self._codes:
                self._codes[medium] = PostgresIndex(self._database, f"{self._name}_{medium}")
            return self._codes[medium]

    def terms(self, medium: Medium) -> PostgresTerms:
        """See `Engine`."""
        with self._opening:
            if medium not in self._terms:
                self._terms[medium] = PostgresTerms(self._database, f"{self._name}_{medium}")
            return self._terms[medium]

    def add_codes(self, medium: Medium, codes: Sequence[bytes], keys: Sequence[int]) -> None:
        """See `Engine`."""
        self.codes(medium).add(codes, keys)

    def add_terms(self, medium: Medium, works: Sequence[tuple[int, NDArray[np.uint64]]]) -> None:
        """See `Engine`."""
        self.terms(medium).add_many(works)

    def note(self) -> str | None:
        """See `Engine`."""
        return self._database.note(self._name)

    def keep_note(self, note: str) -> None:
        """See `Engine`."""
        self._database.keep_note(self._name, note)

    def filing(self) -> AbstractContextManager[None]:
        """See `Engine`."""
        return self._database.locked(self._name)

    def clear(self) -> None:
        """See `Engine`."""
        self._database.forget_note(self._name)
        for medium in get_args(Medium):
            self.codes(medium).clear()
            self.terms(medium).clear()

    def close(self) -> None:
        """See `Engine`."""
        self._database.close()
