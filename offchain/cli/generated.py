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
    from offchain.errors import ColophonError
    from offchain.generation import Generated, Record, Runtime
    from offchain.workflows import making
    from offchain.workflows.requests import GenerationRequest

__all__ = ["Made", "Missing", "make", "new_file", "read_file", "read_record", "written"]

_ENDINGS: Final = {"text/plain": ".txt", "audio/midi": ".mid", "image/png": ".png"}
_MARK: Final = ".generation"
"""Tells what a folder's works were asked to be."""
_SECTIONS: Final = ("output", "model")


@dataclass(frozen=True, slots=True)
class Made:
    """A work, and where it and its record were written; None where they were not."""

    work: Generated
    file: Path | None = None
    record: Path | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A seed of a series that gives no work, and why."""

    seed: int
    error: ColophonError | None


def make(asked: GenerationRequest, runtime: Runtime, out: Path | None) -> Iterator[Made | Missing]:
    """Make what is asked for, and write each work as it comes.

    Args:
        asked: of any count.
        runtime: where the model runs.
        out: a new file for one work, a folder for several; works that an interrupted command wrote there are not made
            again. None writes nothing.

    Yields:
        each work by its seed; of a series, also the seeds that give none, which leave the others be.

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
    for made in _run(asked, runtime, [asked.seed], 0):
        if made.work is not None:
            yield Made(made.work) if out is None else _kept(made.work, out)


def new_file(path: Path) -> Path:
    """A path that can be written to: tried, so that nobody works for nothing.

    Raises:
        InputError: `file-exists`, or `file-unwritable`.
    """
    if path.is_dir():
        raise InputError("file-exists", f"{path} is a folder", f"name a file in it, such as {path / 'work'}")
    if path.exists():
        raise InputError("file-exists", f"{path} exists already", "choose another name, or move it away")
    if not path.parent.is_dir():
        raise InputError("file-unwritable", f"{path.parent} is not a folder", "correct the path")
    written(path, b"").unlink()
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


def read_record(path: Path, *sections: str) -> Record:
    """A record from its file, with its output, its model and the sections named.

    Raises:
        InputError: `provenance-malformed`, or `file-unreadable`.
    """
    try:
        record = json.loads(read_file(path))
    except (ValueError, RecursionError) as error:
        raise _no_record(f"{path} is no JSON") from error
    if not isinstance(record, dict):
        raise _no_record(f"{path} holds no record")
    lacking = [name for name in (*_SECTIONS, *sections) if not isinstance(record.get(name), dict)]
    if lacking:
        raise _no_record(f"{path} is no whole record: it lacks {', '.join(lacking)}")
    return record


def _no_record(why: str) -> InputError:
    return InputError("provenance-malformed", why, "name the file that colophon generate wrote beside the work")


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


def _series(asked: GenerationRequest, runtime: Runtime, folder: Path | None) -> Iterator[Made | Missing]:
    if folder is None:
        raise InputError("out-missing", f"{asked.count} works need a folder to lie in", "name one: --out FOLDER")
    _take_folder(folder, asked, runtime)
    for seeds in asked.parts.values():
        before = {seed: _found(folder, seed) for seed in seeds}
        lacking = [seed for seed, made in before.items() if made is None]
        made = _run(asked, runtime, lacking, seeds[0] - asked.seed) if lacking else []
        new = {each.seed: each for each in made}
        for seed, found in before.items():
            yield found or _outcome(new[seed], folder)


def _run(asked: GenerationRequest, runtime: Runtime, seeds: Sequence[int], done: int) -> list[making.Made]:
    from offchain.workflows.making import make_works

    title = f"generating {done + 1} to {done + len(seeds)} of {asked.count}" if asked.count > 1 else "generating"
    with progress(title) as report:

        def tell(drawn: int, most: int) -> None:
            report((done + len(seeds) * drawn / most) / asked.count, f"{drawn} of {most} steps")

        return make_works(asked, seeds, created=int(time.time()), runtime=runtime, progress=tell)


def _record_of(path: Path) -> Path:
    return path.with_name(path.name + ".provenance.json")


def _outcome(made: making.Made, folder: Path) -> Made | Missing:
    if made.work is None:
        return Missing(made.seed, made.error)
    return _kept(made.work, folder / f"{made.seed}{_ENDINGS[made.work.media_type]}")


def _kept(work: Generated, path: Path) -> Made:
    """Write a work, then its record: one that has a record is whole."""
    from offchain.generation import canonical

    return Made(work, written(path, work.data), written(_record_of(path), canonical(work.provenance)))


def _take_folder(folder: Path, asked: GenerationRequest, runtime: Runtime) -> None:
    """Make the folder, or go on with the one of the same request; how many works it shall have may change."""
    told = repr((asked.params.kind, replace(asked, seed=0, count=1), _model(asked, runtime))).encode()
    digest, mark = hashlib.sha256(told).hexdigest(), folder / _MARK
    try:
        folder.mkdir(exist_ok=True)
        if not any(folder.iterdir()):
            mark.write_text(digest)
        if not mark.is_file() or mark.read_text() != digest:
            raise InputError("folder-taken", f"{folder} holds other things", "name an empty folder, or a new one")
    except OSError as error:
        raise InputError("file-unwritable", f"{folder}: {error.strerror}", "correct --out") from error


def _model(asked: GenerationRequest, runtime: Runtime) -> tuple[str, str]:
    """Which language model, by its folder or hub id, and in which numbers; other kinds have but one."""
    if asked.params.kind != "text":
        return "", ""
    path = Path(runtime.model_path)
    return str(path.resolve() if path.is_dir() else path), runtime.dtype or "float32"


def _found(folder: Path, seed: int) -> Made | None:
    """The work of a seed that was written before; what a killed command left of one is removed.

    Raises:
        InputError: `folder-taken`: it has a record of other bytes, so somebody has worked on it since.
    """
    from offchain.generation import Generated

    for media_type, ending in _ENDINGS.items():
        path = folder / f"{seed}{ending}"
        record = _record_of(path)
        told = _told(record) if path.exists() and record.exists() else None
        if told is None:
            path.unlink(missing_ok=True)
            record.unlink(missing_ok=True)
            continue
        data = read_file(path)
        if told["output"]["sha256"] != "0x" + hashlib.sha256(data).hexdigest():
            why = f"{path} is no longer the work that {record.name} tells of"
            raise InputError("folder-taken", why, "move it away to have it made again, or name another folder")
        return Made(Generated(data, media_type, told), path, record)
    return None


def _told(record: Path) -> dict[str, Any] | None:
    """What a record says; None where it was not written to its end."""
    try:
        told: dict[str, Any] = json.loads(read_file(record))
        return told if told["output"]["sha256"] else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
