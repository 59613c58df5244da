"""Unsealing: from a content key to the master, which is believed only once its sha256 is the work's id."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
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
    part = place.with_name(f".{place.name}.part")
    try:
        with RemoteStream(services.ipfs.open(rendition.cid, rendition.size)) as ciphertext:
            size = _decrypt(cast("BinaryIO", ciphertext), key, work, part, report)
        part.replace(place)
    except OSError as error:
        raise InputError(
            "file-unwritable", f"{place} cannot be written: {error.strerror}", "name a file that you may write"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return size


def _decrypt(ciphertext: BinaryIO, key: bytes, work: int, part: Path, report: Callable[[int], None]) -> int:
    size, digest = 0, hashlib.sha256()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
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
