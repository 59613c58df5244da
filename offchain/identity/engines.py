"""Where the indexes of codes and of terms lie: in files of this machine, or in a PostgreSQL database.

    FileEngine(folder)              fastest; every machine keeps its own
    PostgresEngine(url, name)       one for all machines; in `engines_postgres`

Both hold nothing that the store does not, and answer alike.
"""

from __future__ import annotations

import fcntl
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from offchain.identity.durable import replace_file, writing
from offchain.identity.index import CodeIndex, open_index
from offchain.identity.matching.features import Medium
from offchain.identity.terms import TermReader, open_terms, read_terms

__all__ = ["Engine", "FileEngine", "TermIndex"]

_CODES: Final = "codes"
_TERMS: Final = "terms"
_POSITION: Final = "position.json"


class TermIndex(Protocol):
    """Works by the terms that they share with a file; see `TermReader`."""

    def candidates(
        self, terms: NDArray[np.uint64], min_shared: int, limit: int
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Keys, and how many terms each shares, best first."""


class Engine(Protocol):
    """Indexes by medium, and a note of how far they have come; see `offchain.identity.similarity`.

    What fails says so by an UnavailableError.
    """

    def codes(self, medium: Medium) -> CodeIndex | None:
        """The index of codes, with all that was added anywhere; None where nothing was."""

    def terms(self, medium: Medium) -> TermIndex | None:
        """The index of terms; None where nothing was added."""

    def add_codes(self, medium: Medium, codes: Sequence[bytes], keys: Sequence[int]) -> None:
        """File codes, the n-th under the n-th key; durable on return."""

    def add_terms(self, medium: Medium, works: Sequence[tuple[int, NDArray[np.uint64]]]) -> None:
        """File the terms of works, (key, terms); durable on return."""

    def note(self) -> str | None:
        """What was noted last; None if nothing was, or where that is not known any more."""

    def keep_note(self, note: str) -> None:
        """Note something in place of that."""

    def filing(self) -> AbstractContextManager[None]:
        """Wait until no other process files, and keep others from it."""

    def clear(self) -> None:
        """Forget everything; call it under `filing`."""

    def close(self) -> None:
        """Give files or connections back; they are opened again when needed."""


class FileEngine:
    """Files under a folder; processes share it, searches go on while one files.

    Args:
        folder: made when the first work is filed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._codes: dict[Medium, CodeIndex] = {}
        self._terms: dict[Medium, TermReader] = {}
        self._opening = threading.Lock()

    def codes(self, medium: Medium) -> CodeIndex | None:
        """See `Engine`.

        Raises:
            UnavailableError: `index-damaged`, `index-unwritable`, `index-busy`.
        """
        if not (self._folder / medium / _CODES).exists():
            return None
        index = self._code_index(medium)
        index.refresh()
        return index

    def terms(self, medium: Medium) -> TermReader | None:
        """See `Engine`.

        Raises:
            UnavailableError: `term-index-damaged`.
        """
        with self._opening:
            folder = self._folder / medium / _TERMS
            if medium not in self._terms and folder.exists():
                self._terms[medium] = read_terms(folder)
            return self._terms.get(medium)

    def add_codes(self, medium: Medium, codes: Sequence[bytes], keys: Sequence[int]) -> None:
        """See `Engine`."""
        index = self._code_index(medium)
        index.add(codes, keys)
        index.flush()

    def add_terms(self, medium: Medium, works: Sequence[tuple[int, NDArray[np.uint64]]]) -> None:
        """See `Engine`."""
        with open_terms(self._folder / medium / _TERMS) as index:
            index.add_many(works)

    def note(self) -> str | None:
        """See `Engine`."""
        try:
            return (self._folder / _POSITION).read_text()
        except (OSError, UnicodeDecodeError):
            return None

    def keep_note(self, note: str) -> None:
        """See `Engine`.

        Raises:
            UnavailableError: `index-unwritable`.
        """
        with writing(self._folder):
            replace_file(self._folder / _POSITION, note.encode())

    @contextmanager
    def filing(self) -> Iterator[None]:
        """See `Engine`.

        Raises:
            UnavailableError: `index-unwritable`.
        """
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / "filing.lock").open("ab")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def clear(self) -> None:
        """See `Engine`.

        Raises:
            UnavailableError: `index-unwritable`.
        """
        self.close()
        with writing(self._folder):
            (self._folder / _POSITION).unlink(missing_ok=True)
            for part in self._folder.iterdir():
                if part.is_dir():
                    shutil.rmtree(part)

    def close(self) -> None:
        """See `Engine`."""
        with self._opening:
            codes, self._codes, self._terms = self._codes, {}, {}
        for index in codes.values():
            index.close()

    def _code_index(self, medium: Medium) -> CodeIndex:
        with self._opening:
            if medium not in self._codes:
                self._codes[medium] = open_index(self._folder / medium / _CODES)
            return self._codes[medium]
