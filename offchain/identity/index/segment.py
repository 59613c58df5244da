"""An immutable file of codes, their keys, and the bands by which they are found; searched where it lies, mapped.

    offset           bytes                 content, little-endian
    0                64                    header: magic, rows, CRC-32 of all that follows, of the header
    64               32·rows               codes
    …                8·rows                keys
    …                4·11·(2^width + 1)    directory: where each bucket of each band starts
    …                3·11·rows             postings: row numbers, bucket by bucket

From 131,072 codes on, buckets hold 8 to 16 and that is 76 to 79 bytes a code. A row number has 24 bits, so a segment
ends at 16 M codes.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.identity.durable import damaged
from offchain.identity.index.bands import BANDS, CODE_BYTES, CODE_WORDS, band_width, flips, reach_needed, within
from offchain.identity.index.kernels import (
    PROBES_PER_CANDIDATE,
    SCANNED_PER_CANDIDATE,
    Bands,
    Flips,
    build_bands,
    find,
    scan,
)

__all__ = ["MAX_ROWS", "Segment", "write_segment"]

MAX_ROWS: Final = 1 << 24

_HEADER: Final = struct.Struct("<8sQII")
_HEADER_SIZE: Final = 64
_MAGIC: Final = b"COLOSEG1"
_CHUNK: Final = 1 << 24  # bytes; checksums are made over pieces of this size


class Segment:
    """An open segment. Searches may run in several threads at once.

    Raises:
        UnavailableError: `index-damaged`, the file is not what `write_segment` wrote; see also `check`.
        FileNotFoundError: there is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= _HEADER_SIZE:
                raise damaged(path, "it has no content")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, self.rows, self._body_crc, header_crc = _HEADER.unpack_from(self._map)
        if magic != _MAGIC or zlib.crc32(self._map[: _HEADER.size - 4]) != header_crc:
            raise damaged(path, "its header is not that of a segment")
        if not 0 < self.rows <= MAX_ROWS or size != _size(self.rows):
            raise damaged(path, f"its length does not fit {self.rows} codes")
        self.codes, self.keys, self._bands = _views(self._map, self.rows)

    def search(self, queries: NDArray[np.uint64], radius: int) -> NDArray[np.uint32]:
        """Every code within `radius` bits of a query, as (query, row, distance).

        Raises:
            UnavailableError: `index-damaged`.
        """
        way = _way(self.rows, reach_needed(radius))
        if way is None:
            return scan(self.codes, queries, radius)
        hits, left, sound = find(self.codes, self._bands, way[0], queries, radius, way[1])
        if not sound:
            raise damaged(self.path, "its bands lead outside the file")
        if not left.any():
            return hits
        scanned = scan(self.codes, queries[left], radius)
        scanned[:, 0] = np.flatnonzero(left)[scanned[:, 0]]
        return np.concatenate([hits, scanned])

    def check(self) -> None:
        """Read every byte.

        Raises:
            UnavailableError: `index-damaged`.
        """
        if _body_crc(self._map) != self._body_crc:
            raise damaged(self.path, "its checksum is wrong")


def write_segment(path: Path, parts: Sequence[tuple[NDArray[np.uint64], NDArray[np.uint64]]]) -> None:
    """Write (codes, keys) as one segment, durably but under a name that nothing refers to yet.

    Memory: 4 bytes a code beside the file's own pages.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    rows = sum(len(keys) for _, keys in parts)
    try:
        with path.open("w+b") as file:
            # Room is taken first: a full disk under a mapped file would end the process.
            os.posix_fallocate(file.fileno(), 0, _size(rows))
            # The map is not closed here, as the first call of a kernel leaves views of it to the garbage collector.
            mapped = mmap.mmap(file.fileno(), _size(rows))
            _fill(mapped, rows, parts)
            head = _HEADER.pack(_MAGIC, rows, _body_crc(mapped), 0)[: _HEADER.size - 4]
            mapped[: _HEADER.size] = head + struct.pack("<I", zlib.crc32(head))
            mapped.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


@lru_cache(maxsize=256)
def _way(rows: int, reach: int) -> tuple[Flips, int] | None:
    """Neighbours to look into, and what that costs in probes if codes are spread evenly; None if a scan is cheaper."""
    width = band_width(rows)
    even = BANDS * within(width, reach) * (1 + PROBES_PER_CANDIDATE * rows // (1 << width))
    if even * SCANNED_PER_CANDIDATE > PROBES_PER_CANDIDATE * rows:
        return None
    return Flips(*flips(width, reach + 1)), even


def _fill(mapped: mmap.mmap, rows: int, parts: Sequence[tuple[NDArray[np.uint64], NDArray[np.uint64]]]) -> None:
    """Write all but the header."""
    codes, keys, bands = _views(mapped, rows)
    np.concatenate([part for part, _ in parts], out=codes)
    np.concatenate([part for _, part in parts], out=keys)
    build_bands(codes, bands)


def _size(rows: int) -> int:
    return _HEADER_SIZE + rows * (CODE_BYTES + 8 + 3 * BANDS) + 4 * BANDS * ((1 << band_width(rows)) + 1)


def _views(mapped: mmap.mmap, rows: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64], Bands]:
    """Codes, keys and bands, where they lie in the file."""
    starts = (1 << band_width(rows)) + 1
    keys_at = _HEADER_SIZE + CODE_BYTES * rows
    directory_at = keys_at + 8 * rows
    return (
        np.frombuffer(mapped, "<u8", rows * CODE_WORDS, _HEADER_SIZE).reshape(rows, CODE_WORDS),
        np.frombuffer(mapped, "<u8", rows, keys_at),
        Bands(
            np.frombuffer(mapped, "<u4", BANDS * starts, directory_at).reshape(BANDS, starts),
            np.frombuffer(mapped, "<u1", BANDS * rows * 3, directory_at + 4 * BANDS * starts).reshape(BANDS, rows, 3),
        ),
    )


def _body_crc(mapped: mmap.mmap) -> int:
    crc = 0
    with memoryview(mapped) as view:
        for at in range(_HEADER_SIZE, len(view), _CHUNK):
            with view[at : at + _CHUNK] as chunk:
                crc = zlib.crc32(chunk, crc)
    return crc
