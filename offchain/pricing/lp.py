"""The linear programme of prices, by HiGHS.

With y_k = 1 where a cell's price is at least its ladder price p_k, net revenue is Σ (r_k − r_{k−1}) y_k, a cell is a
chain y_k ≤ y_{k−1} with y_0 = 1, and an order is rows y_cheaper,k ≤ y_dearer,κ(k). Each row holds one +1 and
one −1 at most, so the matrix is totally unimodular and every vertex is integral, whatever the revenue curve
(Schrijver, Theory of Linear and Integer Programming, chapter 19). The simplex method ends at a vertex.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from offchain.errors import RefusedError
from offchain.pricing.certificate import RowDual
from offchain.pricing.model import Model

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

__all__ = ["LpSolution", "OrderRow", "first_columns", "order_matrix", "order_rows", "solve_lp"]

_UNIT: Final = 1e3
"""Largest objective coefficient of each component; HiGHS' least tolerance, 1e-10, is then 1e-13 of it."""

_INTEGRAL: Final = 1e-6
"""Distance from an integer at which a level counts as fractional."""


@dataclass(frozen=True, slots=True)
class LpSolution:
    """A vertex and its multipliers.

    Attributes:
        steps: chosen ladder step of each cell.
        rows: multipliers of the orders' rows that are not 0.
        levels: y of every cell and step as the solver returned it.
    """

    steps: tuple[int, ...]
    rows: tuple[RowDual, ...]
    levels: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """y_cheaper,step ≤ y_dearer,threshold of one order of the model."""

    order: int
    step: int
    threshold: int


@dataclass(frozen=True, slots=True)
class _Vertex:
    """What the solver returned: levels, marginals of the rows, and its own words."""

    levels: tuple[float, ...]
    marginals: tuple[float, ...]
    message: str


def solve_lp(model: Model) -> LpSolution:
    """Solve a feasible model.

    Raises:
        RefusedError: `price-uncertified`, the solver failed or returned a fractional level.
    """
    rows = order_rows(model)
    scales = _scales(model)
    vertex = _solve(model, rows, scales)
    if not vertex.levels or any(abs(level - round(level)) > _INTEGRAL for level in vertex.levels):
        raise RefusedError(
            "price-uncertified",
            f"the solver ended without an integral optimum: {vertex.message}",
            "check the scale of demand and prices; report the input if they are sound",
        )
    spans = pairwise(first_columns(model))
    steps = tuple(sum(round(level) for level in vertex.levels[start:stop]) - 1 for start, stop in spans)
    return LpSolution(steps, _duals(model, rows, scales, vertex.marginals), vertex.levels)


def first_columns(model: Model) -> list[int]:
    """Column of each cell's first step, and the number of columns."""
    return list(accumulate((len(cell.ladder) for cell in model.cells), initial=0))


def order_rows(model: Model) -> list[OrderRow]:
    """The orders' rows without those that always hold or follow from the one before."""
    rows = []
    for number, order in enumerate(model.orders):
        before = 0
        for step in range(len(model.cells[order.cheaper].ladder)):
            threshold = model.threshold(order, step)
            if threshold > before:
                rows.append(OrderRow(number, step, threshold))
            before = threshold
    return rows


def _scales(model: Model) -> list[int]:
    """Of each cell, the largest |r_k − r_{k−1}| among the cells that orders tie it to.

    Components do not meet in the programme, so each may have its own scale: a small work is then priced as
    exactly as a large one.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = [order.cheaper for order in model.orders], [order.dearer for order in model.orders]
    size = len(model.cells)
    ties = coo_array(([1] * len(model.orders), ends), shape=(size, size))
    labels: list[int] = connected_components(ties, directed=False)[1].tolist()
    largest: dict[int, int] = {}
    for cell, label in zip(model.cells, labels, strict=True):
        changes = (abs(cell.net[step] - cell.net[step - 1]) for step in cell.allowed[1:])
        largest[label] = max(largest.get(label, 1), *changes, 1)
    return [largest[label] for label in labels]


def _solve(model: Model, rows: list[OrderRow], scales: list[int]) -> _Vertex:
    from scipy.optimize import linprog

    cost: list[float] = []
    bounds: list[tuple[int, int]] = []
    for cell, scale in zip(model.cells, scales, strict=True):
        for step in range(len(cell.ladder)):
            free = cell.lowest < step <= cell.highest
            cost.append((cell.net[step - 1] - cell.net[step]) / scale * _UNIT if free else 0.0)
            bounds.append((int(step <= cell.lowest), int(step <= cell.highest)))
    options = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    matrix = order_matrix(model, rows)
    found = linprog(  # type: ignore[call-overload]  # scipy takes sparse rows, its stubs do not know
        cost, A_ub=matrix, b_ub=[0.0] * matrix.shape[0], bounds=bounds, method="highs-ds", options=options
    )
    if not found.success:
        return _Vertex((), (), found.message)
    return _Vertex(tuple(found.x.tolist()), tuple(found.ineqlin.marginals.tolist()), found.message)


def order_matrix(model: Model, rows: list[OrderRow]) -> csr_array[np.float64]:
    """Left sides of y_cheaper,k − y_dearer,κ(k) ≤ 0, then of y_k − y_{k−1} ≤ 0."""
    from scipy.sparse import csr_array

    offsets = first_columns(model)
    pairs = [_columns(model, row, offsets) for row in rows]
    pairs += [(column, column - 1) for start, stop in pairwise(offsets) for column in range(start + 1, stop)]
    entries = [(line, plus, 1.0) for line, (plus, _) in enumerate(pairs)]
    entries += [(line, minus, -1.0) for line, (_, minus) in enumerate(pairs) if minus is not None]
    lines, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    return csr_array((values, (lines, columns)), shape=(len(pairs), offsets[-1]))


def _columns(model: Model, row: OrderRow, offsets: list[int]) -> tuple[int, int | None]:
    order = model.orders[row.order]
    beyond = row.threshold == len(model.cells[order.dearer].ladder)
    return offsets[order.cheaper] + row.step, None if beyond else offsets[order.dearer] + row.threshold


def _duals(model: Model, rows: list[OrderRow], scales: list[int], marginals: Iterable[float]) -> tuple[RowDual, ...]:
    """Multipliers in `SCALE`-ths of a minor unit; the solver minimises, so its marginals are ≤ 0."""
    duals = []
    for row, marginal in zip(rows, marginals, strict=False):  # the chains' marginals follow and are not needed
        order = model.orders[row.order]
        cheaper = model.cells[order.cheaper]
        value = round(Fraction(-float(marginal)) * scales[order.cheaper] / Fraction(_UNIT))
        if value > 0:
            duals.append(RowDual(cheaper.key, model.cells[order.dearer].key, cheaper.ladder[row.step], value))
    return tuple(duals)
