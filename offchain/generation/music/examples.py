"""What the music model is taught with, step by step: pieces moved to other keys, cut, and sometimes with their melody.

Imports torch at the top: import it inside functions. Everything random comes from the generator that is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor

from offchain.generation.music.features import Conditions, Request, conditions
from offchain.generation.music.tokens import (
    END,
    FIRST,
    HIGHEST,
    HOLD,
    KEYS,
    LOWEST,
    Metre,
    Piece,
    key_number,
    pitch_of,
    sounding,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Batch", "Cut", "Example", "batch", "drawn_batch", "example", "transposed"]

FARTHEST: Final = 5
"""Semitones by which a piece is moved at most."""
WITH_MELODY: Final = 0.3
"""Part of the examples whose melody is given to the model."""
WITHOUT_KEY: Final = 0.5
"""Part of the examples whose key is kept from the model, so that it can also do without; they lie where they lie."""
BEGINNINGS: Final = 0.5
"""Part of the cuts of long pieces that begin at the beginning."""


@dataclass(frozen=True, slots=True)
class Example:
    """A piece, or a cut of one, and what the model is told of it.

    Attributes:
        frames: int64 [T, 4].
        request: what the model is told.
        whole: it begins where the piece begins, so its first frame counts.
    """

    frames: NDArray[np.int64]
    request: Request
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Cut:
    """How large batches are.

    Attributes:
        size: examples.
        length: sixteenths of the longest example.
        informed: the model is told key, metre and length; see `example`.
    """

    size: int = 4
    length: int = 256
    informed: bool = True


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples together.

    Attributes:
        frames: int64 [B, T, 4], END where an example has ended.
        given: what the model is told.
        counted: bool [B, T, 4]: tokens that it is asked for.
    """

    frames: Tensor
    given: Conditions
    counted: Tensor

    def to(self, device: str) -> Batch:
        """The same on another device."""
        return Batch(self.frames.to(device), self.given.to(device), self.counted.to(device))


def example(piece: Piece, *, informed: bool) -> Example:
    """A whole piece; `informed` tells the model key, metre and length."""
    if not informed:
        return Example(piece.frames, Request(0))
    return Example(piece.frames, Request(len(piece.frames), piece.key, piece.metre))


def transposed(piece: Piece, semitones: int) -> Piece:
    """The piece so much higher, in the key so much higher.

    Raises:
        ValueError: a note would leave the vocabulary.
    """
    frames = np.where(piece.frames >= FIRST, piece.frames + semitones, piece.frames)
    pitched = frames[piece.frames >= FIRST]
    if len(pitched) and not (pitch_of(int(pitched.min())) >= LOWEST and pitch_of(int(pitched.max())) <= HIGHEST):
        raise ValueError(f"{semitones} semitones are too many")
    if piece.key is None:
        return replace(piece, frames=frames)
    number = key_number(piece.key)
    return replace(piece, frames=frames, key=KEYS[number // 12 * 12 + (number + semitones) % 12])


def batch(examples: Sequence[Example]) -> Batch:
    """Examples side by side, on the CPU."""
    length = max(len(one.frames) for one in examples)
    frames = torch.full((len(examples), length, 4), END)
    counted = torch.zeros(frames.shape, dtype=torch.bool)
    for row, one in enumerate(examples):
        frames[row, : len(one.frames)] = torch.from_numpy(one.frames)
        counted[row, : len(one.frames)] = True
        counted[row, 0] &= one.whole
        if one.request.melody is not None:
            counted[row, :, 0] = False
    return Batch(frames, conditions([one.request for one in examples]), counted)


def drawn_batch(pieces: Sequence[Piece], limits: NDArray[np.int64], rng: np.random.Generator, cut: Cut) -> Batch:
    """A random batch.

    Args:
        pieces: to draw from, with equal chance.
        limits: [4, 2] lowest and highest onset token of each voice, which moving a piece keeps within.
        rng: the only source of chance.
        cut: its size.
    """
    chosen = [pieces[int(at)] for at in rng.integers(len(pieces), size=cut.size)]
    return batch([_drawn(piece, limits, rng, cut.length, informed=cut.informed) for piece in chosen])


def _drawn(
    piece: Piece, limits: NDArray[np.int64], rng: np.random.Generator, length: int, *, informed: bool
) -> Example:
    moved = transposed(piece, _shift(piece.frames, limits, rng))
    made = _cut(moved, rng, length, informed=informed)
    if not informed:
        return made
    request = made.request
    if rng.random() < WITH_MELODY:
        request = replace(request, melody=made.frames[:, 0].tolist())
    if rng.random() < WITHOUT_KEY:
        request = replace(request, key=None)
    return replace(made, request=request)


def _shift(frames: NDArray[np.int64], limits: NDArray[np.int64], rng: np.random.Generator) -> int:
    """Semitones that keep every voice in its limits; 0 is always among them."""
    pitched = np.where(frames >= FIRST, frames, -1)
    highest = pitched.max(axis=0)
    lowest = np.where(frames >= FIRST, frames, END).min(axis=0)
    down = max(-FARTHEST, int((limits[:, 0] - lowest).max()))
    up = min(FARTHEST, int((limits[:, 1] - highest).min()))
    return int(rng.integers(min(down, 0), max(up, 0) + 1))


def _cut(piece: Piece, rng: np.random.Generator, length: int, *, informed: bool) -> Example:
    """At most `length` frames; a note that sounds at the cut begins there, uncounted."""
    extra = len(piece.frames) - length
    start = 0 if extra <= 0 or rng.random() < BEGINNINGS else int(rng.integers(extra + 1))
    whole = example(piece, informed=informed)
    if extra <= 0:
        return whole
    frames = piece.frames[start : start + length].copy()
    frames[0] = np.where(frames[0] == HOLD, sounding(piece.frames[: start + 1])[-1], frames[0])
    request = whole.request
    if request.metre:
        metre = Metre(request.metre.beats, request.metre.unit, (request.metre.pickup - start) % request.metre.bar)
        request = replace(request, length=request.length - start, metre=metre)
    return Example(frames, request, whole=start == 0)
