"""One learned curve on a price ladder, with its interval, and draws from what is believed of it.

The share that buys is the logit's, moved at each ladder step towards what was seen there:

    r_k = q_k + (b_k − E_k) / (n_k + ν),

with n_k offers, b_k purchases and E_k purchases that the logit expects. Where a tier is offered alone, that is the
posterior mean of a Beta around q_k with concentration ν, which says how well the logit fits. What then still rises
with the price is projected on the nearest curve that does not (isotonic regression: Ayer et al., Ann. Math.
Statist. 26, 1955).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import expit, gammaincinv, ndtri

from offchain.pricing.demand import MAX_SALES, TableDemand
from offchain.pricing.estimation.design import Floats
from offchain.pricing.problem import PriceKey

__all__ = ["Belief", "LearnedCurve", "Seen", "learned_curve", "point_of"]

_POINTS: Final = 512
_TAIL: Final = 0.05
_RATIO: Final = 1.1673039782614187
"""Root of x⁵ = x + 1, whose powers spread points in four dimensions evenly (a Kronecker sequence)."""


@dataclass(frozen=True)
class Seen:
    """What was seen at each ladder step.

    Attributes:
        offers: n_k.
        sales: b_k.
        expected: E_k.
    """

    offers: Floats
    sales: Floats
    expected: Floats


@dataclass(frozen=True)
class Belief:
    """All that is believed of one (work, tier, segment).

    Attributes:
        utilities: z at each ladder step.
        effects: shift and slope at the posterior mode.
        covariance: of these two.
        rivals: Σ exp(u) of the tiers that are offered beside.
        shape: of the Gamma posterior of offers a period.
        rate: the same, periods.
        seen: at each ladder step.
        fit: ν.
    """

    utilities: Floats
    effects: Floats
    covariance: Floats
    rivals: float
    shape: float
    rate: float
    seen: Seen
    fit: float

    def expected(self) -> Floats:
        """Licences a period at each step, before projection: the posterior mode of the share, the mean of offers."""
        return np.asarray(self.shape / self.rate * self._share(self.effects[None, :], np.zeros(1))[0])

    def at(self, points: Floats) -> Floats:
        """Licences a period at each step, before projection, at points of the unit cube: points × steps.

        Args:
            points: in (0, 1), n × 4: two for shift and slope, one for the fit, one for the offers.
        """
        normal = ndtri(points[:, :3])
        effects = self.effects + normal[:, :2] @ np.linalg.cholesky(self.covariance).T
        offers = gammaincinv(self.shape, points[:, 3]) / self.rate
        return np.asarray(offers[:, None] * self._share(effects, normal[:, 2]))

    def projected(self, sales: Floats) -> TableDemand:
        """The nearest curve that never rises, steps weighted by how much is known of them."""
        nearest = isotonic_regression(sales, weights=self.seen.offers + self.fit, increasing=False).x
        return TableDemand(tuple(np.clip(nearest, 0.0, MAX_SALES).tolist()))

    def _share(self, effects: Floats, misfit: Floats) -> Floats:
        logit = effects[:, :1] + effects[:, 1:] * self.utilities - np.log1p(self.rivals)
        weight = self.seen.offers + self.fit
        share = expit(logit) + (self.seen.sales - self.seen.expected) / weight
        doubt = np.sqrt(expit(logit) * expit(-logit) / (weight + 1))
        return np.asarray(np.clip(share + misfit[:, None] * doubt, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class LearnedCurve:
    """Demand on a ladder.

    Attributes:
        demand: licences a period at each step.
        low: lower end of the 90 % credible interval at each step, never above `demand`.
        high: upper end, never below.
        offers: how often the tier was offered at each step's price.
        sales: how often it was bought then.
    """

    demand: TableDemand
    low: TableDemand
    high: TableDemand
    offers: tuple[int, ...]
    sales: tuple[int, ...]


def learned_curve(belief: Belief) -> LearnedCurve:
    """The curve and its interval: quantiles over fixed points, so that the same log gives the same interval."""
    middle = belief.expected()
    low, high = np.quantile(belief.at(_evenly()), [_TAIL, 1 - _TAIL], axis=0)
    # Projection keeps an order that holds at every step, so the three curves cannot cross.
    lower, upper = belief.projected(np.minimum(low, middle)), belief.projected(np.maximum(high, middle))
    offers, sales = (tuple(map(round, each.tolist())) for each in (belief.seen.offers, belief.seen.sales))
    return LearnedCurve(belief.projected(middle), lower, upper, offers, sales)


def point_of(seed: bytes, key: PriceKey) -> Floats:
    """The point of a Thompson draw: four numbers of 53 bits from sha256(seed ‖ work/tier/segment), 1 × 4."""
    digest = hashlib.sha256(seed + "/".join(key).encode()).digest()
    words = [int.from_bytes(digest[at : at + 8], "big") >> 11 for at in range(0, 32, 8)]
    return (np.array([words], dtype=np.float64) + 0.5) / 2**53


def _evenly() -> Floats:
    return np.asarray((0.5 + np.outer(np.arange(1, _POINTS + 1), _RATIO ** -np.arange(1, 5))) % 1.0)
