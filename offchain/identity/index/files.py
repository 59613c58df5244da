"""The files of an index: opened as one state, and changed from one state to the next.

A change writes new files, makes them durable, replaces the manifest, and only then removes what it no longer names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from offchain.identity.durable import damaged, sync_folder
from offchain.identity.index.manifest import Manifest, publish, read_manifest, remove_strays
from offchain.identity.index.segment import MAX_ROWS, Segment, write_segment
from offchain.identity.index.tail import Tail

__all__ = ["Part", "State", "due", "load", "rewrite", "start"]

Part: TypeAlias = tuple[NDArray[np.uint64], NDArray[np.uint64]]
"""Codes and their keys."""

_ATTEMPTS: Final = 100
_REBUILT_ROWS: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class State:
    """An index at one moment, all of its files open."""

    manifest: Manifest
    segments: tuple[Segment, ...]
    tail: Tail

    def parts(self) -> list[Part]:
        """All codes and keys, where they lie."""
        return [
            *((segment.codes, segment.keys) for segment in self.segments),
            (self.tail.rows.codes, self.tail.rows.keys),
        ]


def load(folder: Path, known: State | None = None) -> State:
    """The state of the files now; what of `known` still holds is not opened again.

    Raises:
        FileNotFoundError: the folder holds no index.
        UnavailableError: `index-damaged`.
    """
    missing: Path | None = None
    for _ in range(_ATTEMPTS):
        manifest = read_manifest(folder)
        if missing is not None and missing.name in {*manifest.segments, manifest.tail} and not missing.exists():
            raise damaged(missing, "it is missing")
        try:
            return _opened(folder, manifest, known)
        except FileNotFoundError as error:
            # A writer has removed it since the manifest was read: the next manifest does not name it.
            missing = Path(error.filename)
    raise damaged(folder, "its files change faster than they can be opened")


def _opened(folder: Path, manifest: Manifest, known: State | None) -> State:
    if known is None:
        return State(
            manifest, tuple(Segment(folder / name) for name in manifest.segments), Tail(folder / manifest.tail)
        )
    opened = {segment.path.name: segment for segment in known.segments}
    segments = tuple(opened.get(name) or Segment(folder / name) for name in manifest.segments)
    if manifest.tail != known.manifest.tail:
        return State(manifest, segments, Tail(folder / manifest.tail))
    known.tail.read()
    return State(manifest, segments, known.tail)


def rewrite(folder: Path, state: State, merged: Sequence[Segment], added: Part) -> State:
    """Make segments of the tail, of `merged` and of what is added; the new tail is empty. The caller holds the lock.

    Raises:
        OSError: the folder cannot be written; nothing has changed.
    """
    rows = state.tail.rows
    parts = [(rows.codes, rows.keys), *((segment.codes, segment.keys) for segment in merged), added]
    kept = tuple(segment.path.name for segment in state.segments if segment not in merged)
    _publish(folder, replace(state.manifest, segments=kept), _pieces(parts, MAX_ROWS))
    return load(folder, state)


def start(folder: Path, parts: Iterable[Part]) -> None:
    """Make a new index of these parts in place of whatever was there. The caller holds the lock.

    Memory: 80 MB beside the largest part.

    Raises:
        OSError: the folder cannot be written; nothing has changed.
    """
    _publish(folder, Manifest.new(), _pieces(parts, _REBUILT_ROWS))


def due(segments: Sequence[Segment], rows: int) -> list[Segment]:
    """Segments to merge with `rows` new codes: those no larger. What stays is larger than what is made of them."""
    merged: list[Segment] = []
    for segment in sorted(segments, key=lambda segment: segment.rows):
        if segment.rows > rows or segment.rows + rows > MAX_ROWS:
            break
        merged.append(segment)
        rows += segment.rows
    return merged


def _publish(folder: Path, manifest: Manifest, pieces: Iterable[list[Part]]) -> None:
    names = []
    for piece in pieces:
        name, manifest = manifest.named("segment")
        write_segment(folder / name, piece)
        names.append(name)
    tail, manifest = manifest.named("tail")
    (folder / tail).touch()
    sync_folder(folder)
    manifest = replace(manifest, segments=(*manifest.segments, *names), tail=tail)
    publish(folder, manifest)
    remove_strays(folder, manifest)


def _pieces(parts: Iterable[Part], size: int) -> Iterator[list[Part]]:
    """The rows of all parts, `size` at a time, without copying."""
    piece: list[Part] = []
    room = size
    for codes, keys in parts:
        at = 0
        while at < len(keys):
            taken = slice(at, at + room)
            piece.append((codes[taken], keys[taken]))
            at += len(keys[taken])
            room -= len(keys[taken])
            if room == 0:
                yield piece
                piece, room = [], size
    if piece:
        yield piece
