"""The file of a backup: a tar whose last member, `manifest.json`, has the sha256 of every other.

It is written beside its place and moved there whole; it is read in one pass into a folder, and not used before every
hash was compared. Names are ours alone: a member that would leave the folder is refused before it is written.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from offchain.errors import InputError, RefusedError, UnavailableError

__all__ = ["MANIFEST", "Bundle", "unpacked", "writing"]

MANIFEST: Final = "manifest.json"
_FORMAT: Final = 1
_BLOCK: Final = 2**20
_LONGEST_MANIFEST: Final = 2**28
_PART: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_NAME: Final = re.compile(rf"(?:home|keys|tables|journals)(?:/{_PART}){{1,4}}")


class Bundle:
    """A backup that is being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, stream: IO[bytes], size: int) -> None:
        """Append a member of so many bytes."""
        hashed = _Hashed(stream)
        self._append(name, hashed, size)
        self.members[name] = {"sha256": hashed.digest.hexdigest(), "bytes": size}

    def close(self, told: Mapping[str, Any]) -> None:
        """Append the manifest."""
        data = json.dumps({"format": _FORMAT, **told, "members": self.members}, indent=1).encode()
        self._append(MANIFEST, io.BytesIO(data), len(data))

    def _append(self, name: str, stream: Any, size: int) -> None:  # noqa: ANN401 - whatever has `read`
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, int(time.time())
        self._tar.addfile(info, stream)


class _Hashed:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.digest.update(data)
        return data


@contextmanager
def writing(path: Path) -> Iterator[Bundle]:
    """A backup to fill; it stands under its name when the block has ended, and not at all when it raises.

    Raises:
        RefusedError: `backup-exists`.
        UnavailableError: `disk-failed`.
    """
    if path.exists():
        raise RefusedError("backup-exists", f"{path} is there already", "name another file, or move that one away")
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.unlink(missing_ok=True)  # of one that was killed
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Bundle(tar)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)  # unlike a rename, never in another's place
    except FileExistsError as error:
        raise RefusedError("backup-exists", f"{path} is there already", "name another file") from error
    except OSError as error:
        raise UnavailableError(
            "disk-failed", f"{path} cannot be written: {error.strerror or error}", "make room, or name another place"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def unpacked(path: Path, folder: Path, report: Callable[[float], None]) -> dict[str, Any]:
    """Unpack a backup and compare every hash; its manifest.

    Args:
        path: the backup.
        folder: empty, for its members.
        report: told how much of the file was read, 0 to 1.

    Raises:
        InputError: `backup-unreadable`, this is no backup; `backup-damaged`, a hash differs, or something lacks.
        UnavailableError: `disk-failed`.
    """
    found: dict[str, str] = {}
    try:
        size = max(path.stat().st_size, 1)
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
            for info in tar:
                # A sparse member is as large as it says, however small the file is.
                stream = tar.extractfile(info) if info.isreg() and not info.issparse() else None
                if stream is None or info.name in found or MANIFEST in found:
                    raise _damaged(info.name)
                if info.name != MANIFEST and not _NAME.fullmatch(info.name):
                    raise _damaged(info.name)
                found[info.name] = _kept(stream, folder / info.name)
                report(file.tell() / size)
    except FileNotFoundError as error:
        raise _unreadable(path) from error
    except (tarfile.TarError, EOFError, UnicodeError) as error:
        raise _unreadable(path) if not found else _damaged("the end") from error
    except OSError as error:
        raise UnavailableError(
            "disk-failed", f"the backup cannot be unpacked: {error.strerror or error}", "make room and try again"
        ) from error
    return _compared(folder / MANIFEST, found, path)


def _compared(place: Path, found: dict[str, str], path: Path) -> dict[str, Any]:
    if found.pop(MANIFEST, None) is None:
        raise _damaged(MANIFEST) if found else _unreadable(path)
    try:
        if place.stat().st_size > _LONGEST_MANIFEST:
            raise _damaged(MANIFEST)
        manifest: dict[str, Any] = json.loads(place.read_bytes())
        told = {name: each["sha256"] for name, each in manifest["members"].items()}
        is_ours = manifest["format"] == _FORMAT
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(MANIFEST) from error
    if not is_ours:
        raise InputError("backup-newer", "the backup is of a later format", "restore with the version that made it")
    for name in sorted({*told, *found}):
        if told.get(name) != found.get(name):
            raise _damaged(name)
    return manifest


def _kept(stream: IO[bytes], place: Path) -> str:
    digest = hashlib.sha256()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := stream.read(_BLOCK):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _damaged(name: str) -> InputError:
    return InputError("backup-damaged", "the backup is not whole", "restore another one", member=name)


def _unreadable(path: Path) -> InputError:
    return InputError("backup-unreadable", f"{path} is no backup of Colophon", "name a file that colophon backup made")
