"""The index of one machine: immutable segments, and a tail that takes what is new.

An `add` goes to the tail; a full tail becomes a segment, together with all segments that are no larger. At any byte
the process may be killed: the next one finds everything that was added, or says what is damaged.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from offchain.identity.durable import damaged, writing
from offchain.identity.index.files import Part, State, due, load, rewrite, start
from offchain.identity.index.lock import WriterLock
from offchain.identity.index.protocol import Codes, Found, check_radius, code_rows, group, key_rows
from offchain.identity.index.segment import Segment
from offchain.identity.index.tail import TailRows

__all__ = ["TAIL_ROWS", "HammingIndex", "rebuild"]

TAIL_ROWS: Final = 1 << 14
"""Codes that are scanned before they become a segment: about 50 µs for one query."""


_BATCH: Final = 256
"""Queries that share a scan; what they find is in memory at once."""


class HammingIndex:
    """Exact Hamming search over a folder of files.

    Any number of processes and threads may search; writers take turns. A search sees what this object has added, and
    what others had added at the last `refresh`.

    Raises:
        UnavailableError: `index-damaged`; `index-unwritable`, there is none and none can be made; `index-busy`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = WriterLock(folder)
        self._changing = threading.Lock()
        try:
            self._state = load(folder)
        except FileNotFoundError:
            self._state = self._created()

    def add(self, codes: Codes, keys: Sequence[int] | NDArray[np.uint64]) -> None:
        """File codes, the n-th under the n-th key. When this returns they outlive the process; see also `flush`.

        A code is written again whenever as many have come after it: at 1 M codes six times, 0.4 µs of CPU each. The
        call that fills the tail does it, so one of every 16,384 adds takes up to some seconds.

        Raises:
            InputError: `codes-malformed`, `keys-malformed`.
            UnavailableError: `index-unwritable`, nothing was added; `index-busy`; `index-damaged`.
        """
        rows = code_rows(codes)
        part = (rows, key_rows(keys, len(rows)))
        with self.exclusive(), writing(self._folder):
            waiting = len(self._state.tail.rows.keys) + len(rows)
            if waiting > TAIL_ROWS:
                self._rewrite(due(self._state.segments, waiting), part)
            elif len(rows):
                with self._changing:
                    self._state.tail.append(*part)

    def search(self, code: bytes, radius: int) -> Found:
        """Every key with a code at most `radius` bits from this one.

        Raises:
            InputError: `codes-malformed`, `radius-out-of-range`.
            UnavailableError: `index-damaged`.
        """
        return self.search_many([code], radius)[0]

    def search_many(self, codes: Codes, radius: int) -> list[Found]:
        """What `search` finds for each code; where a scan is needed, one scan serves them all.

        Raises:
            InputError: `codes-malformed`, `radius-out-of-range`.
            UnavailableError: `index-damaged`.
        """
        queries, reach = code_rows(codes), check_radius(radius)
        state = self._state
        batches = (queries[at : at + _BATCH] for at in range(0, len(queries), _BATCH))
        return [found for batch in batches for found in _search(state, batch, reach)]

    def keys(self) -> NDArray[np.uint64]:
        """Every key, ascending: what a store holds beside these is still to be added."""
        return np.unique(np.concatenate([keys for _, keys in self._state.parts()]))

    def __len__(self) -> int:
        return sum(len(keys) for _, keys in self._state.parts())

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the writer's lock: what is seen in the block is all there is, and nobody else adds.

        Raises:
            UnavailableError: `index-busy`, `index-unwritable`, `index-damaged`.
        """
        with writing(self._folder):
            self._lock.acquire()
        try:
            self.refresh()
            yield
        finally:
            self._lock.release()

    def refresh(self) -> None:
        """Let searches see what other processes have added; two small files are looked at when there is nothing.

        Raises:
            UnavailableError: `index-damaged`.
        """
        with self._changing:
            try:
                self._enter(load(self._folder, self._state))
            except FileNotFoundError as error:
                raise damaged(self._folder, "its folder is gone") from error

    def compact(self) -> None:
        """Merge everything: fewest files, fastest search. Takes 0.5 µs of CPU a code, and twice the room meanwhile.

        Raises:
            UnavailableError: `index-unwritable`, nothing has changed; `index-busy`; `index-damaged`.
        """
        with self.exclusive(), writing(self._folder):
            if len(self._state.segments) > 1 or len(self._state.tail.rows.keys):
                self._rewrite(self._state.segments, (code_rows([]), key_rows([], 0)))

    def check(self) -> None:
        """Read every byte and compare checksums; opening looks only at headers and lengths.

        Raises:
            UnavailableError: `index-damaged`.
        """
        for segment in self._state.segments:
            segment.check()

    def flush(self) -> None:
        """Return when everything added is safe from a power cut.

        Raises:
            UnavailableError: `index-unwritable`.
        """
        with self._changing, writing(self._folder):
            self._state.tail.sync()

    def close(self) -> None:
        """Flush, and give back the files; nothing may be asked afterwards."""
        self.flush()
        self._state.tail.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rewrite(self, merged: Sequence[Segment], added: Part) -> None:
        # Searches go on meanwhile, with the state that they know.
        state = rewrite(self._folder, self._state, merged, added)
        with self._changing:
            self._enter(state)

    def _enter(self, state: State) -> None:
        left, self._state = self._state, state
        if left.tail is not state.tail:
            left.tail.close()

    def _created(self) -> State:
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            try:
                # Another process may have made it while this one waited.
                return load(self._folder)
            except FileNotFoundError:
                start(self._folder, [])
                return load(self._folder)
            finally:
                self._lock.release()


def _search(state: State, queries: NDArray[np.uint64], radius: int) -> list[Found]:
    sources: tuple[Segment | TailRows, ...] = (*state.segments, state.tail.rows)
    found = [(source.keys, source.search(queries, radius)) for source in sources]
    hits = np.concatenate([hit for _, hit in found]).astype(np.uint64)
    keys = np.concatenate([keys[hit[:, 1]] for keys, hit in found])
    return group(len(queries), hits[:, 0], keys, hits[:, 2])


def rebuild(folder: Path, entries: Iterable[tuple[Codes, Sequence[int] | NDArray[np.uint64]]]) -> HammingIndex:
    """Make the index anew from (codes, keys), whatever state it is in. Others see the old one until the new is whole.

    Raises:
        InputError: `codes-malformed`, `keys-malformed`.
        UnavailableError: `index-unwritable`, nothing has changed; `index-busy`.
    """
    lock = WriterLock(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        try:
            start(folder, map(_part, entries))
        finally:
            lock.release()
    return HammingIndex(folder)


def _part(entry: tuple[Codes, Sequence[int] | NDArray[np.uint64]]) -> Part:
    rows = code_rows(entry[0])
    return rows, key_rows(entry[1], len(rows))
