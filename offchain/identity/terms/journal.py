"""The journal: works added since the last run was written, one record each, appended and synced.

A record is (terms, key, checksum of these two, checksum of the terms), each a little-endian uint32, then the terms. A
process killed while it writes leaves the beginning of a record at the end, which was never acknowledged and is dropped.
A checksum that is wrong anywhere before the last record is damage.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.identity.terms.files import damaged
from offchain.identity.terms.postings import Postings, postings

__all__ = ["Journal", "as_postings", "read_journal"]

_HEAD: Final = struct.Struct("<IIII")
_FIELDS: Final = struct.Struct("<II")

Work = tuple[int, NDArray[np.uint64]]
"""Key and terms."""


class Journal:
    """The journal, open for appending.

    Args:
        path: the file.
        size: its bytes that count; what lies behind them is cut off.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._cut()

    def append(self, works: Iterable[Work]) -> None:
        """Write works durably: all of them, or on an error none.

        Raises:
            OSError: the disk is full or failing.
        """
        data = b"".join(_record(key, terms) for key, terms in works)
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._descriptor, data[written:], self._size + written)
            os.fsync(self._descriptor)
        except OSError:
            self._cut()
            raise
        self._size += len(data)

    def close(self) -> None:
        """Let go of the file; appending fails from now on."""
        # The number may soon name another file.
        descriptor, self._descriptor = self._descriptor, -1
        os.close(descriptor)

    def _cut(self) -> None:
        os.ftruncate(self._descriptor, self._size)
        os.fsync(self._descriptor)


def read_journal(path: Path, start: int = 0) -> tuple[list[Work], int]:
    """Works from a byte on, and the byte behind the last complete one.

    Raises:
        FileNotFoundError: the writer has turned it into a run since.
        UnavailableError: `term-index-damaged`.
    """
    with path.open("rb") as file:
        file.seek(start)
        data = file.read()
    works: list[Work] = []
    at = 0
    while at + _HEAD.size <= len(data):
        count, key, head_checksum, checksum = _HEAD.unpack_from(data, at)
        if zlib.crc32(data[at : at + _FIELDS.size]) != head_checksum:
            # A file system may have made room for a record that power failed before: zeros.
            if any(data[at:]):
                raise damaged(path, f"the record at byte {start + at} has a wrong head")
            break
        terms = data[at + _HEAD.size : at + _HEAD.size + 8 * count]
        if zlib.crc32(terms) != checksum:
            if at + _HEAD.size + 8 * count < len(data):
                raise damaged(path, f"the record at byte {start + at} has a wrong checksum")
            break
        works.append((key, np.frombuffer(terms, dtype="<u8")))
        at += _HEAD.size + 8 * count
    return works, start + at


def as_postings(works: list[Work]) -> Postings:
    """Works as postings in memory."""
    keys = np.repeat(np.array([key for key, _ in works], dtype=np.uint64), [len(terms) for _, terms in works])
    return postings(np.concatenate([np.empty(0, dtype=np.uint64), *(terms for _, terms in works)]), keys)


def _record(key: int, terms: NDArray[np.uint64]) -> bytes:
    fields, body = _FIELDS.pack(len(terms), key), terms.astype("<u8").tobytes()
    return fields + struct.pack("<II", zlib.crc32(fields), zlib.crc32(body)) + body
