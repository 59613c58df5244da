"""What similar works say of a work that few have been offered: the prior of its effect.

The effects of two works correlate by ρ · score. A neighbour's own offers measure its effect c_j as y_j with variance
n_j; given c_w it is normal around κ c_w with variance (1 − κ²) τ², κ = ρ · score. Each neighbour thus adds
precision κ² / ((1 − κ²) τ² + n_j), neighbours taken as independent given the work (kriging: Cressie,
Statistics for Spatial Data, 1993, chapter 3).

That similar works sell alike is a belief; ρ tests it: its posterior mean over a uniform grid, from all pairs
of neighbours that both had offers. Where there are none it stays at the grid's middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import softmax

from offchain.pricing.estimation.design import Floats, Ints, Places
from offchain.pricing.estimation.effects import Effects, WorkPrior
from offchain.pricing.estimation.events import ListedWork

__all__ = ["work_prior"]

_STRENGTHS: Final = np.array([0.0, 0.25, 0.5, 0.75, 0.95])
"""Values of ρ; below 1, since no score makes two works one."""

_NOTHING: Final = 1e-9
"""Precision below which a work's own offers say nothing."""


@dataclass(frozen=True)
class _Pairs:
    """Works, their neighbours, and the scores between them."""

    works: Ints
    others: Ints
    scores: Floats


def work_prior(effects: Effects, listed: Sequence[ListedWork], places: Places) -> WorkPrior:
    """Prior mean and precision of each work's effect, from what its neighbours' offers said.

    Args:
        effects: fitted without neighbours, so that nothing is counted twice.
        listed: works and their neighbours; neighbours that are not listed are passed over.
        places: of the works.
    """
    variance = float(effects.variances.of[-1])
    pairs = _pairs(listed, places)
    told = np.maximum(1 / effects.work_variances() - 1 / variance, 0.0)
    measured = told > _NOTHING
    noise = 1 / np.maximum(told, _NOTHING)
    value = effects.works * (1 + noise / variance)
    similar = _strength(pairs, np.where(measured, value, 0.0), noise, variance) * pairs.scores
    weight = np.where(measured[pairs.others], similar / ((1 - similar**2) * variance + noise[pairs.others]), 0.0)
    count = len(effects.works)
    precision = np.asarray(1 / variance + np.bincount(pairs.works, weight * similar, count), dtype=np.float64)
    told_mean = np.bincount(pairs.works, weight * value[pairs.others], count) / precision
    return WorkPrior(np.asarray(told_mean, dtype=np.float64), precision)


def _pairs(listed: Sequence[ListedWork], places: Places) -> _Pairs:
    known = [
        (places.works[work.id], places.works[other], score)
        for work in listed
        for other, score in work.neighbours.items()
        if other in places.works
    ]
    works, others, scores = zip(*known, strict=True) if known else ((), (), ())
    return _Pairs(np.array(works, dtype=np.intp), np.array(others, dtype=np.intp), np.array(scores, dtype=np.float64))


def _strength(pairs: _Pairs, value: Floats, noise: Floats, variance: float) -> float:
    """Posterior mean of ρ; works without offers have all but infinite noise and change nothing."""
    # Two works that name each other are one piece of evidence.
    ends = np.sort(np.stack([pairs.works, pairs.others]), axis=0)
    (one, other), once = np.unique(ends, axis=1, return_index=True)
    shared = np.outer(_STRENGTHS, pairs.scores[once]) * variance
    wide, wider = variance + noise[one], variance + noise[other]
    determinant = wide * wider - shared**2
    square = (wider * value[one] ** 2 - 2 * shared * value[one] * value[other] + wide * value[other] ** 2) / determinant
    return float(softmax(-np.sum(np.log(determinant) + square, axis=1) / 2) @ _STRENGTHS)
