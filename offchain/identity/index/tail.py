"""The newest codes: a file that only grows, and the same in memory, where they are scanned.

A frame is one `add`: header (magic, codes, CRC-32 of the rest, CRC-32 of this header), keys, codes. A process that dies
while writing leaves the beginning of a frame, which is no frame: readers stop before it and the next writer cuts it
off. A whole frame with a wrong checksum is damage.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from offchain.identity.durable import damaged
from offchain.identity.index.bands import CODE_BYTES, CODE_WORDS
from offchain.identity.index.kernels import scan

__all__ = ["Tail", "TailRows"]

_HEADER: Final = struct.Struct("<4sIII")
_MAGIC: Final = b"ADD1"
_ROW: Final = CODE_BYTES + 8


class TailRows(NamedTuple):
    """Codes and keys of a tail as they were at one moment."""

    codes: NDArray[np.uint64]
    keys: NDArray[np.uint64]

    def search(self, queries: NDArray[np.uint64], radius: int) -> NDArray[np.uint32]:
        """Every code within `radius` bits of a query, as (query, row, distance)."""
        return scan(self.codes, queries, radius)


class Tail:
    """An open tail. One thread may read or append at a time; `rows` is for all.

    Raises:
        UnavailableError: `index-damaged`.
        FileNotFoundError: there is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb", buffering=0)
        self._end = 0
        self._codes = np.empty((256, CODE_WORDS), dtype="<u8")
        self._keys = np.empty(256, dtype="<u8")
        self.rows = self._first(0)
        self.read()

    def read(self) -> None:
        """Take in the frames that others have appended.

        Raises:
            UnavailableError: `index-damaged`.
        """
        if os.fstat(self._file.fileno()).st_size <= self._end:
            return
        self._file.seek(self._end)
        content = self._file.read()
        at = 0
        while (frame := self._frame(content, at)) is not None:
            self._take(*frame)
            at += _HEADER.size + _ROW * len(frame[1])
        self._end += at

    def append(self, codes: NDArray[np.uint64], keys: NDArray[np.uint64]) -> None:
        """Add a frame; the caller holds the writer's lock and has just read.

        When this returns, the frame outlives the process; after `sync`, also a power cut.

        Raises:
            OSError: the disk is full; nothing was added.
        """
        payload = keys.tobytes() + codes.tobytes()
        head = _HEADER.pack(_MAGIC, len(keys), zlib.crc32(payload), 0)[:-4]
        frame = head + struct.pack("<I", zlib.crc32(head)) + payload
        with self.path.open("r+b", buffering=0) as file:
            file.truncate(self._end)
            file.seek(self._end)
            rest = memoryview(frame)
            while rest:
                rest = rest[file.write(rest) :]
        self._take(codes, keys)
        self._end += len(frame)

    def sync(self) -> None:
        """Return when what was appended is on the disk.

        Raises:
            OSError: it cannot be written.
        """
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; `rows` stay."""
        self._file.close()

    def _frame(self, content: bytes, at: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]] | None:
        """Codes and keys of the frame at `at`, None where it is not complete."""
        if len(content) < at + _HEADER.size:
            return None
        magic, count, payload_crc, header_crc = _HEADER.unpack_from(content, at)
        if magic != _MAGIC or zlib.crc32(content[at : at + _HEADER.size - 4]) != header_crc:
            raise damaged(self.path, f"no frame begins at byte {self._end + at}")
        start = at + _HEADER.size
        stop = start + _ROW * count
        if len(content) < stop:
            return None
        if zlib.crc32(content[start:stop]) != payload_crc:
            raise damaged(self.path, f"the checksum of the frame at byte {self._end + at} is wrong")
        keys = np.frombuffer(content, "<u8", count, start)
        codes = np.frombuffer(content, "<u8", count * CODE_WORDS, start + 8 * count)
        return codes.reshape(count, CODE_WORDS), keys

    def _take(self, codes: NDArray[np.uint64], keys: NDArray[np.uint64]) -> None:
        known, count = len(self.rows.keys), len(self.rows.keys) + len(keys)
        while count > len(self._keys):
            # Views that searches hold keep the smaller arrays.
            self._codes = np.concatenate([self._codes, np.empty_like(self._codes)])
            self._keys = np.concatenate([self._keys, np.empty_like(self._keys)])
        self._codes[known:count], self._keys[known:count] = codes, keys
        self.rows = self._first(count)

    def _first(self, count: int) -> TailRows:
        rows = TailRows(self._codes[:count], self._keys[:count])
        # As read-only as a mapped segment: the kernels are compiled once for both.
        rows.codes.flags.writeable = rows.keys.flags.writeable = False
        return rows
