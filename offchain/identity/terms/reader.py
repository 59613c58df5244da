"""Looking up terms, in any number of threads and processes beside one writer."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.errors import NotFoundError
from offchain.identity.terms.files import MANIFEST, Manifest, damaged, read_manifest, read_run
from offchain.identity.terms.journal import Work, as_postings, read_journal
from offchain.identity.terms.postings import Address, Postings, address, merged
from offchain.identity.terms.ranking import POSTINGS_READ, ranked

__all__ = ["Snapshot", "TermReader", "read_terms"]

_ATTEMPTS: Final = 20
_NONE: Final = np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a lookup reads: replaced whole, so that no lookup sees half of a change.

    Attributes:
        version: inode and time of the manifest.
        manifest: what it says.
        runs: its runs.
        recent: the journal, in memory, each outweighing the next.
        journal_read: bytes of the journal in `recent`.
    """

    version: tuple[int, int]
    manifest: Manifest
    runs: tuple[Postings, ...]
    recent: tuple[Postings, ...]
    journal_read: int

    def __len__(self) -> int:
        return sum(map(len, self.runs + self.recent))


class TermReader:
    """A term index that follows its writer: each lookup sees every work acknowledged before it began.

    Args:
        folder: where the index lies.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._refreshing = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._refresh()

    def __len__(self) -> int:
        """Postings; a work that was added twice counts twice until its runs are merged."""
        return len(self._refresh())

    def candidates(
        self, terms: NDArray[np.uint64], min_shared: int, limit: int
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Works that share terms with a file, best first; see `ranked`.

        Of a term in more than `POSTINGS_READ` works only so many are seen, so the counts of the others leave it out.

        Args:
            terms: (n,) uint64, in any order.
            min_shared: terms that a work must share.
            limit: works returned at most.

        Returns:
            Keys (k,) uint32 and shared terms (k,) int64.
        """
        snapshot = self._refresh()
        found, counts = _look_up(snapshot.runs + snapshot.recent, address(np.unique(terms)))
        at, keys = (found >> np.uint64(32)).astype(np.int64), found & np.uint64(0xFFFFFFFF)
        works, shared = ranked(at, keys, counts, len(snapshot), min_shared, limit)
        return works.astype(np.uint32), shared

    def verify(self) -> None:
        """Read every run and check it.

        Raises:
            UnavailableError: `term-index-damaged`.
        """
        for name in self._refresh().manifest.runs:
            read_run(self._folder / name, whole=True)

    def _refresh(self) -> Snapshot:
        """Follow the writer; nothing to do costs two looks at the folder."""
        with self._refreshing:
            for _ in range(_ATTEMPTS):
                try:
                    self._snapshot = _followed(self._folder, self._snapshot)
                except FileNotFoundError:
                    if not (self._folder / MANIFEST).exists():
                        raise _missing(self._folder) from None
                    self._snapshot = None  # what the manifest named was merged while it was read
                else:
                    return self._snapshot
        raise damaged(self._folder / MANIFEST, "a file that it names is missing")


def read_terms(folder: Path) -> TermReader:
    """Open a term index for reading.

    Raises:
        NotFoundError: `term-index-missing`.
        UnavailableError: `term-index-damaged`.
    """
    return TermReader(folder)


def _followed(folder: Path, last: Snapshot | None) -> Snapshot:
    """The index as it stands, from what was last seen of it."""
    stat = (folder / MANIFEST).stat()
    version = stat.st_ino, stat.st_mtime_ns
    if last is None or last.version != version:
        manifest = read_manifest(folder)
        known = dict(zip(last.manifest.runs, last.runs, strict=True)) if last else {}
        runs = tuple(known[name] if name in known else read_run(folder / name) for name in manifest.runs)
        last = Snapshot(version, manifest, runs, (), 0)
    journal = folder / last.manifest.journal
    size = journal.stat().st_size
    if size < last.journal_read:  # the writer took back what it could not make durable
        last = replace(last, recent=(), journal_read=0)
    if size == last.journal_read:
        return last
    works, journal_read = read_journal(journal, last.journal_read)
    return replace(last, recent=_with(last.recent, works), journal_read=journal_read)


def _with(recent: tuple[Postings, ...], works: list[Work]) -> tuple[Postings, ...]:
    """Works added to those in memory, in runs that each outweigh the next: a work is sorted O(log n) times."""
    if not works:
        return recent
    runs = [*recent, as_postings(works)]
    while len(runs) > 1 and len(runs[-2]) <= 2 * len(runs[-1]):
        runs[-2:] = [merged(runs[-2:])]
    return tuple(runs)


def _look_up(runs: tuple[Postings, ...], terms: Address) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Pairs found, as number of the term (upper half) and key (lower half), each once; and the works of each term."""
    total = np.zeros(len(terms.entry), dtype=np.int64)
    found = [_NONE]
    for run in runs:
        if not len(run):
            continue
        starts, counts = run.ranges(terms)
        taken = np.minimum(counts, np.maximum(POSTINGS_READ - total, 0))
        total += counts
        numbers = np.repeat(np.arange(len(taken)), taken)
        rows = np.arange(len(numbers)) + np.repeat(starts - (np.cumsum(taken) - taken), taken)
        found.append(numbers.astype(np.uint64) << np.uint64(32) | run.keys(rows))
    return np.unique(np.concatenate(found)), total


def _missing(folder: Path) -> NotFoundError:
    return NotFoundError("term-index-missing", f"{folder} holds no term index", "open it for writing once")
