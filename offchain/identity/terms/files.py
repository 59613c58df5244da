"""Files of the term index: runs of postings, and the manifest that says which of them count.

    manifest        the runs, oldest first, and the journal that continues them; the only file ever replaced
    run-N           a head, the directory, the entries; never changed
    journal-N       what was added since the last run (see `journal`)
    lock            held by the writer

A file is written under another name, synced, renamed, and counts once the manifest names it. Whatever the manifest does
not name is left over from a process that died.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from offchain.errors import UnavailableError
from offchain.identity.durable import sync_folder
from offchain.identity.terms.postings import BUCKETS, Postings, merged_buckets

__all__ = ["MANIFEST", "Manifest", "damaged", "read_manifest", "read_run", "write_manifest", "write_run"]

MANIFEST: Final = "manifest"
_FORMAT: Final = 1
_HEAD: Final = struct.Struct("<8sQII8x")
_MAGIC: Final = b"terms\x00\x00\x01"
_DIRECTORY_BYTES: Final = 8 * (BUCKETS + 1)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What counts.

    Attributes:
        runs: names of the runs, oldest first.
        journal: name of the journal that continues them.
        next: number of the next file.
    """

    runs: tuple[str, ...]
    journal: str
    next: int


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make a state the one that counts, all at once and durably."""
    fields = {"format": _FORMAT, "runs": manifest.runs, "journal": manifest.journal, "next": manifest.next}
    body = json.dumps(fields).encode()
    sync_folder(folder)
    with _replaced(folder / MANIFEST) as file:
        file.write(b"%s\n%08x\n" % (body, zlib.crc32(body)))
    sync_folder(folder)


def read_manifest(folder: Path) -> Manifest:
    """The state that counts.

    Raises:
        FileNotFoundError: there is none.
        UnavailableError: `term-index-damaged`.
    """
    body, _, checksum = (folder / MANIFEST).read_bytes().partition(b"\n")
    if checksum != b"%08x\n" % zlib.crc32(body):
        raise damaged(folder / MANIFEST, "its checksum is wrong")
    fields = json.loads(body)
    if fields["format"] != _FORMAT:
        raise damaged(folder / MANIFEST, f"format {fields['format']} is not known here")
    return Manifest(tuple(fields["runs"]), fields["journal"], fields["next"])


def write_run(path: Path, runs: Sequence[Postings]) -> None:
    """Merge runs into a file, bucket by bucket."""
    counts, checksum = [0], 0
    with _replaced(path) as file:
        file.seek(_HEAD.size + _DIRECTORY_BYTES)
        for entries in merged_buckets(runs):
            counts.append(len(entries))
            block = entries.astype("<u8", copy=False).data
            checksum = zlib.crc32(block, checksum)
            file.write(block)
        directory = np.cumsum(counts, dtype="<i8").tobytes()
        file.seek(0)
        file.write(_HEAD.pack(_MAGIC, sum(counts), zlib.crc32(directory), checksum) + directory)


def read_run(path: Path, *, whole: bool = False) -> Postings:
    """Map a run into memory.

    Args:
        path: a file that `write_run` wrote.
        whole: read and check all of it, not only head and directory.

    Raises:
        FileNotFoundError: the writer has merged it into another one since.
        UnavailableError: `term-index-damaged`.
    """
    with path.open("rb") as file:
        head, directory = file.read(_HEAD.size), file.read(_DIRECTORY_BYTES)
        size = file.seek(0, os.SEEK_END)
        if len(directory) < _DIRECTORY_BYTES:
            raise damaged(path, "it is too short")
        magic, count, directory_checksum, checksum = _HEAD.unpack(head)
        if magic != _MAGIC or zlib.crc32(directory) != directory_checksum:
            raise damaged(path, "its head is wrong")
        if size != _HEAD.size + _DIRECTORY_BYTES + 8 * count:
            raise damaged(path, f"{size} bytes do not hold {count} postings")
        begin = _HEAD.size + _DIRECTORY_BYTES
        # A file of no bytes cannot be mapped.
        entries = np.memmap(file, "<u8", "r", begin, (count,)) if count else np.empty(0, dtype="<u8")
    if whole and zlib.crc32(entries.data) != checksum:
        raise damaged(path, "its checksum is wrong")
    return Postings(np.frombuffer(directory, dtype="<i8"), entries)


def damaged(path: Path, what: str) -> UnavailableError:
    """The error for a file that no crash leaves behind."""
    return UnavailableError(
        "term-index-damaged",
        f"the term index cannot be trusted: {path.name}: {what}",
        "remove its folder and add every registered work again; the disk may be failing",
        file=str(path),
    )


@contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name, complete and synced, only when nothing went wrong."""
    temporary = path.with_name(path.name + ".partial")
    with temporary.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
