"""The check that prices of a catalogue are near the best, which shares nothing with the solver.

At any duals the best adjusted value of every tree of cells adds up to a bound on all prices within the rows (weak
duality). It is computed here in floats, and widened by what their rounding can amount to: a sum of n terms, each
computed with a few operations, is off by at most γ_n Σ|terms|, γ_n = n u / (1 − n u), u = 2⁻⁵³ (Higham, Accuracy and
Stability of Numerical Algorithms, 2002, section 3.1); sums over works are exactly rounded (`math.fsum`).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from offchain.pricing.catalogue.arrays import Bytes, Catalogue, Duals, Floats, Prices
from offchain.pricing.refusals import not_proven

__all__ = ["GAP", "proven_bound", "require_proven"]

GAP: Final = 1e-4
"""Share of the bound that prices may lack."""

_SLICE: Final = 2_000  # works at a time, so that what is computed stays in tens of megabytes
_ROUNDING: Final = 2.0**-53


def require_proven(catalogue: Catalogue, prices: Prices) -> float:
    """Refuse prices that break a rule or are not proven near the best.

    Returns:
        The proven gap, as a share of the bound.

    Raises:
        RefusedError: `price-uncertified`, with the reason.
    """
    if not _within(catalogue, prices.steps):
        raise not_proven("these prices", "a step is outside its bounds, or breaks a tie between two cells")
    works, cells = np.indices(prices.steps.shape)
    revenue = catalogue.revenue[works, cells, prices.steps].sum(axis=1)
    for row in catalogue.rows:
        used = row.weights[cells, prices.steps]
        if row.per == "sale":
            used = used * _sales(catalogue)[works, cells, prices.steps]
        if math.fsum(used.ravel()) > row.limit + _error(used.size, float(np.abs(used).sum())):
            raise not_proven("these prices", f"row {row.name} is broken")
    objective = math.fsum(revenue) - math.fsum(catalogue.holders.penalties * _shortfalls(catalogue, revenue))
    bound = proven_bound(catalogue, prices.duals)
    gap = (bound - objective) / max(abs(bound), 1e-300)
    if not gap <= GAP:
        raise not_proven("these prices", f"the prices could earn up to {bound - objective:.6g} of {bound:.6g} more")
    return gap


def proven_bound(catalogue: Catalogue, duals: Duals) -> float:
    """No prices within the rows earn more, net of penalties, minor units a period.

    Duals outside their range (0 or more, for holders at most the penalty) are moved to its end: the solver's own may be
    off by a rounding, and every point in the range gives a bound.

    Raises:
        RefusedError: `price-uncertified`, a dual is not a finite number.
    """
    holders = catalogue.holders
    if not np.isfinite(duals.rows).all() or not np.isfinite(duals.holders).all():
        raise not_proven("these prices", "a dual is not a finite number")
    rows: Floats = np.maximum(duals.rows, 0.0)
    held = np.clip(duals.holders, 0.0, holders.penalties)
    entry = np.repeat(np.arange(len(catalogue.revenue)), np.diff(holders.start))
    pull: Floats = (1.0 + np.bincount(entry, holders.share * held[holders.index], len(catalogue.revenue))).astype(
        np.float64
    )
    limits = np.array([row.limit for row in catalogue.rows], dtype=float)
    parts = [*(rows * limits), *(-held * holders.floors)]
    sizes = [math.fsum(map(abs, parts))]
    for first in range(0, len(pull), _SLICE):
        part = slice(first, first + _SLICE)
        values, size = _adjusted(catalogue, part, pull[part], rows)
        parts.extend(_best(catalogue, values, part))
        sizes.append(size)
    operations = 2 * len(catalogue.parent) + 2 * len(catalogue.rows) + int(np.diff(holders.start).max(initial=0)) + 8
    return math.fsum(parts) + _error(operations, math.fsum(sizes))


def _adjusted(catalogue: Catalogue, part: slice, pull: Floats, rows: Floats) -> tuple[Floats, float]:
    """Adjusted values (n, C, K) of some works, and the sum over cells of the largest that went into them."""
    values = catalogue.revenue[part] * pull[:, None, None]
    size = values.max(axis=2).sum()
    for row, dual in zip(catalogue.rows, rows, strict=True):
        if dual:
            charge = dual * row.weights if row.per == "price" else dual * row.weights * _sales(catalogue)[part]
            values = values - charge
            size += np.broadcast_to(np.abs(charge).max(axis=-1), values.shape[:2]).sum()
    return values, float(size)


def _best(catalogue: Catalogue, values: Floats, part: slice) -> Floats:
    """(n,), best sum of adjusted values of each work, over steps within bounds and ties."""
    steps = np.arange(values.shape[2])
    outside = (steps < catalogue.lowest[part][..., None]) | (steps > catalogue.highest[part][..., None])
    values[outside] = -np.inf
    total = np.zeros(len(values))
    # Backwards, because a cell's parent comes before it: what hangs on a parent is added to it before it is read.
    for cell in range(values.shape[1] - 1, -1, -1):
        parent = catalogue.parent[cell]
        if parent < 0:
            total += values[:, cell].max(axis=1)
        else:
            onward = np.maximum.accumulate(values[:, cell, ::-1], axis=1)[:, ::-1]
            beyond = np.concatenate([onward, np.full((len(values), 1), -np.inf)], axis=1)
            values[:, parent] += beyond[:, catalogue.least[cell]]
    return total


def _within(catalogue: Catalogue, steps: Bytes) -> bool:
    if steps.shape != catalogue.lowest.shape or (steps < catalogue.lowest).any() or (steps > catalogue.highest).any():
        return False
    tied = np.flatnonzero(catalogue.parent >= 0)
    return all((steps[:, cell] >= catalogue.least[cell][steps[:, catalogue.parent[cell]]]).all() for cell in tied)


def _shortfalls(catalogue: Catalogue, revenue: Floats) -> Floats:
    holders = catalogue.holders
    entry = np.repeat(np.arange(len(revenue)), np.diff(holders.start))
    earned = np.bincount(holders.index, holders.share * revenue[entry], len(holders.floors))
    return np.maximum(holders.floors - earned, 0.0)


def _sales(catalogue: Catalogue) -> Floats:
    if catalogue.sales is None:
        raise not_proven("these prices", "a row counts licences of which the catalogue states none")
    return catalogue.sales


def _error(operations: int, size: float) -> float:
    """γ Σ|terms|, a little widened for the rounding of this bound itself."""
    return operations * _ROUNDING / (1 - operations * _ROUNDING) * size * (1 + 1e-9)
