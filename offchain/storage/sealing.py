"""Sealed content: a master as only the holder of its content key can read it, from the start or from anywhere.

    sealed(master, key, salt)        → the bytes that are pinned; the same master, key and salt give the same bytes
    opened(ciphertext, key)          → the master again
    SealedReader(ciphertext, key)    → any part of it, by reading only the chunks that hold it

All of it streams: a few chunks are in memory, however long the content. Format: `offchain.storage.stream`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from offchain.errors import InputError
from offchain.storage.stream import CHUNK_SIZE, HEADER_SIZE, TAG_SIZE, Header, cipher_of, damaged, derive

__all__ = ["SEALED_SCHEME", "SealedReader", "opened", "read_range", "sealed", "sealed_size"]

SEALED_SCHEME: Final = "colophon-sealed-1"
"""What the metadata calls the format."""

_SEALED_CHUNK: Final = CHUNK_SIZE + TAG_SIZE


def sealed_size(size: int) -> int:
    """Bytes of the ciphertext of `size` bytes; empty content has one empty chunk."""
    return HEADER_SIZE + size + TAG_SIZE * max(1, -(-size // CHUNK_SIZE))


def sealed(master: BinaryIO, key: bytes, salt: bytes) -> Iterator[bytes]:
    """The ciphertext of a stream that is read to its end, in pieces of at most one chunk.

    Args:
        master: what is sealed.
        key: content key, 32 bytes.
        salt: 16 bytes, never used with this key for another master.

    Raises:
        InputError: `key-malformed`.
    """
    header, cipher = derive(key, salt)
    yield bytes(header)
    for index, chunk, last in _chunks(master, CHUNK_SIZE):
        yield cipher.seal(index, chunk, last=last)


def opened(ciphertext: BinaryIO, key: bytes) -> Iterator[bytes]:
    """The content of a ciphertext that is read to its end, in pieces of one chunk.

    Each piece is authentic when it comes; that nothing is missing is known only when the iterator ends without error.

    Raises:
        InputError: `sealed-malformed`, `sealed-version`, or `sealed-damaged`: changed, cut, prolonged or reordered.
        DeniedError: `key-wrong`.
    """
    cipher = cipher_of(Header.parse(_read(ciphertext, HEADER_SIZE)), key)
    for index, piece, last in _chunks(ciphertext, _SEALED_CHUNK):
        chunk = cipher.open(index, piece, last=last)
        if not chunk and index:  # only empty content ends in an empty chunk
            raise damaged(index)
        yield chunk


class SealedReader:
    """Reads any part of sealed content.

    The length is authentic: the last chunk, which alone opens as the last, is checked at once.

    Args:
        ciphertext: seekable; a file, or whatever answers `seek` and `read` by range requests.
        key: content key.

    Attributes:
        size: bytes of content.

    Raises:
        InputError: `sealed-malformed`, `sealed-version`, `sealed-damaged`.
        DeniedError: `key-wrong`.
    """

    def __init__(self, ciphertext: BinaryIO, key: bytes) -> None:
        self._ciphertext = ciphertext
        payload = ciphertext.seek(0, 2) - HEADER_SIZE
        ciphertext.seek(0)
        self._cipher = cipher_of(Header.parse(_read(ciphertext, HEADER_SIZE)), key)
        self._last = max(1, -(-payload // _SEALED_CHUNK)) - 1
        self.size = payload - TAG_SIZE * (self._last + 1)
        if not self._chunk(self._last) and self._last:
            raise damaged(self._last)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `end`.

        Raises:
            InputError: `range-unsatisfiable`, or `sealed-damaged`.
        """
        if not 0 <= start <= end <= self.size:
            raise InputError(
                "range-unsatisfiable",
                f"bytes {start} to {end} are not within the {self.size} bytes of the content",
                "ask for bytes that it has",
                size=self.size,
            )
        return self._pieces(start, end)

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        for index in range(start // CHUNK_SIZE, -(-end // CHUNK_SIZE)):
            first = index * CHUNK_SIZE
            yield self._chunk(index)[max(start - first, 0) : end - first]

    def _chunk(self, index: int) -> bytes:
        self._ciphertext.seek(HEADER_SIZE + index * _SEALED_CHUNK)
        return self._cipher.open(index, _read(self._ciphertext, _SEALED_CHUNK), last=index == self._last)


def read_range(ciphertext: BinaryIO, key: bytes, start: int, end: int) -> bytes:
    """Bytes `start` up to `end` of sealed content, in one piece; see `SealedReader`."""
    return b"".join(SealedReader(ciphertext, key).read(start, end))


def _chunks(stream: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """(index, chunk, whether it is the last); at least one chunk, which is empty when the stream is."""
    index, chunk = 0, _read(stream, size)
    while following := _read(stream, size):
        yield index, chunk, False
        index, chunk = index + 1, following
    yield index, chunk, True


def _read(stream: BinaryIO, size: int) -> bytes:
    """As many bytes as there are, up to `size`: raw streams may answer a read in smaller pieces."""
    piece = stream.read(size)
    while 0 < len(piece) < size and (more := stream.read(size - len(piece))):
        piece += more
    return piece
