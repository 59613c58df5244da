"""The Open Clip Art Library on disk: which of its files may be learned from, why others may not, and who made them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.generation.image.classes import CLASSES, class_of
from offchain.generation.image.clipart import stated
from offchain.generation.image.drawing import draw
from offchain.generation.training.manifest import TrainingFile, TrainingManifest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Clip", "Library", "manifest", "read_library"]

_LARGEST: Final = 2_000_000  # bytes
_MOST: Final = 600
_HELD: Final = 10
_SOURCE: Final = "Debian package openclipart-svg 1:0.18+dfsg-19, /usr/share/openclipart/svg"
_NAME: Final = "Open Clip Art Library 0.18, drawings of {classes} classes"
_STATEMENT: Final = (
    "Every file's own metadata names its creator and marks it as public domain; nobody is paid unless an account is "
    "added here. Left out, because nobody can check them: {refused}. Also left out: drawings that are blank or cannot "
    "be drawn ({blank}), that look exactly like another ({twin}), what exceeds {most} of a class ({surplus}), and one "
    "in {held} of the rest, held out to measure by ({held_out}). Unknown: whether each creator's mark is true; the "
    "library took its contributors' word for it. Some flags, signs and trade marks that are drawn here are protected "
    "otherwise than by copyright."
)


@dataclass(frozen=True, slots=True)
class Clip:
    """A drawing that may be learned from.

    Attributes:
        file: its entry of the manifest.
        number: of its class.
        picture: side × side × 3 levels.
    """

    file: TrainingFile
    number: int
    picture: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Library:
    """Drawings by path.

    Attributes:
        taught: to learn from.
        held_out: to measure by.
        left_out: how many files were left out, by reason.
    """

    taught: tuple[Clip, ...]
    held_out: tuple[Clip, ...]
    left_out: Counter[str]


def read_library(folder: Path, drawn: Callable[[str], NDArray[np.uint8] | None] = draw) -> Library:
    """Read and draw every SVG of a class below `folder`, about 3 CPU minutes for the whole library.

    Args:
        folder: with the library's own folders.
        drawn: what makes a picture of an SVG's text, None where it cannot.

    Raises:
        InputError: `corpus-empty`: there is no drawing that may be learned from.
    """
    left_out, seen, found = Counter[str](), set[bytes](), list[list[Clip]]([[] for _ in CLASSES])
    for path in sorted(folder.rglob("*.svg")):
        relative = PurePosixPath(path.relative_to(folder).as_posix())
        number = class_of(relative)
        clip = "other class" if number is None else _clip(path.read_bytes(), str(relative), number, drawn)
        if not isinstance(clip, str) and _seen(clip, seen):
            clip = "twin"
        if isinstance(clip, str):
            left_out[clip] += 1
        else:
            found[clip.number].append(clip)
    kept = [clip for of_class in found for clip in _spread(of_class)]
    left_out["surplus"] = sum(map(len, found)) - len(kept)
    kept.sort(key=lambda clip: tuple(PurePosixPath(clip.file.path).parts))
    held_out = tuple(clip for clip in kept if _is_held(clip.file.path))
    taught = tuple(clip for clip in kept if not _is_held(clip.file.path))
    if not taught:
        raise InputError("corpus-empty", f"{folder} has no usable drawings", "name the folder with animals, food, …")
    return Library(taught, held_out, left_out)


def manifest(library: Library) -> TrainingManifest:
    """Every drawing that the model is taught with, and what is known of its rights and what is not."""
    out = library.left_out
    refused = ", ".join(f"{out[why]} with {why}" for why in ("no metadata", "no licence", "no creator"))
    statement = _STATEMENT.format(
        refused=refused,
        blank=out["blank"] + out["too large"],
        twin=out["twin"],
        surplus=out["surplus"],
        most=_MOST,
        held=_HELD,
        held_out=len(library.held_out),
    )
    files = tuple(clip.file for clip in library.taught)
    return TrainingManifest(_NAME.format(classes=len(CLASSES)), files, statement)


def _clip(svg: bytes, path: str, number: int, drawn: Callable[[str], NDArray[np.uint8] | None]) -> Clip | str:
    """The drawing, or why it is left out."""
    said = stated(svg)
    if said is None:
        return "no metadata"
    if said.licence is None:
        return "no licence"
    if not said.creator:
        return "no creator"
    if len(svg) > _LARGEST:
        return "too large"
    picture = drawn(svg.decode("utf-8", "replace"))
    if picture is None:
        return "blank"
    entry = TrainingFile(path, "0x" + hashlib.sha256(svg).hexdigest(), said.creator, _SOURCE, said.licence, said.title)
    return Clip(entry, number, picture)


def _seen(clip: Clip, seen: set[bytes]) -> bool:
    """Whether a drawing that looks exactly like it came before; it is noted."""
    digest = hashlib.sha256(clip.picture.tobytes()).digest()
    before = digest in seen
    seen.add(digest)
    return before


def _spread(clips: list[Clip]) -> list[Clip]:
    """At most `_MOST`, evenly over the paths: one long series shall not outweigh a class."""
    if len(clips) <= _MOST:
        return clips
    return [clips[at * (len(clips) - 1) // (_MOST - 1)] for at in range(_MOST)]


def _is_held(path: str) -> bool:
    return hashlib.sha256(path.encode()).digest()[0] % _HELD == 0
