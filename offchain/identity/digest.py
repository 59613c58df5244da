"""The identity of a work: the sha256 of its master, read as a number.

Whoever holds the master can compute the id; nobody needs us for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from offchain.errors import InputError

__all__ = ["blocks", "open_master", "work_id"]

_BLOCK: Final = 2**20


def work_id(master: bytes | BinaryIO) -> int:
    """`uint256(sha256(master))`, the id of a work on every chain.

    Args:
        master: the exact bytes, or a binary stream that is read to its end in blocks.

    Raises:
        InputError: `file-empty`; the registry refuses sha256("") too.
    """
    digest = hashlib.sha256()
    size = 0
    for block in blocks(BytesIO(master) if isinstance(master, bytes) else master):
        digest.update(block)
        size += len(block)
    if size == 0:
        raise _empty()
    return int.from_bytes(digest.digest(), "big")


@contextmanager
def open_master(source: bytes | Path, limit: int) -> Iterator[BinaryIO]:
    """Open a master for several passes over the same bytes.

    Args:
        source: the bytes, or the path of a regular file.
        limit: largest accepted size, in bytes.

    Raises:
        InputError: `file-unreadable`, `file-empty` or `file-oversized`.
    """
    try:
        stream: BinaryIO = BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    except OSError as error:
        raise InputError(
            "file-unreadable", f"{source!s} cannot be read: {error.strerror}", "name a file that you may read"
        ) from error
    with stream:
        size = stream.seek(0, 2)
        if size == 0:
            raise _empty()
        if size > limit:
            raise InputError(
                "file-oversized",
                f"the file has {size} bytes, more than the limit of {limit}",
                "submit a smaller file, or raise COLOPHON_MAX_UPLOAD",
                size=size,
                limit=limit,
            )
        stream.seek(0)
        yield stream


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Read a stream to its end, 1 MiB at a time."""
    while block := stream.read(_BLOCK):
        yield block


def _empty() -> InputError:
    return InputError("file-empty", "the file has no bytes", "submit the finished work")
