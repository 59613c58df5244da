"""The two small programmes over undecided works: linear for the exact duals, integer for the prices; both by HiGHS.

All decided works are one column (Dantzig and Wolfe 1960), so a basic optimum of the first has at most as many works
with a mixture of steps as rows and floors that bind; the second chooses whole options for these and their like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from offchain.errors import RefusedError
from offchain.pricing.catalogue.answers import Options, Undecided
from offchain.pricing.catalogue.arrays import Floats, Holders, Indices, Row

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

__all__ = ["Effort", "Linear", "choose_options", "solve_linear"]

_MIXED: Final = 1e-6  # distance from 0 and 1 at which a column counts as a fraction
_NODES: Final = 500  # of the integer search; a limit on time would make the prices depend on the machine
_INFEASIBLE: Final = 2  # scipy's status
_LEAST: Final = 1e-300  # keeps a division by a sum of nothing
_UNIT: Final = 1e3  # mean revenue of an open work as the solver sees it; its tolerances are absolute


class Linear(NamedTuple):
    """Optimum of the linear programme: value, duals of rows (A,), of floors (H,; NaN where not held), mixed works."""

    value: float
    rows: Floats
    duals: Floats
    mixed: int


class Effort(NamedTuple):
    """Units free to choose, and how far from the bound a choice is good enough, minor units."""

    units: int
    near: float


def solve_linear(parts: list[Undecided], rows: tuple[Row, ...], holders: Holders) -> Linear | None:
    """The best mixture of the known columns; None where none of them keeps the rows.

    Args:
        parts: columns and sums of each part.
        rows: of the catalogue; their limits are read.
        holders: of the catalogue; their floors and penalties are read.

    Raises:
        RefusedError: `price-uncertified`, the solver failed.
    """
    value = sum(part.value for part in parts)
    mixed = sum(part.mixed for part in parts)
    duals = np.full(len(holders.floors), np.nan)
    if not any(len(part.work) for part in parts):
        return Linear(value, np.zeros(len(rows)), duals, mixed)
    slack = np.array([row.limit for row in rows]) - sum(part.use for part in parts)
    joined = _joined(parts)
    held, columns = joined.holder, len(joined.revenue)
    unit, size, found = _solve(joined, slack, holders)
    if found.status == _INFEASIBLE:
        return None
    if not found.success:
        raise RefusedError("price-uncertified", f"the solver failed: {found.message}", "report the input")
    marginals = np.maximum(-found.ineqlin.marginals, 0.0)
    duals[held] = np.minimum(marginals[len(rows) :], holders.penalties[held])
    fractions = found.x[:columns]
    fractional = joined.work[(fractions > _MIXED) & (fractions < 1 - _MIXED)]
    return Linear(
        value - found.fun * unit, marginals[: len(rows)] * unit / size, duals, mixed + len(np.unique(fractional))
    )


def _joined(parts: list[Undecided]) -> Undecided:
    """The columns of all parts as one, works numbered from 0; its sums are not filled in."""
    offsets = np.cumsum([0, *(len(part.work) for part in parts)])
    entries = [part.entry + np.array([[0], [offset]]) for part, offset in zip(parts, offsets, strict=False)]
    return Undecided(
        value=0.0,
        use=np.empty(0),
        work=_numbered([part.work for part in parts]),
        revenue=np.concatenate([part.revenue for part in parts]),
        uses=np.concatenate([part.uses for part in parts]),
        holder=np.concatenate([part.holder for part in parts]),
        entry=np.concatenate(entries, axis=1),
        earned=np.concatenate([part.earned for part in parts]),
        mixed=0,
    )


def _solve(columns: Undecided, slack: Floats, holders: Holders) -> tuple[float, Floats, OptimizeResult]:
    """Solve for the shares of the columns and the shortfalls; also the units that money and rows are scaled by."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    held, count = columns.holder, len(columns.revenue)
    unit = max(float(np.abs(columns.revenue).mean()), _LEAST) / _UNIT
    size = np.maximum(np.abs(columns.uses).max(axis=0, initial=0), _LEAST)
    order = np.argsort(held)
    line = order[np.searchsorted(held, columns.entry[0], sorter=order)] + len(size)
    used = np.nonzero(columns.uses.T)
    short = np.arange(len(held))
    upper = coo_array(
        (
            np.concatenate([(columns.uses / size).T[used], -columns.earned / unit, np.full(len(held), -1.0)]),
            (
                np.concatenate([used[0], line, short + len(size)]),
                np.concatenate([used[1], columns.entry[1], short + count]),
            ),
        ),
        shape=(len(size) + len(held), count + len(held)),
    )
    works = columns.work[-1] + 1
    once = coo_array((np.ones(count), (columns.work, np.arange(count))), shape=(works, count + len(held)))
    found = linprog(  # type: ignore[call-overload]  # scipy takes sparse rows, its stubs do not know
        np.append(-columns.revenue / unit, holders.penalties[held]),
        A_ub=upper.tocsr(),
        b_ub=np.append(slack / size, -holders.floors[held] / unit),
        A_eq=once.tocsr(),
        b_eq=np.ones(works),
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
    )
    return unit, size, found


def choose_options(parts: list[Options], limits: Floats, duals: Floats, effort: Effort) -> tuple[Indices, ...] | None:
    """Whole options within the rows: the best choice for the units that the duals leave nearest to undecided.

    Args:
        parts: options of each part.
        limits: (A,), of the rows.
        duals: (A,), of the rows; a unit that is not free to choose takes its best option at these.
        effort: how many units are free to choose, and what the choice may lack of the bound at the duals.

    Returns:
        Numbers of the options chosen, part by part, or None where no choice keeps the rows.
    """
    values = np.concatenate([part.values for part in parts])
    uses = np.concatenate([part.uses for part in parts])
    slack = limits - sum(part.use for part in parts)
    chosen = np.zeros(len(values), bool)
    if len(values):
        unit = _numbered([part.unit for part in parts])
        adjusted = values - uses @ duals
        order = np.lexsort((-adjusted, unit))  # the best option of each unit first
        first = np.append(True, np.diff(unit[order]) > 0)
        chosen[order[first]] = True
        loss = adjusted[order[first]][unit] - adjusted
        loss[chosen] = np.inf
        if _mended(chosen, unit, uses, loss, duals, slack) <= effort.near:
            return _by_part(chosen, parts)
        chosen[:] = loss == np.inf
        nearest = np.full(unit[-1] + 1, np.inf)
        np.minimum.at(nearest, unit, loss)
        free = np.isin(unit, np.argsort(nearest, kind="stable")[: effort.units])
        slack = slack - uses[chosen & ~free].sum(axis=0)
        best = _choose(values[free], uses[free], unit[free], slack, effort.near / 10)
        if best is None:
            return None
        chosen[free] = best
    elif (slack < 0).any():
        return None
    return _by_part(chosen, parts)


def _by_part(chosen: NDArray[np.bool_], parts: list[Options]) -> tuple[Indices, ...]:
    """Numbers of the options chosen, part by part."""
    ends = np.cumsum([len(part.values) for part in parts])
    return tuple(np.flatnonzero(part) for part in np.split(chosen, ends[:-1]))


def _mended(
    chosen: NDArray[np.bool_], unit: Indices, uses: Floats, loss: Floats, duals: Floats, slack: Floats
) -> float:
    """Exchange options, the least loss first, until the rows hold.

    Args:
        chosen: (n,), one option of each unit, changed in place.
        unit: (n,), of each option.
        uses: (n, A).
        loss: (n,), of taking this option in place of the one chosen, at the duals.
        duals: (A,).
        slack: (A,), of the rows for these units.

    Returns:
        What the choice lacks of the bound at the duals, inf where the rows do not hold.
    """
    size = np.maximum(np.abs(uses).max(axis=0, initial=0), _LEAST)
    current = np.flatnonzero(chosen)[np.argsort(unit[chosen])]
    excess, lost = uses[chosen].sum(axis=0) - slack, 0.0
    for option in np.argsort(loss, kind="stable").tolist():
        if (excess <= 0).all() or loss[option] == np.inf:
            break
        now = excess + uses[option] - uses[current[unit[option]]]
        untouched = loss[current[unit[option]]] == np.inf
        if untouched and (np.maximum(now, 0) / size).sum() < (np.maximum(excess, 0) / size).sum():
            chosen[current[unit[option]]], chosen[option] = False, True
            current[unit[option]] = option
            excess, lost = now, lost + float(loss[option])
    return lost - float(duals @ excess) if (excess <= 0).all() else np.inf


def _choose(values: Floats, uses: Floats, unit: Indices, slack: Floats, near: float) -> NDArray[np.bool_] | None:
    """One option for each unit, the most valuable within the slack of the rows."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    names, number = np.unique(unit, return_inverse=True)
    once = coo_array((np.ones(len(values)), (number, np.arange(len(values)))), shape=(len(names), len(values)))
    best = np.full(len(names), -np.inf)
    np.maximum.at(best, number, values)
    scale = max(np.abs(values).mean(), _LEAST) / _UNIT
    size = np.maximum(np.abs(uses).max(axis=0, initial=0), _LEAST)
    found = milp(
        -values / scale,
        constraints=[
            LinearConstraint(uses.T / size[:, None], -np.inf, slack / size),
            LinearConstraint(once.tocsr(), 1, 1),
        ],
        integrality=np.ones(len(values), np.int64),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": min(near / max(abs(best.sum()), _LEAST), 1e-2), "node_limit": _NODES},
    )
    return None if found.x is None else found.x > 0.5


def _numbered(labels: list[Indices]) -> Indices:
    """Consecutive numbers for labels that rise within each part and mean different things in different parts."""
    steps = [np.append(1, np.diff(part) != 0)[: len(part)] for part in labels]
    return np.cumsum(np.concatenate(steps)) - 1
