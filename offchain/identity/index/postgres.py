"""The index past one machine: the same answers from PostgreSQL, for any number of services at once."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from offchain.identity.index.bands import BANDS, flips, reach_needed, within
from offchain.identity.index.protocol import Codes, Found, check_radius, code_rows, key_rows
from offchain.store.code_index import CodeTable, Flips
from offchain.store.index_database import IndexDatabase

__all__ = ["PostgresIndex"]

_WIDTH: Final = 20
"""Bits of a band, the same for ever as the buckets are stored: 10 codes a bucket at 10 M."""

_MAX_BUCKETS: Final = 3_000
"""Beyond, at radius 33 and more, the server compares every code."""

_BATCH: Final = 256
"""Codes asked in one query."""


class PostgresIndex:
    """Exact Hamming search in a table of its own; every method may be called from several threads and processes.

    Args:
        database: where the table is; its connections are given back when this is closed.
        name: which index; codes of different kinds are kept apart.

    Raises:
        InputError: `index-name`.
        UnavailableError: `store-unavailable`; so may every method.
    """

    def __init__(self, database: IndexDatabase, name: str) -> None:
        self._database = database
        self._table = CodeTable(database, name)

    def add(self, codes: Codes, keys: Sequence[int] | NDArray[np.uint64]) -> None:
        """File codes, the n-th under the n-th key, in one transaction; safe from a power cut when this returns.

        Raises:
            InputError: `codes-malformed`, `keys-malformed`.
        """
        rows = code_rows(codes)
        numbers = key_rows(keys, len(rows)).tolist()
        filed = (row.tobytes() for row in rows)
        self._table.put(zip(numbers, filed, _buckets(rows).tolist(), strict=True))

    def search(self, code: bytes, radius: int) -> Found:
        """Every key with a code at most `radius` bits from this one.

        Raises:
            InputError: `codes-malformed`, `radius-out-of-range`.
        """
        return self.search_many([code], radius)[0]

    def search_many(self, codes: Codes, radius: int) -> list[Found]:
        """What `search` finds for each code, by one query of the database for up to 256 of them.

        Raises:
            InputError: `codes-malformed`, `radius-out-of-range`.
        """
        rows = code_rows(codes)
        flips = _flips(check_radius(radius))
        asked = [row.tobytes() for row in rows]
        buckets = _buckets(rows).tolist()
        found: list[Found] = []
        for at in range(0, len(rows), _BATCH):
            chosen = slice(at, at + _BATCH)
            found += map(_found, self._table.near(asked[chosen], buckets[chosen], flips, radius))
        return found

    def keys(self) -> NDArray[np.uint64]:
        """Every key, ascending: what a store holds beside these is still to be added."""
        return np.array(self._table.keys(), dtype=np.uint64)

    def __len__(self) -> int:
        return self._table.count()

    def refresh(self) -> None:
        """Nothing to do: a search sees whatever was added before it."""

    def flush(self) -> None:
        """Nothing to do: what was added is on the server's disk."""

    def clear(self) -> None:
        """Forget every code."""
        self._table.clear()

    def close(self) -> None:
        """Give the connections back."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _found(pairs: list[tuple[int, int]]) -> Found:
    keys, distances = zip(*pairs, strict=True) if pairs else ((), ())
    return Found(np.array(keys, dtype=np.uint64), np.array(distances, dtype=np.uint16))


def _flips(radius: int) -> Flips | None:
    """Where to look for codes within a radius; None where a scan is cheaper."""
    reach = reach_needed(radius)
    if BANDS * within(_WIDTH, reach) > _MAX_BUCKETS:
        return None
    more = radius + 1 - BANDS * reach  # bands that may differ in `reach` bits: Σ(limit + 1) = radius + 1
    masks, ends = flips(_WIDTH, reach)
    near = [masks[: ends[reach] if band < more else ends[reach - 1]] for band in range(BANDS if reach else more)]
    bands = np.repeat(np.arange(len(near)), [len(each) for each in near])
    return Flips(bands.tolist(), np.concatenate(near).tolist())


def _buckets(rows: NDArray[np.uint64]) -> NDArray[np.int32]:
    """(codes, BANDS) bucket numbers, each with its band above its `_WIDTH` bits."""
    bits = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")[:, : BANDS * _WIDTH]
    numbers = bits.reshape(-1, _WIDTH, BANDS).transpose(0, 2, 1) @ (1 << np.arange(_WIDTH, dtype=np.int32))
    return np.asarray(numbers | np.arange(BANDS, dtype=np.int32) << _WIDTH, dtype=np.int32)
