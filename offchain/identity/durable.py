"""Files that a dying process or a power cut leaves either as they were or as they were to be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from offchain.errors import UnavailableError

__all__ = ["damaged", "replace_file", "sync_folder", "writing"]


def replace_file(path: Path, content: bytes) -> None:
    """Put new content under a name, at once and for good.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Name the cause when the disk refuses.

    Raises:
        UnavailableError: `index-unwritable`.
    """
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            "index-unwritable",
            f"the similarity index in {folder} cannot be written: {error.strerror or error}",
            "make room on the disk, or give the service a folder of its own",
        ) from error


def damaged(path: Path, why: str) -> UnavailableError:
    """The error for a file that cannot be what was written."""
    return UnavailableError(
        "index-damaged",
        f"the similarity index is damaged: {path.name}: {why}",
        "rebuild it from the store: it holds nothing else",
        path=str(path),
    )
