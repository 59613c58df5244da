"""The similarity index of this machine, kept level with the store's features.

The store keeps the features, so processes that share a store see each other's works. The index lies under the home
folder; where it is missing, damaged or another store's, it is made anew from the store.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import structlog

from offchain.chain import work_hex
from offchain.errors import InputError, UnavailableError
from offchain.identity.matching.features import Features, Probe
from offchain.identity.matching.filing import features_from_bytes
from offchain.identity.similarity import OVERLAP, CandidateIndex, Filing, Match, judged
from offchain.store import Store, UnitOfWork

__all__ = ["FEATURES_KIND", "CatalogueIndex"]

FEATURES_KIND: Final = "features-1"
"""Kind of the codes in the store that are files of features."""

_DAMAGED: Final = frozenset({"index-damaged", "term-index-damaged"})
_RANK: Final = {"same": 0, "derived": 1, "similar": 2}
_READ: Final = 100
"""Works whose features are read from the store at a time."""

_log = structlog.get_logger("colophon.workflows")


class CatalogueIndex:
    """Finds registered works that a file equals, comes from or resembles.

    Args:
        store: whose works.
        folder: of the index.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._index = CandidateIndex(folder)
        self._refreshing = threading.Lock()

    def search(self, probe: Probe | None) -> tuple[Match, ...]:
        """Registered works that a file has something in common with, the surest first; none for a featureless file.

        Raises:
            UnavailableError: `index-unwritable`, `index-busy`, `term-index-unwritable`.
        """
        if probe is None:
            return ()
        numbers = self._candidates(probe)
        with self._store.snapshot() as tx:
            matches = [match for number in numbers if (match := _match(tx, probe, number)) is not None]
        return tuple(sorted(matches, key=_by_certainty))

    def close(self) -> None:
        """Give the index's files back."""
        self._index.close()

    def _candidates(self, probe: Probe) -> list[int]:
        """Numbers of the works that may be meant. A damaged index is made anew, once."""
        try:
            self._refresh()
            return self._index.candidates(probe)
        except UnavailableError as error:
            if error.code not in _DAMAGED:
                raise
            _log.warning("similarity-index-damaged", why=error.message)
        with self._index.filing():
            self._index.clear()
        self._refresh()
        return self._index.candidates(probe)

    def _refresh(self) -> None:
        """File what came into the store since the last time."""
        with self._refreshing:
            if not self._unfiled():
                return
            with self._index.filing():
                # Another process may have filed it while this one waited.
                self._index.file(self._filings(self._unfiled()))

    def _unfiled(self) -> Sequence[tuple[int, int]]:
        """(number, id) of works that are not filed; an index of another store is emptied."""
        at = self._index.position()
        with self._store.snapshot() as tx:
            if at is None:
                return tx.works.numbers()
            rows = tx.works.numbers(after=at.number - OVERLAP)
            if (at.number, at.work_id) not in rows:
                self._index.clear()
                return tx.works.numbers()
        return [row for row in rows if row[0] not in at.recent]

    def _filings(self, works: Sequence[tuple[int, int]]) -> Iterator[Filing]:
        for start in range(0, len(works), _READ):
            with self._store.snapshot() as tx:
                for number, work in works[start : start + _READ]:
                    data = tx.codes.find(work, FEATURES_KIND)
                    yield Filing(number, work, None if data is None else _features(work, data))


def _match(tx: UnitOfWork, probe: Probe, number: int) -> Match | None:
    found = tx.codes.at(number, FEATURES_KIND)
    if found is None:
        return None
    work, data = found
    features = _features(work, data)
    if features is None:
        return None
    try:
        likeness = judged(probe, features)
    except InputError as error:  # one bad row must not stop every search
        _log.warning("evidence-unreadable", work=work_hex(work), why=error.message)
        return None
    return None if likeness is None else Match(work, likeness.decision, likeness)


def _features(work: int, data: bytes) -> Features | None:
    """Features as somebody stated them; None where they cannot be read."""
    try:
        return features_from_bytes(data)
    except InputError as error:
        _log.warning("features-unreadable", work=work_hex(work), why=error.message)
        return None


def _by_certainty(match: Match) -> tuple[int, float]:
    return _RANK[match.decision], -(match.likeness.score if match.likeness else 1.0)
