"""What training pieces do to a model, found out by teaching small ones anew on random halves of the pieces.

The linear datamodelling score (Park et al. 2023, §2, eq. 8): a method gives each training piece a number for a target;
over many random halves of the training set, the sum of the numbers of a half is ranked against what a model taught
with that half alone makes of the target. Spearman's correlation, averaged over targets; 0 is chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from offchain.generation.music.corpus import read_corpus
from offchain.generation.music.decoding import draw
from offchain.generation.music.evaluation import token_nats
from offchain.generation.music.examples import Cut
from offchain.generation.music.features import Request
from offchain.generation.music.network import Config, MusicTransformer
from offchain.generation.music.params import MusicParams
from offchain.generation.music.tokens import Metre, Piece
from offchain.generation.music.trainee import MusicTrainee, Settings

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Halves", "Study", "agreement", "halves", "read_study", "written"]

CONFIG: Final = Config(width=48, layers=1, heads=2, window=64, writers=1, dropout=0.0)
SETTINGS: Final = Settings(steps=150, rate=3e-3, warmup=20, cut=Cut(size=8, length=64))
LONGEST: Final = 400
"""Sixteenths of the longest piece taken."""


@dataclass(frozen=True, slots=True)
class Study:
    """A small training set, targets that nobody is taught with, and the model taught with the whole set."""

    taught: list[Piece]
    targets: list[Piece]
    network: MusicTransformer


@dataclass(frozen=True, slots=True)
class Halves:
    """Random halves of the training set.

    Attributes:
        members: bool [halves, taught].
        gained: −nats per token [halves, targets] of the model taught with each half.
    """

    members: NDArray[np.bool_]
    gained: NDArray[np.float64]


def read_study(folder: Path, taught: int, targets: int) -> Study:
    """A random part of the chorales of a folder, and a model taught with it."""
    pieces = [chorale.piece for chorale in read_corpus(folder).chorales if len(chorale.piece.frames) <= LONGEST]
    chosen = [pieces[at] for at in np.random.default_rng(5).permutation(len(pieces))]
    return Study(chosen[:taught], chosen[taught : taught + targets], _fitted(chosen[:taught], seed=0))


def written(study: Study, count: int) -> list[Piece]:
    """Pieces of four bars that the model itself writes, in turn in the keys of its training pieces."""
    keys = [study.taught[at].key for at in range(count)]
    requests = [Request(64, key, Metre()) for key in keys]
    drawn = draw(study.network, requests, MusicParams(temperature=1.0, top_p=1.0), range(count))
    return [Piece(each.frames, key) for each, key in zip(drawn, keys, strict=True)]


def halves(study: Study, targets: Sequence[Piece], count: int, seed: int = 0) -> Halves:
    """Teach a model with each of `count` random halves, the same whatever the seed of the models."""
    size = len(study.taught)
    members = np.zeros((count, size), bool)
    for number, row in enumerate(members):
        row[np.random.default_rng([7, number]).permutation(size)[: size // 2]] = True
    return Halves(members, np.array(list(_gains(study, targets, members, seed))))


def agreement(scores: NDArray[np.float64], found: Halves) -> tuple[float, float]:
    """Mean rank correlation over targets of what scores [targets, taught] predict with what was found, and its error.

    What makes one half better for all targets alike tells nothing of a single one, and is taken out of both sides.
    """
    predicted = found.members @ (scores - scores.mean(axis=0)).T
    gained = found.gained - found.gained.mean(axis=1, keepdims=True)
    each = [spearmanr(predicted[:, at], gained[:, at]).statistic for at in range(gained.shape[1])]
    return float(np.mean(each)), float(np.std(each) / np.sqrt(len(each)))


def _gains(study: Study, targets: Sequence[Piece], members: NDArray[np.bool_], seed: int) -> Iterator[list[float]]:
    for row in members:
        network = _fitted([piece for piece, is_member in zip(study.taught, row, strict=True) if is_member], seed)
        yield [-float(token_nats(network, target, informed=True).mean()) for target in targets]


def _fitted(pieces: Sequence[Piece], seed: int) -> MusicTransformer:
    torch.manual_seed(seed)
    trainee = MusicTrainee(MusicTransformer(CONFIG), SETTINGS, seed, pieces, pieces[:1])
    for number in range(1, SETTINGS.steps + 1):
        trainee.step(number)
    network = MusicTransformer(CONFIG)
    network.load_state_dict(trainee.shipped())
    return network.double().eval()
