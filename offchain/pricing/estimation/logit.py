"""Willingness to pay by a hierarchical logit that recalibrates the stated demand.

A buyer of segment s who is offered tiers t of work w, of genre g, at prices p_t buys t with probability

    P(t) = exp(u_t) / (1 + Σ_j exp(u_j)),      u_t = (a_ts + b_gts + c_w) + (1 + e_ts + f_gts) · z_t,

where z_t = (m_ts − p_t) / s_ts is the log odds under the stated median m and spread s. With all effects 0 it is the
stated demand; the shift and the slope are Cox's recalibration (Two further applications of a model for binary
regression, Biometrika 45, 1958), the choice among several tiers is McFadden's conditional logit (1974). Effects
are normal with mean 0 and one variance for each of the five kinds, so that a genre with few offers
stays near all genres, and a work near its genre (partial pooling: Gelman and Hill 2007, chapter 14).

Fitted is the posterior mode, by Newton's method on a concave function; its curvature gives the covariance
(Laplace). The variances are found by expectation and maximisation, the expectation by Laplace again (Stiratelli,
Laird and Ware, Biometrics 40, 1984), with a scaled inverse χ² prior that keeps them off 0 (why so: Chung et al.,
Psychometrika 78, 2013). Each offer touches one work, so works make a diagonal block, and only the pooled effects a
dense one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array, diags_array

from offchain.pricing.estimation.design import Design, Floats, Ints
from offchain.pricing.estimation.effects import WORK, Effects, Variances, WorkPrior

__all__ = ["fit", "mode", "probabilities"]

_BELIEF: Final = 4.0
"""Effects that the stated deviations are worth when a variance is estimated."""

_ROUNDS: Final = 12
_NEWTON: Final = 50
_SETTLED: Final = 1e-9
"""Relative gain below which Newton's method ends."""


def fit(design: Design, kinds: Ints, works: int) -> Effects:
    """Effects of all works without neighbours, and the variances that the log supports.

    Args:
        design: the log.
        kinds: kind of each pooled effect, 0 to 3.
        works: number of listed works.
    """
    variances = Variances.stated()
    effects = _unfitted(kinds, works, variances)
    for _ in range(_ROUNDS):
        prior = WorkPrior(np.zeros(works), np.full(works, 1 / variances.of[WORK]))
        effects = mode(design, prior, replace(effects, variances=variances))
        before, variances = variances, _reestimated(effects)
        if np.allclose(before.of, variances.of, rtol=0.02):
            break
    return effects


def mode(design: Design, prior: WorkPrior, start: Effects) -> Effects:
    """Newton's method from `start`, with its variances and a prior of each work's effect."""
    here, value = start, _objective(design, prior, start)
    for _ in range(_NEWTON):
        there, reached = _climbed(design, prior, here, value)
        gain, here, value = reached - value, there, reached
        if gain < _SETTLED * (1 + abs(value)):
            break
    return here


def probabilities(design: Design, effects: Effects) -> tuple[Floats, Floats]:
    """P(t) of each row, and of any purchase of each distinct offer."""
    odds, none, _ = _odds(design, _utilities(design, effects))
    total = none + design.members @ odds
    return odds / total[design.offer_of], 1 - none / total


def _utilities(design: Design, effects: Effects) -> Floats:
    return (
        np.asarray(design.features @ effects.pooled) + effects.works[design.works[design.offer_of]] + design.utilities
    )


def _odds(design: Design, utility: Floats) -> tuple[Floats, Floats, Floats]:
    """Odds of each row and of no purchase, by exp of the offer's largest utility, so that none overflows; and it."""
    top = np.zeros_like(design.times)
    np.maximum.at(top, design.offer_of, utility)
    return np.exp(utility - top[design.offer_of]), np.exp(-top), top


def _objective(design: Design, prior: WorkPrior, effects: Effects) -> float:
    utility = _utilities(design, effects)
    odds, none, top = _odds(design, utility)
    likelihood = design.bought @ utility - design.times @ (top + np.log(none + design.members @ odds))
    penalty = effects.pooled**2 @ (1 / effects.variances.of[effects.kinds])
    return float(likelihood - (penalty + prior.precision @ (effects.works - prior.mean) ** 2) / 2)


def _climbed(design: Design, prior: WorkPrior, effects: Effects, value: float) -> tuple[Effects, float]:
    """One step of Newton's, and the value there; halved until it rises, or only rounding is left to gain."""
    share, any_share = probabilities(design, effects)
    curved = _curved(design, prior, effects, (share, any_share))
    pooled, works = _newton(design, prior, curved, share)
    size = 1.0
    while True:
        there = replace(curved, pooled=effects.pooled + size * pooled, works=effects.works + size * works)
        reached = _objective(design, prior, there)
        if reached >= value or size < _SETTLED:
            return there, reached
        size /= 2


def _curved(design: Design, prior: WorkPrior, effects: Effects, shares: tuple[Floats, Floats]) -> Effects:
    """The effects with the curvature at them: the works' diagonal, and what a Schur complement leaves of the rest."""
    share, any_share = shares
    count, refusals = len(effects.works), design.times * (1 - any_share)
    chosen = csr_array(design.members @ csr_array(diags_array(share) @ design.features))
    gather = csr_array((refusals, (design.works, np.arange(len(refusals)))), shape=(count, len(refusals)))
    coupling = csr_array(gather @ chosen)
    diagonal = np.bincount(design.works, refusals * any_share, count) + prior.precision
    pull = csr_array(diags_array(1 / diagonal) @ coupling)
    expected = diags_array(design.times[design.offer_of] * share)
    between = design.features.T @ csr_array(expected @ design.features)
    within = chosen.T @ csr_array(diags_array(design.times) @ chosen)
    curvature = csr_array(between - within - coupling.T @ pull).toarray()
    curvature += np.diag(1 / effects.variances.of[effects.kinds])
    covariance = cho_solve(cho_factor(curvature), np.eye(len(curvature)))
    return replace(effects, covariance=covariance, diagonal=diagonal, coupling=coupling)


def _newton(design: Design, prior: WorkPrior, curved: Effects, share: Floats) -> tuple[Floats, Floats]:
    surplus = design.bought - design.times[design.offer_of] * share
    slope = design.features.T @ surplus - curved.pooled / curved.variances.of[curved.kinds]
    by_work = np.bincount(design.works[design.offer_of], surplus, len(curved.works))
    slope_works = by_work - prior.precision * (curved.works - prior.mean)
    pooled = curved.covariance @ (slope - curved.coupling.T @ (slope_works / curved.diagonal))
    return pooled, (slope_works - curved.coupling @ pooled) / curved.diagonal


def _reestimated(effects: Effects) -> Variances:
    """Expected squares of each kind's effects, drawn towards the stated variance."""
    squares = effects.pooled**2 + np.diag(effects.covariance)
    sums = np.bincount(effects.kinds, squares, WORK)
    sizes = np.bincount(effects.kinds, minlength=WORK)
    works = float(np.sum(effects.works**2 + effects.work_variances()))
    sums, sizes = np.append(sums, works), np.append(sizes, len(effects.works))
    return Variances((_BELIEF * Variances.stated().of + sums) / (_BELIEF + sizes))


def _unfitted(kinds: Ints, works: int, variances: Variances) -> Effects:
    size = len(kinds)
    empty = csr_array((works, size), dtype=np.float64)
    return Effects(np.zeros(size), np.zeros(works), variances, np.eye(size), np.ones(works), empty, kinds)
