"""Index: which of millions of 256-bit codes lie within so many bits of one? Exactly.

    with open_index(folder) as index:             one machine: files, mapped; see `hamming`
        index.add(codes, keys)
        keys, distances = index.search(code, radius=20)
    rebuild_index(folder, entries)                when it says `index-damaged`: it holds nothing that the store does not

    open_postgres_index(url, name)                many machines: the same on PostgreSQL; see `postgres`

A key is the caller's number for what a code belongs to; one may have many codes. The room is light to import; opening
an index of files imports numba, which takes half a second of CPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from offchain.identity.index.protocol import CodeIndex, Codes, Found

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.identity.index.hamming import HammingIndex
    from offchain.identity.index.postgres import PostgresIndex

__all__ = ["CodeIndex", "Codes", "Found", "open_index", "open_postgres_index", "rebuild_index"]


def open_index(folder: Path) -> HammingIndex:
    """The index in this folder, made if there is none.

    Raises:
        UnavailableError: `index-damaged`, rebuild it; `index-unwritable`, `index-busy`.
    """
    from offchain.identity.index.hamming import HammingIndex  # noqa: PLC0415 - numba is slow to import

    return HammingIndex(folder)


def rebuild_index(folder: Path, entries: Iterable[tuple[Codes, Sequence[int] | NDArray[np.uint64]]]) -> HammingIndex:
    """The index in this folder, made anew from (codes, keys); until it is whole, others see the old one.

    Raises:
        InputError: `codes-malformed`, `keys-malformed`.
        UnavailableError: `index-unwritable`, `index-busy`.
    """
    from offchain.identity.index.hamming import rebuild  # noqa: PLC0415 - numba is slow to import

    return rebuild(folder, entries)


def open_postgres_index(url: str, name: str) -> PostgresIndex:
    """The index of this name in a PostgreSQL database, made if there is none.

    Raises:
        InputError: `database-url-malformed`, `index-name`.
        UnavailableError: `store-unavailable`.
    """
    from offchain.identity.index.postgres import PostgresIndex  # noqa: PLC0415 - so is SQLAlchemy
    from offchain.store.index_database import IndexDatabase  # noqa: PLC0415 - so is SQLAlchemy

    return PostgresIndex(IndexDatabase(url), name)
