"""The vault: masters on this machine's disk, by their sha256, readable by this user alone.

A master is never pinned: IPFS gets renditions only. Files come in through a spool and move into place in one rename,
so a file under `masters/` is complete. Under `files/` lies, by work and CID, what is pinned once its registrant signs.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import BinaryIO, Final, TypeAlias

from offchain.errors import ColophonError, InputError, NotFoundError, UnavailableError
from offchain.storage import local_cid

__all__ = ["Source", "Vault"]

Source: TypeAlias = bytes | Path | BinaryIO
"""A file to be taken in."""

_BLOCK: Final = 2**20
_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,10}")


class Vault:
    """Masters under `folder`.

    Args:
        folder: made when it is first written to.
        limit: largest file taken in, in bytes.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._masters = folder / "masters"
        self._features = folder / "features"
        self._files = folder / "files"
        self._spool = folder / "spool"
        self._limit = limit

    def spool(self, source: Source, name: str | None = None) -> Path:
        """Copy a file into the spool; the caller keeps it with `keep` or removes it with `drop`.

        Args:
            source: the bytes, a path, or a binary stream that is read from its start to its end.
            name: file name where the source has none; of it only the suffix counts, which tells Markdown from text.

        Raises:
            InputError: `file-unreadable` or `file-oversized`; nothing is left behind.
            UnavailableError: `disk-failed`, e.g. full.
        """
        if isinstance(source, bytes):
            return self._take(iter([source]), name)
        if not isinstance(source, Path):
            source.seek(0)
            return self._take(_blocks(source), name)
        try:
            stream = source.open("rb")
        except OSError as error:
            raise InputError(
                "file-unreadable", f"{source} cannot be read: {error.strerror}", "name a file that you may read"
            ) from error
        with stream:
            return self._take(_blocks(stream), name or source.name)

    def keep(self, spooled: Path, work: int) -> Path:
        """Move a spooled file to its place; keeping the same master again changes nothing.

        Raises:
            UnavailableError: `disk-failed`.
        """
        place = self._place(work)
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            spooled.replace(place)
        except OSError as error:
            raise _disk(error) from error
        return place

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty file in the spool, for the block that fills it and is done with it.

        Raises:
            UnavailableError: `disk-failed`, whatever in the block could not be read or written.
        """
        try:
            spooled = self._empty("")
            try:
                yield spooled
            finally:
                self.drop(spooled)
        except OSError as error:
            raise _disk(error) from error

    def keep_features(self, features: bytes, work: int) -> None:
        """Keep what a work will be recognised by, beside its master; keeping the same again changes nothing.

        Raises:
            UnavailableError: `disk-failed`.
        """
        self._write(self._features / f"{work:064x}", features)

    def features(self, work: int) -> bytes | None:
        """What was kept by `keep_features`; None for a featureless work."""
        place = self._features / f"{work:064x}"
        return place.read_bytes() if place.exists() else None

    def keep_file(self, data: bytes, work: int) -> str:
        """Keep a small public file of a work until it is pinned, and for repairs after that; its CID.

        Raises:
            UnavailableError: `disk-failed`.
        """
        cid = local_cid(data)
        self._write(self._files / f"{work:064x}" / cid, data)
        return cid

    def file(self, cid: str, work: int) -> bytes | None:
        """What was kept by `keep_file` under this CID; None where it is not there, or is damaged."""
        place = self._files / f"{work:064x}" / cid
        data = place.read_bytes() if place.exists() else b""
        return data if local_cid(data) == cid else None

    def files(self, work: int) -> tuple[str, ...]:
        """CIDs of what was kept by `keep_file` for a work."""
        return tuple(sorted(path.name for path in (self._files / f"{work:064x}").glob("*")))

    def touch(self, work: int) -> None:
        """Note that something of a work is being pinned.

        Raises:
            UnavailableError: `disk-failed`.
        """
        place = self._files / f"{work:064x}"
        try:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.utime(place)
        except OSError as error:
            raise _disk(error) from error

    def touched(self, work: int) -> float:
        """When a work was last handed in, drafted or pinned, Unix seconds; 0 for one that is not here."""
        places = (self._place(work), self._files / f"{work:064x}")
        return max((place.stat().st_mtime for place in places if place.exists()), default=0.0)

    def works(self) -> tuple[int, ...]:
        """Works whose master lies here."""
        return tuple(sorted(int(path.name, 16) for path in self._masters.glob("[0-9a-f]" * 64)))

    def drop(self, spooled: Path) -> None:
        """Forget a spooled file."""
        spooled.unlink(missing_ok=True)

    def sweep(self, age: float = 86_400.0) -> None:
        """Remove what killed processes left in the spool more than `age` seconds ago."""
        before = time.time() - age
        for spooled in self._spool.glob("*"):
            with suppress(FileNotFoundError):  # another process sweeps, too, or has kept the file meanwhile
                if spooled.stat().st_mtime < before:
                    self.drop(spooled)

    def master(self, work: int) -> Path:
        """Where the master of a work lies.

        Raises:
            NotFoundError: `master-missing`.
            UnavailableError: `master-damaged`, the bytes are not the work's any more.
        """
        place = self._place(work)
        if not place.exists():
            raise NotFoundError("master-missing", "this machine does not have the master", "submit the file again")
        with place.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").digest()
        if int.from_bytes(digest, "big") != work:
            raise UnavailableError(
                "master-damaged", "the master on disk is damaged", "check the disk and submit the file again"
            )
        return place

    def _write(self, place: Path, data: bytes) -> None:
        """A file of our own making: the limit on what users hand in does not count."""
        spooled = self._empty("")
        try:
            spooled.write_bytes(data)
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            spooled.replace(place)
        except OSError as error:
            raise _disk(error) from error

    def _take(self, pieces: Iterator[bytes], name: str | None) -> Path:
        spooled = self._empty(PurePath(name or "").suffix)
        try:
            with spooled.open("wb") as stream:
                size = 0
                for piece in pieces:
                    size += len(piece)
                    self._require_size(size)
                    stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            self.drop(spooled)
            raise _disk(error) from error
        except ColophonError:  # too large, or what it is read from failed
            self.drop(spooled)
            raise
        return spooled

    def _empty(self, suffix: str) -> Path:
        try:
            self._spool.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, path = tempfile.mkstemp(suffix if _SUFFIX.fullmatch(suffix) else "", dir=self._spool)
        except OSError as error:
            raise _disk(error) from error
        os.close(handle)
        return Path(path)

    def _place(self, work: int) -> Path:
        return self._masters / f"{work:064x}"

    def _require_size(self, size: int) -> None:
        if size > self._limit:
            raise InputError(
                "file-oversized",
                f"the file has more than {self._limit} bytes",
                "submit a smaller file, or raise COLOPHON_MAX_UPLOAD",
                limit=self._limit,
            )


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def _disk(error: OSError) -> UnavailableError:
    return UnavailableError(
        "disk-failed", f"the vault cannot be written: {error.strerror}", "make room under COLOPHON_HOME, then try again"
    )
