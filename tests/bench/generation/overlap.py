"""What influence is compared with: how much two pieces have in common, by tunes and harmonies of a few notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from offchain.generation.music.tokens import FIRST, HOLD, Piece, key_number, pitch_of, sounding

__all__ = ["overlaps"]

_LENGTHS = (3, 4, 5, 6)


def overlaps(taught: Sequence[Piece], made: Sequence[Piece]) -> NDArray[np.float64]:
    """Cosine [made, taught] of counts of n-grams of pitch classes over the tonic, rare ones weighing more (tf-idf)."""
    grams = [_grams(piece) for piece in (*taught, *made)]
    spread = Counter(gram for counted in grams[: len(taught)] for gram in counted)
    place = {gram: at for at, gram in enumerate(spread)}
    rarity = np.log(len(taught) / np.array(list(spread.values())))
    rows = np.zeros((len(grams), len(place)))
    for row, counted in zip(rows, grams, strict=True):
        known = [gram for gram in counted if gram in place]
        row[[place[gram] for gram in known]] = [np.log1p(counted[gram]) for gram in known]
    rows *= rarity
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-12
    return np.asarray(rows[len(taught) :] @ rows[: len(taught)].T)


def _grams(piece: Piece) -> Counter[tuple[object, ...]]:
    """Of each voice's notes, and of the chords at every onset, in the piece's own key."""
    tonic = key_number(piece.key) % 12
    chords = sounding(piece.frames)[(piece.frames != HOLD).any(axis=1)]
    lines = [voice[voice >= FIRST] for voice in piece.frames.T]
    streams: list[list[object]] = [[(pitch_of(int(token)) - tonic) % 12 for token in line] for line in lines]
    streams.append(
        [tuple((pitch_of(int(token)) - tonic) % 12 for token in chord if token >= FIRST) for chord in chords]
    )
    return Counter(
        (number, *stream[at : at + length])
        for number, stream in enumerate(streams)
        for length in _LENGTHS
        for at in range(len(stream) - length + 1)
    )
