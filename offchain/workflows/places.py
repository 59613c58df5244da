"""Where copies are looked for: the files of folders, and works that others registered. Feeds are in `feeds`."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from offchain.chain import work_hex
from offchain.errors import InputError, UnavailableError
from offchain.workflows.casefiles import Where
from offchain.workflows.catalogue import describe
from offchain.workflows.explaining import master_of, preview_of
from offchain.workflows.services import Services

__all__ = ["Opening", "Place", "files_of", "works_of_others"]

Opening: TypeAlias = Callable[[], AbstractContextManager[Path]]
"""Gives a file for as long as the block runs; raises InputError for what cannot be looked at."""


@dataclass(frozen=True, slots=True)
class Place:
    """One file to be looked at.

    Attributes:
        key: sha256 of where it is, by which it is known again.
        stamp: changes when the file does, e.g. its size and time.
        where: it is, as a case file may tell it.
        opened: the file.
        work: the registered work that it belongs to, where it is one's.
    """

    key: bytes
    stamp: str
    where: Where
    opened: Opening
    work: int | None = None


def files_of(path: Path) -> Iterator[Place]:
    """A file, or every file of a folder and the folders in it, in the order of their names. Links are not followed.

    Folders in it that may not be read are places that fail when they are opened.

    Raises:
        InputError: `file-unreadable`, there is nothing, or it may not be read.
    """
    if not path.is_dir():
        yield _file(path)
        return
    closed: list[OSError] = []
    for folder, folders, names in os.walk(path, onerror=closed.append):
        folders.sort()
        for name in sorted(names):
            place = _regular(Path(folder, name))
            if place is not None:
                yield place
    for error in closed:
        if Path(error.filename) == path:
            raise _unreadable(path, error.strerror) from error
        yield _place(Path(error.filename), "", partial(_closed, error))


def works_of_others(services: Services, holder: str) -> Iterator[Place]:
    """Registered works that are not the holder's; each by its master, if this machine has it, else by its preview."""
    with services.store.snapshot() as tx:
        works = tx.events.works_not_held_by(holder)
    for work, metadata in works:
        name = work_hex(work)
        key = hashlib.sha256(f"work:{name}".encode()).digest()
        yield Place(key, metadata.hex(), Where("work", name), partial(_work_file, services, work), work)


def _regular(path: Path) -> Place | None:
    """A file among others: one that has gone meanwhile is no error, and links, devices and pipes are no files."""
    try:
        return None if path.is_symlink() or not path.is_file() else _file(path)
    except (InputError, OSError):
        return None


def _file(path: Path) -> Place:
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error.strerror) from error
    if not stat.S_ISREG(status.st_mode):
        raise _unreadable(path, "it is no file")
    return _place(path, f"{status.st_size}:{status.st_mtime_ns}", partial(_kept, path))


def _place(path: Path, stamp: str, opened: Opening) -> Place:
    key = hashlib.sha256(b"file:" + os.fsencode(path.absolute())).digest()
    # Names are bytes; what is no text in them cannot stand in a record.
    return Place(key, stamp, Where("file", os.fsencode(path.name).decode(errors="replace")), opened)


def _unreadable(path: Path, why: str | None) -> InputError:
    return InputError(
        "file-unreadable", f"{path} cannot be read: {why}", "name a file, a folder or a feed's URL that you may read"
    )


@contextmanager
def _kept(path: Path) -> Iterator[Path]:
    yield path


@contextmanager
def _closed(error: OSError) -> Iterator[Path]:
    raise _unreadable(Path(error.filename), error.strerror) from error
    yield


@contextmanager
def _work_file(services: Services, work: int) -> Iterator[Path]:
    """A file of somebody else's work.

    Raises:
        InputError: `no-rendition`, the work has none that may be seen.
        UnavailableError: `rendition-missing`, it has one that does not come just now.
    """
    view = describe(services, work)
    if view.unreachable:  # asking again for what did not come takes as long again
        raise _missing()
    for showing in (master_of, preview_of):
        with showing(services, work) as side:
            if side is not None:
                yield side.path
                return
    if view.metadata is not None and view.metadata.renditions:
        raise _missing()
    raise InputError("no-rendition", "nothing of it is public", "ask its holder for the file")


def _missing() -> UnavailableError:
    return UnavailableError("rendition-missing", "its preview does not come from IPFS", "scan again later")
