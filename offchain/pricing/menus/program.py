"""The menu as a mixed-integer programme, by HiGHS.

Binary x_st says that segment s takes tier t, z_st is what it pays for it, p_t the price, and m the margin:

    max Σ w_s z_st        Σ_t x_st ≤ 1            floor_t · x_st ≤ z_st ≤ most_st · x_st
    z_st ≤ p_t            z_st ≥ p_t − P_t (1 − x_st)
    Σ_t (v_st x_st − z_st) ≥ v_sk − p_k + m (1 − x_sk)      for every tier k

The last line is envy-freeness, with P_t above every value, so that a tier nobody takes tempts nobody (Shioda, Tunçel
and Myklebust, Maximum utility product pricing models and algorithms based on reservation prices, 2011).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final, TypeAlias

from offchain.pricing.menus.problem import Assignment, MenuProblem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["Programme", "solve_programme"]

_TAKEN: Final = 0.5

_LARGEST: Final = 1e3
"""The largest amount once scaled; the solver's tolerances, 1e-6 and 1e-7, are then a billionth of it and less."""

_HIGHEST: Final = 2 * _LARGEST
"""P: at this price, value and margin together, a tier tempts nobody."""

_Row: TypeAlias = tuple[dict[int, float], float]
"""Coefficients by column, and the most that their sum may be."""


@dataclass(frozen=True, slots=True)
class Programme:
    """What the solver returned.

    Attributes:
        assignment: who takes what.
        gap: by how much, as a share of it, the solver's own bound is above its objective.
    """

    assignment: Assignment
    gap: float


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where x, z and p stand among the variables."""

    segments: int
    tiers: int

    def x(self, segment: int, tier: int) -> int:
        return segment * self.tiers + tier

    def z(self, segment: int, tier: int) -> int:
        return (self.segments + segment) * self.tiers + tier

    def p(self, tier: int) -> int:
        return 2 * self.segments * self.tiers + tier

    @property
    def count(self) -> int:
        return self.p(self.tiers)

    def cells(self) -> Iterator[tuple[int, int]]:
        return product(range(self.segments), range(self.tiers))


def solve_programme(problem: MenuProblem, nodes: int) -> Programme | None:
    """Solve the programme.

    Args:
        problem: the menu.
        nodes: of the solver's tree, after which the best assignment so far counts; a time would make the menu depend
            on how busy the machine is.

    Returns:
        None where the solver failed.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    columns = _Columns(len(problem.segments), len(problem.tiers))
    matrix, most = _matrix(columns, list(_rows(problem, columns)))
    cost, upper, integral = _variables(problem, columns)
    found = milp(
        cost,
        integrality=integral,
        bounds=Bounds(0, upper),
        constraints=LinearConstraint(matrix, ub=most),
        options={"node_limit": nodes, "mip_rel_gap": 0},
    )
    if found.x is None:
        return None
    return Programme(_assignment(columns, found.x), float(found.mip_gap))


def _assignment(columns: _Columns, values: NDArray[np.float64]) -> Assignment:
    taken = (
        [tier for tier in range(columns.tiers) if values[columns.x(segment, tier)] > _TAKEN]
        for segment in range(columns.segments)
    )
    return tuple(tiers[0] if tiers else None for tiers in taken)


def _variables(
    problem: MenuProblem, columns: _Columns
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]:
    """Costs, upper bounds and integrality of x, z and p."""
    import numpy as np

    integral = np.zeros(columns.count, np.int8)
    cost, upper = np.zeros(columns.count), np.full(columns.count, _HIGHEST)
    heaviest = max(1, *problem.weights)
    for segment, tier in columns.cells():
        payable = problem.most[segment][tier] >= problem.tiers[tier].floor
        integral[columns.x(segment, tier)], upper[columns.x(segment, tier)] = 1, payable
        cost[columns.z(segment, tier)] = -problem.weights[segment] / heaviest
    return cost, upper, integral


def _rows(problem: MenuProblem, columns: _Columns) -> Iterator[_Row]:
    unit = max(1, problem.margin, *(value for segment in problem.segments for value in segment.values)) / _LARGEST
    margin = problem.margin / unit
    for segment, tier in columns.cells():
        x, z, p = columns.x(segment, tier), columns.z(segment, tier), columns.p(tier)
        yield {x: problem.tiers[tier].floor / unit, z: -1.0}, 0.0
        yield {z: 1.0, x: -max(0, problem.most[segment][tier]) / unit}, 0.0
        yield {z: 1.0, p: -1.0}, 0.0
        yield {p: 1.0, z: -1.0, x: _HIGHEST}, _HIGHEST
    for segment, tier in columns.cells():
        values = [value / unit for value in problem.segments[segment].values]
        leaves = {columns.x(segment, other): -value for other, value in enumerate(values)}
        leaves |= {columns.z(segment, other): 1.0 for other in range(columns.tiers)}
        leaves[columns.x(segment, tier)] -= margin
        yield {**leaves, columns.p(tier): -1.0}, -values[tier] - margin
    for segment in range(columns.segments):
        yield {columns.x(segment, tier): 1.0 for tier in range(columns.tiers)}, 1.0


def _matrix(columns: _Columns, rows: Sequence[_Row]) -> tuple[csr_array[np.float64], list[float]]:
    """Left sides, and the most that each may be."""
    from scipy.sparse import csr_array

    entries = [(line, column, value) for line, (left, _) in enumerate(rows) for column, value in left.items()]
    lines, places, values = zip(*entries, strict=True)
    return csr_array((values, (lines, places)), shape=(len(rows), columns.count)), [most for _, most in rows]
