"""The music network on JSB-Chorales' quarter-note frames: a few CPU minutes of training, then nats per frame.

A frame is the set of pitches that sound in a quarter (Boulanger-Lewandowski et al. 2012), 0 to 4 of them. The figure is
the mean over all frames of all test pieces of −log p(set | sets before). A set is written highest pitch first, then
"no more"; tokens that cannot follow (a pitch that is not below the last) have probability 0, so the products over
tokens are the probabilities of sets. The data set has no licence: it is brought in by hand and never shipped.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from offchain.generation.music.examples import Cut
from offchain.generation.music.features import Request, conditions
from offchain.generation.music.network import Config, MusicTransformer
from offchain.generation.music.ngram import NGram
from offchain.generation.music.tokens import END, FIRST, HOLD, LOWEST, REST, VOCABULARY
from offchain.generation.music.trainee import Learner, Settings

__all__ = ["ABSENT", "Measured", "allowed", "measure", "measure_ngram", "read_quarters", "set_nats"]

ABSENT: Final = -1
CONFIG: Final = Config(width=128, layers=2, heads=4, window=64, writers=2, dropout=0.2)
SETTINGS: Final = Settings(steps=1150, rate=2e-3, warmup=50, cut=Cut(size=16, length=64, informed=False))
SHIFTS: Final = range(-5, 6)
"""Pieces are learnt in these transpositions; a test piece is read in all, and the eleven probabilities averaged."""
_LOWERED: Final = 7
"""Semitones that all pieces are lowered by, which leaves room for every transposition of every pitch in the set."""

Pitches = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measured:
    """Nats per frame of the test pieces, and CPU seconds that training and test took."""

    nats: float
    seconds: float
    parameters: int


def read_quarters(path: Path) -> dict[str, list[Pitches]]:
    """Pitches [T, 4] of every piece by part of the split, highest first, `ABSENT` after the last."""
    return {part: [_columns(piece) for piece in pieces] for part, pieces in json.loads(path.read_text()).items()}


def measure(parts: dict[str, list[Pitches]], seed: int = 0) -> Measured:
    """Train on `train`, test on `test`; `valid` is left alone, since nothing is chosen."""
    begun = time.process_time()
    torch.manual_seed(seed)
    learner = QuarterLearner(MusicTransformer(CONFIG), seed, parts["train"])
    for number in range(1, SETTINGS.steps + 1):
        learner.step(number)
    nats = learner.tested(parts["test"])
    parameters = sum(tensor.numel() for tensor in learner.network.parameters())
    return Measured(nats, time.process_time() - begun, parameters)


def measure_ngram(parts: dict[str, list[Pitches]], orders: Sequence[int] = (4, 6, 8, 11)) -> tuple[float, int]:
    """Nats per frame of the n-gram on the same sets written as pitches and an end, and its order, chosen on `valid`."""
    found = {}
    for order in orders:
        model = NGram(order, 128)
        model.learn(_written(moved) for piece in parts["train"] for moved in _transpositions(piece))
        found[order] = (_ngram_nats(model, parts["valid"]), model)
    order = min(found, key=lambda order: found[order][0])
    return _ngram_nats(found[order][1], parts["test"]), order


class QuarterLearner(Learner):
    """The network on sets: four tokens a frame, of which the impossible ones are ruled out."""

    network: MusicTransformer

    def __init__(self, network: MusicTransformer, seed: int, taught: Sequence[Pitches]) -> None:
        super().__init__(network, SETTINGS, seed)
        self._taught = taught

    def losses(self, number: int, rng: np.random.Generator) -> dict[str, Tensor]:  # noqa: ARG002  # as the base has it
        """A quarter of the nats per frame of a random batch."""
        cut = self.settings.cut
        drawn = [self._drawn(self._taught[int(at)], rng) for at in rng.integers(len(self._taught), size=cut.size)]
        nats, counted = set_nats(self.network, drawn)
        return {"nats": nats.sum() / counted.sum() / 4}

    def tried(self) -> float | None:
        """Nothing: no weights are chosen."""
        return None

    def evaluate(self) -> dict[str, float]:
        """Nothing: `tested` wants the pieces."""
        return {}

    @torch.inference_mode()
    def tested(self, pieces: Sequence[Pitches]) -> float:
        """Nats per frame of the averaged weights, each frame's probability being the mean over `SHIFTS`."""
        self.network.load_state_dict({name: tensor.float() for name, tensor in self.shipped().items()})
        self.network.eval()
        total = 0.0
        for piece in pieces:
            moved = [_moved(piece, shift) for shift in SHIFTS]
            chances = -set_nats(self.network, moved)[0].double()
            total -= float((chances.logsumexp(dim=0) - math.log(len(moved))).sum())
        return total / sum(map(len, pieces))

    def _drawn(self, piece: Pitches, rng: np.random.Generator) -> Pitches:
        """A cut of a piece, transposed."""
        length = self.settings.cut.length
        extra = len(piece) - length
        start = 0 if extra <= 0 or rng.random() < 0.5 else int(rng.integers(extra + 1))
        return _moved(piece[start : start + length], int(rng.integers(SHIFTS[0], SHIFTS[-1] + 1)))


def set_nats(network: MusicTransformer, pieces: Sequence[Pitches]) -> tuple[Tensor, Tensor]:
    """−log p of every set, [B, T], and which of them are, padding being none, [B, T]."""
    length = max(map(len, pieces))
    tokens = torch.full((len(pieces), length, 4), END)
    masks = torch.ones((len(pieces), length, 4, VOCABULARY), dtype=torch.bool)
    for row, piece in enumerate(pieces):
        tokens[row, : len(piece)] = torch.from_numpy(_tokens(piece))
        masks[row, : len(piece)] = torch.from_numpy(allowed(piece))
    logits = network(tokens, conditions([Request(0)] * len(pieces)))
    chances = logits.masked_fill(~masks, -torch.inf).log_softmax(-1).gather(-1, tokens[..., None])[..., 0]
    counted = tokens[..., 0] != END
    return torch.where(counted, -chances.sum(-1), 0.0), counted


def allowed(piece: Pitches) -> NDArray[np.bool_]:
    """Tokens that can stand at each place given those before it: [T, 4, VOCABULARY].

    A pitch is below the one before it in the frame; it is a hold exactly if this column had it in the last frame; after
    "no more" (REST) comes nothing else.
    """
    pitch = np.arange(VOCABULARY) - FIRST + LOWEST
    above = np.concatenate([np.full((len(piece), 1), np.iinfo(np.int64).max), piece[:, :-1]], axis=1)
    before = np.concatenate([np.full((1, 4), ABSENT), piece[:-1]])
    possible = (pitch < above[..., None]) & (pitch != before[..., None])
    possible[..., [HOLD, REST, END]] = False
    possible[..., HOLD] = (before >= 0) & (before < above)
    possible[above == ABSENT] = False
    possible[..., REST] = True
    return possible


def _tokens(piece: Pitches) -> NDArray[np.int64]:
    tokens = np.where(piece == ABSENT, REST, piece - LOWEST + FIRST)
    tokens[1:][(piece[1:] == piece[:-1]) & (piece[1:] >= 0)] = HOLD
    return tokens


def _columns(frames: Sequence[Sequence[int]]) -> Pitches:
    columns = np.full((len(frames), 4), ABSENT)
    for row, pitches in zip(columns, frames, strict=True):
        row[: len(pitches)] = np.array(sorted(pitches, reverse=True)) - _LOWERED
    return columns


def _moved(piece: Pitches, semitones: int) -> Pitches:
    return np.where(piece == ABSENT, ABSENT, piece + semitones)


def _transpositions(piece: Pitches) -> list[Pitches]:
    return [_moved(piece, shift) for shift in SHIFTS]


def _written(piece: Pitches) -> list[int]:
    """Pitches highest first with 0 after the last of a frame."""
    return [int(pitch) for frame in piece for pitch in (*frame[frame >= 0], 0)]


def _ngram_nats(model: NGram, pieces: Sequence[Pitches]) -> float:
    return sum(sum(model.nats(_written(piece))) for piece in pieces) / sum(map(len, pieces))


def main(arguments: Sequence[str]) -> None:
    """Print the figures for the file that is named: `python -m tests.bench.generation.jsb_quarter FILE`."""
    torch.set_num_threads(1)
    parts = read_quarters(Path(arguments[0]))
    print(measure(parts), flush=True)
    print(measure_ngram(parts))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
