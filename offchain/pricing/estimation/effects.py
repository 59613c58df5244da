"""Effects of the hierarchical logit, and how sure they are.

Kinds 0 to 4 are a, b, e, f and c of `offchain.pricing.estimation.logit`: shift and slope of a cell (tier and segment),
of a cell in a genre, and of a work. The first four are pooled: every offer in the cell informs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_array, diags_array

from offchain.pricing.estimation.design import Floats, Ints

__all__ = ["WORK", "Effects", "Variances", "WorkPrior"]

WORK: Final = 4
"""Kind of the works' effects."""

_STATED_SD: Final = np.array([1.0, 0.5, 0.3, 0.2, 0.7])
"""Deviations believed before any offer: a stated median may be off by a spread, a stated spread by 30 %."""


@dataclass(frozen=True)
class Variances:
    """Variance of each kind of effect: a, b, e, f, c."""

    of: Floats

    @classmethod
    def stated(cls) -> Variances:
        """What is believed before any offer."""
        return cls(_STATED_SD**2)


@dataclass(frozen=True)
class WorkPrior:
    """Normal prior of each work's effect."""

    mean: Floats
    precision: Floats


@dataclass(frozen=True)
class Effects:
    """Posterior mode of all effects, and their covariance in arrow form.

    Attributes:
        pooled: a, b, e, f.
        works: c, one for each work.
        variances: of each kind.
        covariance: of the pooled effects.
        diagonal: curvature of each work's effect.
        coupling: works × pooled effects, mixed curvature.
        kinds: kind of each pooled effect.
    """

    pooled: Floats
    works: Floats
    variances: Variances
    covariance: Floats
    diagonal: Floats
    coupling: csr_array[np.float64]
    kinds: Ints

    def work_variances(self) -> Floats:
        """Posterior variance of each work's effect."""
        pull = csr_array(diags_array(1 / self.diagonal) @ self.coupling)
        shared = pull.multiply(pull @ self.covariance) @ np.ones(len(self.pooled))
        return np.asarray(1 / self.diagonal + shared)

    def joint(self, directions: Floats, loads: Floats, work: int) -> tuple[Floats, Floats]:
        """Mean and covariance of some sums of effects: rows of `directions` over pooled, `loads` on one work's."""
        mean = directions @ self.pooled + loads * self.works[work]
        row = self.coupling[[work]].toarray()[0]
        free = directions - np.outer(loads / self.diagonal[work], row)
        return mean, free @ self.covariance @ free.T + np.outer(loads, loads) / self.diagonal[work]
