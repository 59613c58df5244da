"""Influence against retraining: does it tell which training pieces a model would miss?

Needs the chorales, which do not ship: COLOPHON_BENCH_CHORALES names the folder (music21's corpus/bach).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from offchain.generation.attribution.gradients import piece_gradient
from offchain.generation.attribution.influence import RIDGE, scores
from offchain.generation.attribution.sketching import BINS, sketched
from offchain.generation.music.examples import example
from offchain.generation.music.network import MusicTransformer
from offchain.generation.music.tokens import Piece
from tests.bench.generation.overlap import overlaps
from tests.bench.generation.retraining import Halves, Study, agreement, halves, read_study, written
from tests.bench.report import Row

__all__ = ["rows"]

FOLDER: Final = "COLOPHON_BENCH_CHORALES"
AGAIN: Final = 6
SCORE: Final = "attribution: influence and retraining agree"


def rows(missing: list[dict[str, str]], campaign: bool) -> Iterator[Row]:
    """Linear datamodelling scores of influence, with overlap, plain gradients and chance beside it."""
    if FOLDER not in os.environ:
        missing.append({"name": SCORE, "why": f"{FOLDER} names no folder of chorales"})
        return
    began, count = time.process_time(), 24 if campaign else 12
    study = read_study(Path(os.environ[FOLDER]), taught=100, targets=24)
    targets = study.targets + written(study, 24)
    found, others = halves(study, targets, count), len(study.targets)
    methods = _methods(study, targets)
    yield from _rows("held-out chorales", slice(None, others), methods, found, count)
    yield from _rows("pieces that the model wrote", slice(others, None), methods, found, count)
    if campaign:
        yield _ceiling(study, targets, found)
    yield {
        "name": "attribution: CPU seconds of all retrainings",
        "value": round(time.process_time() - began),
        "unit": "s",
        "better": "lower",
        "goal": None,
        "references": {},
    }


def _methods(study: Study, targets: list[Piece]) -> dict[str, NDArray[np.float64]]:
    """Scores [targets, taught] by method, the shipped one first."""
    taught, made = _unit(study.network, study.taught), _unit(study.network, targets)
    short_taught, short_made = (np.array([sketched(row) for row in rows]) for rows in (taught, made))
    shipped = scores(short_taught, short_made)
    return {
        "influence": shipped.clip(min=0),
        "influence, negative scores kept": shipped,
        f"influence, gradients whole instead of {BINS} bins": scores(taught, made).clip(min=0),
        "overlap of n-grams": overlaps(study.taught, targets),
        "gradients' cosine (TracIn, last checkpoint)": made @ taught.T,
        "chance": np.random.default_rng(0).standard_normal(shipped.shape),
    }


def _rows(name: str, which: slice, methods: dict[str, NDArray[np.float64]], found: Halves, count: int) -> Iterator[Row]:
    part = Halves(found.members, found.gained[:, which])
    agreed = {method: agreement(values[which], part) for method, values in methods.items()}
    (score, error), peers = agreed["influence"], list(agreed.items())[1:]
    yield {
        "name": f"{SCORE}: {name}, {count} halves of 100 pieces, ridge {RIDGE}",
        "value": round(score, 3),
        "unit": "rank correlation",
        "better": "higher",
        "goal": None,
        "interval": [score - 1.96 * error, score + 1.96 * error],
        "references": {method: f"{value:.3f} ± {deviation:.3f}" for method, (value, deviation) in peers},
    }


def _ceiling(study: Study, targets: list[Piece], found: Halves) -> Row:
    """How well one retraining tells another that differs from it in the seed alone."""
    some = found.gained[:AGAIN]
    again = halves(study, targets, AGAIN, seed=1).gained
    ranked = [rankdata(each - each.mean(axis=1, keepdims=True), axis=0) for each in (some, again)]
    each = [float(np.corrcoef(ranked[0][:, at], ranked[1][:, at])[0, 1]) for at in range(len(targets))]
    return {
        "name": f"{SCORE}: two retrainings on each of {AGAIN} halves that differ in the seed alone",
        "value": round(float(np.mean(each)), 3),
        "unit": "rank correlation",
        "better": "higher",
        "goal": None,
        "references": {},
    }


def _unit(network: MusicTransformer, pieces: list[Piece]) -> NDArray[np.float64]:
    found = np.array([piece_gradient(network, example(piece, informed=True)) for piece in pieces])
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))
