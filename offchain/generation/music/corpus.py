"""The chorales that the music model is taught with, their keys, and a split of which no tune is on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.generation.music.musicxml import Score, read_score
from offchain.generation.music.tokens import FIRST, KEYS, Piece, pitch_of, sounding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Chorale", "Corpus", "estimated_key", "read_corpus", "split", "tunes"]

_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
"""How well each degree fits a key (Krumhansl and Kessler 1982), from the tonic."""
_FINAL: Final = 0.25
"""Added to the correlation of keys whose tonic the piece's last bass note is."""
_WINDOW: Final = 7
"""Intervals of a melody that make a fingerprint of its tune."""
_SHARED: Final = 0.3
"""Two melodies that share this part of the shorter one's fingerprints are the same tune."""


@dataclass(frozen=True, slots=True)
class Chorale:
    """A piece with the file that it is from."""

    path: str
    piece: Piece
    score: Score


@dataclass(frozen=True, slots=True)
class Corpus:
    """Chorales in the order of their paths, and why other files were left out, by path."""

    chorales: tuple[Chorale, ...]
    skipped: dict[str, str]


def read_corpus(folder: Path) -> Corpus:
    """Read every .mxl file of a folder.

    Raises:
        InputError: `corpus-empty`: none of them is a four-part chorale.
    """
    chorales, skipped = list[Chorale](), dict[str, str]()
    for path in sorted(folder.glob("*.mxl")):
        try:
            score = read_score(path.read_bytes())
        except InputError as error:
            skipped[path.name] = error.message
            continue
        chorales.append(Chorale(path.name, replace(score.piece, key=estimated_key(score.piece.frames)), score))
    if not chorales:
        raise InputError("corpus-empty", f"{folder} has no four-part scores", "name the folder with the .mxl files")
    return Corpus(tuple(chorales), skipped)


def estimated_key(frames: NDArray[np.int64]) -> str:
    """The key whose profile the sounding pitch classes fit best; the last bass note counts for its own two keys."""
    import numpy as np

    sound = sounding(frames)
    classes = (sound[sound >= FIRST] - FIRST + pitch_of(FIRST)) % 12
    weights = np.bincount(classes, minlength=12).astype(float)
    profiles = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    fits = np.array([np.corrcoef(profile, weights)[0, 1] for profile in profiles])
    bass = sound[:, 1][sound[:, 1] >= FIRST]
    if len(bass):
        final = pitch_of(int(bass[-1])) % 12
        fits[[final, final + 12]] += _FINAL
    return KEYS[int(np.nanargmax(fits))]


def tunes(pieces: Sequence[Piece]) -> list[int]:
    """A number per piece; pieces whose melodies are the same tune, in any key, have the same."""
    prints = [_fingerprints(piece) for piece in pieces]
    group = list(range(len(pieces)))
    for one in range(len(pieces)):
        for other in range(one):
            least = min(len(prints[one]), len(prints[other]))
            if least and len(prints[one] & prints[other]) >= _SHARED * least and group[one] != group[other]:
                joined, kept = group[one], group[other]
                group = [kept if number == joined else number for number in group]
    return group


def _fingerprints(piece: Piece) -> set[tuple[int, ...]]:
    melody = [pitch_of(int(token)) for token in piece.frames[:, 0] if token >= FIRST]
    steps = [after - before for before, after in pairwise(melody)]
    return {tuple(steps[at : at + _WINDOW]) for at in range(len(steps) - _WINDOW + 1)}


def split(pieces: Sequence[Piece], parts: Sequence[float]) -> list[list[int]]:
    """Positions of the pieces of each part; a tune is in one part only.

    Args:
        pieces: in a stable order.
        parts: shares of the pieces, which add up to 1; the last part takes what is left.
    """
    group = tunes(pieces)
    whole: dict[int, list[int]] = {}
    for at, number in enumerate(group):
        whole.setdefault(number, []).append(at)
    chosen: list[list[int]] = [[] for _ in parts]
    for members in sorted(whole.values(), key=_drawn):
        # The part that is emptiest against its share takes the next tune.
        part = min(range(len(parts)), key=lambda part: (len(chosen[part]) + len(members)) / parts[part])
        chosen[part] += members
    return [sorted(part) for part in chosen]


def _drawn(members: Iterable[int]) -> tuple[int, bytes]:
    """Largest tunes first, so that shares are met; equals in an order that no alphabet decides."""
    import hashlib

    listed = list(members)
    return -len(listed), hashlib.sha256(repr(listed).encode()).digest()
