"""Unsealing: from a content key to the master, which is believed only once its sha256 is the work's id."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from offchain.chain import work_hex
from offchain.errors import InputError, UnavailableError
from offchain.storage.remote import RemoteStream
from offchain.storage.sealing import opened
from offchain.workflows.metadata import Rendition
from offchain.workflows.services import Services

__all__ = ["open_content"]


def open_content(
    services: Services,
    work: int,
    rendition: Rendition,
    key: bytes,
    place: Path,
    report: Callable[[int], None] = lambda _: None,
) -> int:
    """Fetch and decrypt a work into a new file, readable by this user alone; its size in bytes.

    Args:
        services: whose IPFS node has the sealed rendition.
        work: whose master it must be.
        rendition: the sealed one.
        key: the work's content key.
        place: where the master shall lie; what is not verified to its end never lies there.
        report: told how many bytes are decrypted so far.

    Raises:
        InputError: `file-exists`, `file-unwritable`, `sealed-damaged`, or as `opened`.
        DeniedError: `key-wrong`.
        NotFoundError: `content-not-found`.
        UnavailableError: `content-foreign`, the content is another file than the work; or the IPFS node's reason.
    """
    if place.exists():
        raise InputError("file-exists", f"{place} is there already", "name a new file")
    try:
        with RemoteStream(services.ipfs.open(rendition.cid, rendition.size)) as ciphertext, _growing(place) as out:
            return _decrypt(cast("BinaryIO", ciphertext), key, work, out, report)
    except OSError as error:
        raise InputError(
            "file-unwritable", f"{place} cannot be written: {error.strerror}", "name a file that you may write"
        ) from error


@contextmanager
def _growing(place: Path) -> Iterator[BinaryIO]:
    """A file that lies at its place once the block ends, and nowhere when it raises.

    In a folder that others may write to nobody can have put a file or a link under its name: that is not to be guessed.
    """
    part = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _decrypt(ciphertext: BinaryIO, key: bytes, work: int, out: BinaryIO, report: Callable[[int], None]) -> int:
    size, digest = 0, hashlib.sha256()
    for piece in opened(ciphertext, key):
        out.write(piece)
        digest.update(piece)
        size += len(piece)
        report(size)
    if int.from_bytes(digest.digest(), "big") != work:
        raise UnavailableError(
            "content-foreign",
            "what the key opens is not the registered work",
            "tell the holder: the sealed rendition is of another file",
            work=work_hex(work),
            sha256="0x" + digest.hexdigest(),
        )
    return size
