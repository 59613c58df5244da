"""A file on IPFS as a binary stream, for readers that know files and nothing of IPFS."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Protocol

__all__ = ["RemoteStream"]


class _File(Protocol):
    """What is read: `offchain.storage.reading.RemoteFile`, or anything that hands out ranges."""

    @property
    def size(self) -> int: ...

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]: ...


class RemoteStream(io.RawIOBase):
    """Reads on in one answer as long as nobody seeks elsewhere; every byte is as true as the file's own.

    Args:
        file: a file whose `read(start, end)` yields the bytes of a range.
    """

    def __init__(self, file: _File) -> None:
        super().__init__()
        self._file = file
        self._at = 0
        self._pieces: Iterator[bytes] = iter(())
        self._piece = memoryview(b"")
        self._stands = False

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; the answer that is under way ends unless the place is the present one."""
        place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._file.size}[whence]
        if place != self._at:
            self._drop()
            self._at = place
        return place

    def tell(self) -> int:
        """Bytes before the next one."""
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # whatever has a buffer will do
        """Fill as much of the buffer as came; 0 at the end."""
        if not self._stands:
            self._pieces, self._stands = self._file.read(self._at), True
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = memoryview(piece)
        count = min(len(buffer), len(self._piece))
        buffer[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        self._at += count
        return count

    def close(self) -> None:
        """End the answer that is under way."""
        self._drop()
        super().close()

    def _drop(self) -> None:
        close = getattr(self._pieces, "close", None)  # a generator's, which ends the transfer
        if close is not None:
            close()
        self._pieces, self._piece, self._stands = iter(()), memoryview(b""), False
