"""What the music model reads beside the tokens: key, place in the bar, frames left, melody to come, notes held.

Imports torch at the top: import it inside functions. Pitches are moved so that every key has the scale of C major or
A minor, which makes one key's examples teach all of them; a piece of unknown key stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from offchain.generation.music.tokens import END, FIRST, HIGHEST, HOLD, LOWEST, REST, UNKNOWN_KEY, Metre, key_number

__all__ = ["AGES", "BAR", "LEFT", "MODES", "ORIGINS", "SIZE", "Conditions", "Request", "conditions", "held", "moves",
           "times", "to_inner", "to_outer"]  # fmt: skip

_DOWN: Final = 6
_UP: Final = 5
SIZE: Final = FIRST + HIGHEST - LOWEST + 1 + _DOWN + _UP + 1
"""Tokens that the network knows inside: HOLD, REST, onsets of all moved pitches, END."""
MODES: Final = 3
ORIGINS: Final = _DOWN + _UP + 2
BAR: Final = 65
LEFT: Final = 64
AGES: Final = 17


@dataclass(frozen=True, slots=True)
class Request:
    """What one piece shall be.

    Attributes:
        length: sixteenths, 0 when unknown.
        key: one of `tokens.KEYS`, None when unknown.
        metre: None when unknown.
        melody: soprano tokens known beforehand, END where none is given.
    """

    length: int
    key: str | None = None
    metre: Metre | None = None
    melody: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """Requests as int64 tensors.

    Attributes:
        key: [B] number of the key, `UNKNOWN_KEY` for none.
        bar: [B] sixteenths per bar, 0 for unknown.
        pickup: [B] sixteenths before the first bar line.
        length: [B] sixteenths, 0 for unknown.
        melody: [B, T] soprano tokens, END where unknown; None when no piece has any.
        latent: [B, width] of the network, told to it at every frame; None for nothing.
    """

    key: Tensor
    bar: Tensor
    pickup: Tensor
    length: Tensor
    melody: Tensor | None = None
    latent: Tensor | None = None

    def to(self, device: str) -> Conditions:
        """The same on another device."""
        key, bar, pickup, length = (tensor.to(device) for tensor in (self.key, self.bar, self.pickup, self.length))
        melody = None if self.melody is None else self.melody.to(device)
        latent = None if self.latent is None else self.latent.to(device)
        return Conditions(key, bar, pickup, length, melody, latent)


def conditions(requests: Sequence[Request], device: str = "cpu") -> Conditions:
    """Requests as one batch.

    Raises:
        InputError: `key-unknown`.
    """

    def column(values: Sequence[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.int64, device=device)

    return Conditions(
        column([key_number(request.key) for request in requests]),
        column([request.metre.bar if request.metre else 0 for request in requests]),
        column([request.metre.pickup if request.metre else 0 for request in requests]),
        column([request.length for request in requests]),
        _melodies(requests, device),
    )


def _melodies(requests: Sequence[Request], device: str) -> Tensor | None:
    given = [request.melody for request in requests]
    if all(melody is None for melody in given):
        return None
    padded = torch.full((len(given), max(len(melody or ()) for melody in given)), END, device=device)
    for row, melody in zip(padded, given, strict=True):
        row[: len(melody or ())] = torch.tensor(melody or [], dtype=torch.int64, device=device)
    return padded


def moves(key: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Semitones that pitches are moved down, −5 to 6, with the rows of mode and move in their tables; each [B]."""
    known = key < UNKNOWN_KEY
    minor = (key >= 12) & known
    major_tonic = torch.where(minor, key + 3, key) % 12
    origin = torch.where(known, (major_tonic + _UP) % 12 - _UP, 0)
    mode = torch.where(known, minor.long(), MODES - 1)
    return origin, mode, torch.where(known, origin + _UP, ORIGINS - 1)


def to_inner(tokens: Tensor, origin: Tensor) -> Tensor:
    """Tokens [B, …] as the network numbers them, `origin` [B] semitones lower."""
    origin = origin.view(-1, *[1] * (tokens.ndim - 1))
    moved = torch.where(tokens >= FIRST, tokens - origin + _DOWN, tokens)
    return torch.where(tokens == END, SIZE - 1, moved)


def to_outer(logits: Tensor, origin: Tensor) -> Tensor:
    """Logits [B, …, SIZE] of the network's tokens as logits [B, …, VOCABULARY] of ours."""
    ours = torch.arange(END + 1, device=logits.device).expand(len(origin), -1)
    index = to_inner(ours, origin).view(len(origin), *[1] * (logits.ndim - 2), END + 1)
    return logits.gather(-1, index.expand(*logits.shape[:-1], END + 1))


def held(inner: Tensor) -> tuple[Tensor, Tensor]:
    """What sounds in each frame, and for how long: tokens [B, T, …] and sixteenths [B, T, …] up to `AGES` − 1."""
    at = torch.arange(inner.shape[1], device=inner.device).view(1, -1, *[1] * (inner.ndim - 2))
    since = torch.where(inner == HOLD, 0, at).cummax(dim=1).values
    tokens = inner.gather(1, since)
    return torch.where(tokens == HOLD, REST, tokens), (at - since).clamp(max=AGES - 1)


def times(given: Conditions, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Place in the bar, bar length and frames left as rows of their tables, each [B, T], for frame numbers [T]."""
    bar = torch.where(given.bar > 0, given.bar, 16)[:, None]
    place = (frames - given.pickup[:, None]) % bar
    left = given.length[:, None] - frames
    coarse = 33 + ((left - 33) // 16).clamp(0, LEFT - 34)
    left = torch.where(left <= 32, left.clamp(min=0), coarse)
    return place.clamp(max=BAR - 1), given.bar.clamp(max=BAR - 1)[:, None].expand_as(place), left
