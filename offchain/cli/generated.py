"""What `colophon generate` makes, and the files that it lies in: a work, and its record beside it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offchain.cli.output import progress
from offchain.errors import InputError

if TYPE_CHECKING:
    from offchain.generation import Generated, Runtime
    from offchain.workflows.requests import GenerationRequest

__all__ = ["Made", "make", "new_file", "read_file", "written"]

_ENDINGS: Final = {"text/plain": ".txt", "audio/midi": ".mid", "image/png": ".png"}
_MARK: Final = ".generation"
"""Tells what a folder's works were asked to be."""


@dataclass(frozen=True, slots=True)
class Made:
    """A work, and where it and its record were written; None where they were not."""

    work: Generated
    file: Path | None = None
    record: Path | None = None


def make(asked: GenerationRequest, runtime: Runtime, out: Path | None) -> Iterator[Made]:
    """Make what is asked for, and write each work as it comes.

    Args:
        asked: of any count.
        runtime: where the model runs.
        out: a new file for one work, a folder for several; works that an interrupted command wrote there are not made
            again. None writes nothing.

    Raises:
        ColophonError: as `offchain.workflows.making.make_works`.
        InputError: `file-exists`, `file-unwritable`, `out-missing`, or `folder-taken`; before the model runs.
    """
    if asked.count > 1:
        yield from _series(asked, runtime, out)
        return
    if out is not None:
        new_file(out)
        new_file(_record_of(out))
    (work,) = _run(asked, runtime, [asked.seed], 0)
    yield Made(work) if out is None else _kept(work, out)


def new_file(path: Path) -> Path:
    """A path that can be written to.

    Raises:
        InputError: `file-exists`, or `file-unwritable`.
    """
    if path.exists():
        raise InputError("file-exists", f"{path} exists already", "choose another name, or move it away")
    if not path.parent.is_dir():
        raise InputError("file-unwritable", f"{path.parent} is not a folder", "correct the path")
    return path


def read_file(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        InputError: `file-unreadable`.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError("file-unreadable", f"{path} cannot be read: {error.strerror}", "correct the path") from error


def written(path: Path, data: bytes) -> Path:
    """Write a new file.

    Raises:
        InputError: `file-unwritable`.
    """
    try:
        with path.open("xb") as file:
            file.write(data)
    except OSError as error:
        why = f"{path} cannot be written: {error.strerror}"
        raise InputError("file-unwritable", why, "correct the path") from error
    return path


def _series(asked: GenerationRequest, runtime: Runtime, folder: Path | None) -> Iterator[Made]:
    if folder is None:
        raise InputError("out-missing", f"{asked.count} works need a folder to lie in", "name one: --out FOLDER")
    _take_folder(folder, asked)
    for seeds in asked.parts.values():
        before = {seed: _found(folder, seed) for seed in seeds}
        missing = [seed for seed, made in before.items() if made is None]
        made = _run(asked, runtime, missing, seeds[0] - asked.seed) if missing else []
        works = dict(zip(missing, made, strict=True))
        for seed, found in before.items():
            yield found or _kept(works[seed], folder / f"{seed}{_ENDINGS[works[seed].media_type]}")


def _run(asked: GenerationRequest, runtime: Runtime, seeds: Sequence[int], done: int) -> list[Generated]:
    from offchain.workflows.making import make_works

    title = f"generating {done + 1} to {done + len(seeds)} of {asked.count}" if asked.count > 1 else "generating"
    with progress(title) as report:

        def tell(drawn: int, most: int) -> None:
            report((done + len(seeds) * drawn / most) / asked.count, f"{drawn} of {most} steps")

        return make_works(asked, seeds, created=int(time.time()), runtime=runtime, progress=tell)


def _record_of(path: Path) -> Path:
    return path.with_name(path.name + ".provenance.json")


def _kept(work: Generated, path: Path) -> Made:
    """Write a work, then its record: one that has a record is whole."""
    from offchain.generation import canonical

    return Made(work, written(path, work.data), written(_record_of(path), canonical(work.provenance)))


def _take_folder(folder: Path, asked: GenerationRequest) -> None:
    """Make the folder, or go on with the one of the same request; how many works it shall have may change."""
    told = repr((asked.params.kind, replace(asked, seed=0, count=1))).encode()
    digest, mark = hashlib.sha256(told).hexdigest(), folder / _MARK
    try:
        folder.mkdir(exist_ok=True)
        if not any(folder.iterdir()):
            mark.write_text(digest)
        if not mark.is_file() or mark.read_text() != digest:
            raise InputError("folder-taken", f"{folder} holds other things", "name an empty folder, or a new one")
    except OSError as error:
        raise InputError("file-unwritable", f"{folder}: {error.strerror}", "correct --out") from error


def _found(folder: Path, seed: int) -> Made | None:
    """The work of a seed that was written before; what a killed command left of one is removed."""
    from offchain.generation import Generated

    for media_type, ending in _ENDINGS.items():
        path = folder / f"{seed}{ending}"
        record = _record_of(path)
        if path.exists() and record.exists() and (told := _whole(path, record)) is not None:
            return Made(Generated(path.read_bytes(), media_type, told), path, record)
        path.unlink(missing_ok=True)
        record.unlink(missing_ok=True)
    return None


def _whole(path: Path, record: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads(record.read_bytes())
        digest = "0x" + hashlib.sha256(path.read_bytes()).hexdigest()
        return told if told["output"]["sha256"] == digest else None
    except (ValueError, KeyError, TypeError):
        return None
