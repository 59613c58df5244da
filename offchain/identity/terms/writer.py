"""Adding works to a term index: journal first, then runs that are merged as they grow."""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from offchain.errors import InputError, RefusedError, UnavailableError
from offchain.identity.durable import sync_folder
from offchain.identity.terms.files import MANIFEST, Manifest, read_manifest, write_manifest, write_run
from offchain.identity.terms.journal import Journal, Work
from offchain.identity.terms.postings import MAX_KEY
from offchain.identity.terms.reader import Snapshot, TermReader

__all__ = ["TermWriter", "open_terms"]

_JOURNAL_POSTINGS: Final = 2**20
"""Postings that wait in the journal, and in memory, before they become a run: 8 MiB."""
_LOCK: Final = "lock"


class TermWriter(TermReader):
    """The one writer of a term index. What `add` has returned from survives a kill at any moment.

    Args:
        folder: where the index lies; created if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._writing = threading.Lock()
        self._lock = _locked(folder)
        try:
            if not (folder / MANIFEST).exists():
                # A random first number: a reader of the index that lay here before must not take our runs for its own.
                journal, first = _continued(folder, Manifest((), "", secrets.randbits(32)))
                write_manifest(folder, first)
                journal.close()
            _remove_leftovers(folder, read_manifest(folder))
            super().__init__(folder)
            snapshot = self._refresh()
            self._journal = Journal(folder / snapshot.manifest.journal, snapshot.journal_read)
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, key: int, terms: NDArray[np.uint64]) -> None:
        """File one work; it is durable on return. Filing it again changes nothing.

        Raises:
            InputError: `term-key-oversized`; nothing was added.
            UnavailableError: `term-index-unwritable`; file the work again later.
        """
        self.add_many([(key, terms)])

    def add_many(self, works: Iterable[Work]) -> None:
        """File works with one sync for all of them; they are durable on return. Held in memory meanwhile.

        Raises:
            InputError: `term-key-oversized`; nothing was added.
            UnavailableError: `term-index-unwritable`; file the works again later.
        """
        batch = list(works)
        for key, _ in batch:
            if not 0 <= key <= MAX_KEY:
                raise InputError("term-key-oversized", f"{key} is no row of 32 bits", "file works by their row number")
        with self._writing:
            try:
                self._journal.append(batch)
                snapshot = self._refresh()
                if sum(map(len, snapshot.recent)) >= _JOURNAL_POSTINGS:
                    self._write_run(snapshot)
            except OSError as error:
                raise UnavailableError(
                    "term-index-unwritable", f"the term index cannot be written: {error.strerror}", "make room on disk"
                ) from error

    def flush(self) -> None:
        """Turn the journal into a run now, e.g. before the folder is copied."""
        with self._writing:
            snapshot = self._refresh()
            if snapshot.recent:
                self._write_run(snapshot)

    def close(self) -> None:
        """Let others write."""
        with self._writing:
            self._journal.close()
            os.close(self._lock)

    def _write_run(self, snapshot: Snapshot) -> None:
        """Merge what is recent, and every run that it outweighs by half, into one; each is > 2 times the next."""
        before, kept, chosen = snapshot.manifest, list(snapshot.runs), list(snapshot.recent)
        while kept and len(kept[-1]) <= 2 * sum(map(len, chosen)):
            chosen.append(kept.pop())
        name = f"run-{before.next:08d}"
        write_run(self._folder / name, chosen)
        runs = (*before.runs[: len(kept)], name)
        journal, after = _continued(self._folder, Manifest(runs, before.journal, before.next + 1))
        write_manifest(self._folder, after)
        self._journal.close()
        self._journal = journal
        _remove_leftovers(self._folder, after)


def open_terms(folder: Path) -> TermWriter:
    """Open a term index for writing, and create it if there is none.

    Raises:
        RefusedError: `term-index-locked`, another process writes.
        UnavailableError: `term-index-damaged`.
    """
    return TermWriter(folder)


def _locked(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise RefusedError(
            "term-index-locked", f"another process writes to {folder}", "stop it, or open the index for reading"
        ) from None
    return descriptor


def _continued(folder: Path, manifest: Manifest) -> tuple[Journal, Manifest]:
    """A new journal, and the manifest that names it."""
    name = f"journal-{manifest.next:08d}"
    return Journal(folder / name, 0), Manifest(manifest.runs, name, manifest.next + 1)


def _remove_leftovers(folder: Path, manifest: Manifest) -> None:
    """Remove what the manifest does not name; readers that still map it keep it until they let go."""
    for path in folder.iterdir():
        ours = path.name.startswith(("run-", "journal-")) or path.name.endswith(".partial")
        if ours and path.name not in {*manifest.runs, manifest.journal}:
            path.unlink()
    sync_folder(folder)
