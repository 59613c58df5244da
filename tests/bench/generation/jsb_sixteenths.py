"""The music network on JSB-Chorales' sixteenths, the split on which others publish: nats per token of the test pieces.

A token is the pitch of one voice in one sixteenth (or silence). The set holds pitches only, no onsets: a pitch that
goes on is a hold, so every sequence of pitches is one sequence of our tokens, and the nats are those of pitches. The
model is told nothing but the tokens: no key, no metre, no length. The data set has no licence: it is brought in by
hand and never shipped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from offchain.generation.music.evaluation import averaged_nats_per_token, nats_per_token
from offchain.generation.music.examples import Cut
from offchain.generation.music.network import Config, MusicTransformer
from offchain.generation.music.tokens import FIRST, HOLD, LOWEST, REST, Piece
from offchain.generation.music.trainee import MusicTrainee, Parts, Settings

__all__ = ["Measured", "measure", "read_sixteenths"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Nats per token of the test pieces, read as they are and averaged over transposed readings, and CPU seconds."""

    nats: float
    averaged: float
    seconds: float


SETTINGS: Final = Settings(steps=1100, cut=Cut(informed=False))
_COLUMNS: Final = [0, 3, 1, 2]
"""Soprano, alto, tenor, bass in the file; ours are soprano, bass, alto, tenor."""


def read_sixteenths(path: Path) -> dict[str, list[Piece]]:
    """The pieces of each part of the split, as tokens."""
    return {part: [_piece(frames) for frames in pieces] for part, pieces in json.loads(path.read_text()).items()}


def measure(parts: dict[str, list[Piece]], steps: int = SETTINGS.steps, device: str = "cpu") -> Measured:
    """Train on `train`, choose weights on `valid`, test on `test`."""
    begun = time.process_time()
    torch.manual_seed(0)
    settings = Settings(steps=steps, cut=SETTINGS.cut, device=device)
    learner = MusicTrainee(
        MusicTransformer(Config()), settings, 0, Parts(parts["train"], parts["valid"], parts["test"])
    )
    for number in range(1, steps + 1):
        losses = learner.step(number)
        if number % 50 == 0:
            print(f"   step {number}  {losses}  {time.process_time() - begun:.0f} CPU s", flush=True)
    network = learner.as_shipped()
    plain = nats_per_token(network, parts["test"], informed=False)
    averaged = averaged_nats_per_token(network, parts["test"], informed=False)
    return Measured(plain, averaged, time.process_time() - begun)


def _piece(frames: Sequence[Sequence[int]]) -> Piece:
    pitches = np.array(frames)[:, _COLUMNS]
    tokens = np.where(pitches < 0, REST, pitches - LOWEST + FIRST)
    tokens[1:][(pitches[1:] == pitches[:-1]) & (pitches[1:] >= 0)] = HOLD
    return Piece(tokens)


def main(arguments: Sequence[str]) -> None:
    """Print the figure: `python -m tests.bench.generation.jsb_sixteenths FILE [STEPS]`."""
    torch.set_num_threads(1)
    steps = int(arguments[1]) if len(arguments) > 1 else SETTINGS.steps
    print(measure(read_sixteenths(Path(arguments[0])), steps))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
