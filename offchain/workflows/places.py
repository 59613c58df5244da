"""Where copies are looked for: the files of folders, and works that others registered. Feeds are in `feeds`."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from offchain.chain import work_hex
from offchain.errors import InputError, UnavailableError
from offchain.workflows.casefiles import Where
from offchain.workflows.catalogue import describe
from offchain.workflows.explaining import master_of, preview_of
from offchain.workflows.services import Services

__all__ = ["Opening", "Place", "files_of", "works_of_others"]

Opening: TypeAlias = Callable[[], AbstractContextManager[Path]]
"""Gives a file for as long as the block runs; raises InputError for what cannot be looked at."""

_LAST_WORK: Final = 2**256 - 1


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

    Raises:
        InputError: `file-unreadable`, there is nothing, or it may not be read.
    """
    if not path.is_dir():
        yield _file(path)
        return
    for folder, folders, names in os.walk(path, onerror=_refuse):
        folders.sort()
        for name in sorted(names):
            each = Path(folder, name)
            if not each.is_symlink():
                with_file = _regular(each)
                if with_file is not None:
                    yield with_file


def works_of_others(services: Services, own: Sequence[int]) -> Iterator[Place]:
    """Registered works that are not among `own`; each by its master, if this machine has it, else by its preview."""
    with services.store.snapshot() as tx:
        works = set(tx.events.works_between(0, _LAST_WORK)) - set(own)
        titles = {work: tx.events.title(work) for work in works}
    for work, title in sorted(titles.items()):
        if title is not None:
            key = hashlib.sha256(f"work:{work_hex(work)}".encode()).digest()
            where = Where("work", work_hex(work))
            yield Place(key, title.metadata_digest.hex(), where, partial(_work_file, services, work), work)


def _refuse(error: OSError) -> None:
    raise InputError(
        "file-unreadable",
        f"{error.filename} cannot be read: {error.strerror}",
        "name folders that you may read",
    ) from error


def _regular(path: Path) -> Place | None:
    """A file among others: one that has gone meanwhile is no error, and devices and pipes are no files."""
    try:
        return _file(path) if path.is_file() else None
    except InputError:
        return None


def _file(path: Path) -> Place:
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(
            "file-unreadable", f"{path} cannot be read: {error.strerror}", "name a file, a folder or a feed's URL"
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise InputError("file-unreadable", f"{path} is no file", "name a file, a folder or a feed's URL")
    key = hashlib.sha256(b"file:" + os.fsencode(path.resolve())).digest()
    # Names are bytes; what is no text in them cannot stand in a record.
    name = os.fsencode(path.name).decode(errors="replace")
    return Place(key, f"{status.st_size}:{status.st_mtime_ns}", Where("file", name), partial(_kept, path))


@contextmanager
def _kept(path: Path) -> Iterator[Path]:
    yield path


@contextmanager
def _work_file(services: Services, work: int) -> Iterator[Path]:
    """A file of somebody else's work.

    Raises:
        InputError: `no-rendition`, the work has none that may be seen.
        UnavailableError: `rendition-missing`, it has one that does not come just now.
    """
    view = describe(services, work)
    for showing in (master_of, preview_of):
        with showing(services, work) as side:
            if side is not None:
                yield side.path
                return
    if view.unreachable or (view.metadata is not None and view.metadata.renditions):
        raise UnavailableError("rendition-missing", "its preview does not come from IPFS", "scan again later")
    raise InputError("no-rendition", "nothing of it is public", "ask its holder for the file")
