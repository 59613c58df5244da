"""The similarity index, kept level with the store's features.

The store keeps the features, so processes that share a store see each other's works. The indexes lie under the home
folder, or in the store's own PostgreSQL database, where any number of machines share them; where one is missing,
damaged or another store's, it is made anew from the store.

Features computed here, from a master, and those that a stranger stated for a work of his own are kept apart: stated
ones neither crowd out the others, nor are they compared in this process, nor do they refuse anybody a registration.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import structlog

from offchain.chain import work_hex
from offchain.errors import InputError, UnavailableError
from offchain.identity.engines import Engine, FileEngine
from offchain.identity.matching.features import Features, Likeness, Probe
from offchain.identity.matching.filing import features_from_bytes
from offchain.identity.similarity import OVERLAP, CandidateIndex, Filing, Match, judged, judged_apart
from offchain.store import Store

__all__ = ["CLAIMED_KIND", "FEATURES_KIND", "CatalogueIndex"]

FEATURES_KIND: Final = "features-1"
"""Kind of the codes in the store that are files of features, computed here."""

CLAIMED_KIND: Final = "features-1-claimed"
"""The same, as somebody else stated them."""

_CLAIMED_CANDIDATES: Final = 5
_DAMAGED: Final = frozenset({"index-damaged", "term-index-damaged"})
_RANK: Final = {"same": 0, "derived": 1, "similar": 2}
_READ: Final = 100
"""Works whose features are read from the store at a time."""

_log = structlog.get_logger("colophon.workflows")

Judge = Callable[[Probe, Features], Likeness | None]


class CatalogueIndex:
    """Finds registered works that a file equals, comes from or resembles.

    Args:
        store: whose works.
        folder: of the indexes.
        database_url: of a PostgreSQL database that has the indexes instead.

    Raises:
        InputError: `database-url-malformed`.
    """

    def __init__(self, store: Store, folder: Path, database_url: str | None = None) -> None:
        own, claimed = _engines(folder) if database_url is None else _shared_engines(database_url)
        self._own = _Shelf(store, own, FEATURES_KIND)
        self._claimed = _Shelf(store, claimed, CLAIMED_KIND)

    def search(self, probe: Probe | None) -> tuple[Match, ...]:
        """Registered works that a file has something in common with, the surest first; none for a featureless file.

        Raises:
            UnavailableError: `index-unwritable`, `index-busy`, `term-index-unwritable`, `store-unavailable`,
                `decoder-away`.
        """
        if probe is None:
            return ()
        found = [_match(probe, *each, judged) for each in self._own.candidates(probe)]
        claims = self._claimed.candidates(probe)[:_CLAIMED_CANDIDATES]
        found += [_match(probe, *each, judged_apart) for each in claims]
        return tuple(sorted(filter(None, found), key=_by_certainty))

    def rebuild(self) -> None:
        """Forget the indexes and make them anew from the store; searches wait or find less meanwhile.

        Raises:
            UnavailableError: `index-unwritable`, `term-index-unwritable`, `store-unavailable`.
        """
        self._own.rebuild()
        self._claimed.rebuild()

    def close(self) -> None:
        """Give the indexes' files and connections back."""
        self._own.close()
        self._claimed.close()


def _engines(folder: Path) -> tuple[Engine, Engine]:
    return FileEngine(folder / "own"), FileEngine(folder / "claimed")


def _shared_engines(url: str) -> tuple[Engine, Engine]:
    from offchain.identity.engines_postgres import PostgresEngine  # noqa: PLC0415 - not needed on one machine
    from offchain.store.index_database import IndexDatabase  # noqa: PLC0415 - not needed on one machine

    database = IndexDatabase(url)
    return PostgresEngine(database, "own"), PostgresEngine(database, "claimed")


class _Shelf:
    """One kind of features, and its index."""

    def __init__(self, store: Store, engine: Engine, kind: str) -> None:
        self._store = store
        self._kind = kind
        self._index = CandidateIndex(engine)
        self._refreshing = threading.Lock()

    def candidates(self, probe: Probe) -> list[tuple[int, Features]]:
        """Works that may be meant, and their features. A damaged index is made anew, once."""
        try:
            numbers = self._proposed(probe)
        except UnavailableError as error:
            if error.code not in _DAMAGED:
                raise
            _log.warning("similarity-index-damaged", why=error.message)
            with self._refreshing, self._index.filing():
                self._index.clear()
            numbers = self._proposed(probe)
        with self._store.snapshot() as tx:
            rows = [row for number in numbers if (row := tx.codes.at(number, self._kind)) is not None]
        read = ((work, _features(work, data)) for work, data in rows)
        return [(work, features) for work, features in read if features is not None]

    def rebuild(self) -> None:
        with self._refreshing, self._index.filing():
            self._index.clear()
        self._refresh()

    def close(self) -> None:
        self._index.close()

    def _proposed(self, probe: Probe) -> list[int]:
        self._refresh()
        return self._index.candidates(probe)

    def _refresh(self) -> None:
        """File what came into the store since the last time."""
        with self._refreshing:
            unfiled, foreign = self._unfiled()
            if not unfiled and not foreign:
                return
            with self._index.filing():
                # Another process may have done it while this one waited.
                unfiled, foreign = self._unfiled()
                if foreign:
                    self._index.clear()
                self._index.file(self._filings(unfiled))

    def _unfiled(self) -> tuple[Sequence[tuple[int, int]], bool]:
        """(number, id) of works that are not filed, and whether the index is of another store."""
        at = self._index.position()
        with self._store.snapshot() as tx:
            if at is None:
                return tx.works.numbers(), False
            rows = tx.works.numbers(after=at.number - OVERLAP)
            if (at.number, at.work_id) not in rows:
                return tx.works.numbers(), True
        return [row for row in rows if row[0] not in at.recent], False

    def _filings(self, works: Sequence[tuple[int, int]]) -> Iterator[Filing]:
        for start in range(0, len(works), _READ):
            with self._store.snapshot() as tx:
                for number, work in works[start : start + _READ]:
                    data = tx.codes.find(work, self._kind)
                    yield Filing(number, work, None if data is None else _features(work, data))


def _match(probe: Probe, work: int, features: Features, judge: Judge) -> Match | None:
    try:
        likeness = judge(probe, features)
    except InputError as error:  # one bad row must not stop every search
        _log.warning("evidence-unreadable", work=work_hex(work), why=error.message)
        return None
    return None if likeness is None else Match(work, likeness.decision, likeness, claimed=judge is judged_apart)


def _features(work: int, data: bytes) -> Features | None:
    """Features as they were kept; None where they cannot be read."""
    try:
        return features_from_bytes(data)
    except InputError as error:
        _log.warning("features-unreadable", work=work_hex(work), why=error.message)
        return None


def _by_certainty(match: Match) -> tuple[bool, int, float]:
    return match.claimed, _RANK[match.decision], -(match.likeness.score if match.likeness else 1.0)
