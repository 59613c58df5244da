"""The linear and the integer programme of coupled prices, by HiGHS.

The columns are those of the uncoupled programme (`offchain.pricing.lp`), with one more for the excess of each elastic
row. Coupling rows are not totally unimodular, so a vertex may mix steps: in at most as many components as rows bind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from offchain.pricing.certificate import RowDual
from offchain.pricing.coupled.proof import Leaf, Scope, Weight
from offchain.pricing.lp import OrderRow, first_columns, order_matrix, order_rows
from offchain.pricing.model import Model
from offchain.pricing.refusals import solver_failed
from offchain.pricing.scale import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

__all__ = ["Relaxation", "best_steps", "refutation", "relaxation"]

_UNIT: Final = 1e3
"""Largest objective coefficient; HiGHS' least tolerance, 1e-10, is then 1e-13 of it."""

_INFEASIBLE: Final = 2
"""Status of scipy's solvers where the rows contradict each other."""

_GAP: Final = 1e-6
"""Relative gap at which the integer programme stops: a hundredth of what a certificate may leave."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A solved linear programme.

    Attributes:
        leaf: its multipliers, as a proof.
        mixed: by cell, how far the step is from being one: 0 integral, up to 0.5.
        middle: by cell, the mean step.
    """

    leaf: Leaf
    mixed: dict[int, float]
    middle: dict[int, float]


@dataclass(frozen=True, slots=True)
class _Programme:
    """min cost · x, matrix · x ≤ right, low ≤ x ≤ high.

    Attributes:
        model: the scope as a model of its own.
        ties: rows of the orders; the chains' rows and the coupling rows follow.
        scales: what each coupling row was divided by.
        money: what the objective was divided by, `SCALE`-ths of a minor unit.
    """

    model: Model
    ties: list[OrderRow]
    scales: list[float]
    money: float
    cost: NDArray[np.float64]
    matrix: csr_array[np.float64]
    right: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def relaxation(scope: Scope) -> Relaxation | None:
    """Solve the linear programme of a scope; None where its rows contradict each other.

    Raises:
        RefusedError: `price-uncertified`, the solver failed.
    """
    programme = _programme(scope)
    found = _linprog(programme, programme.cost, programme.matrix, programme.low, programme.high)
    if found.status == _INFEASIBLE:
        return None
    cells, starts = list(scope.steps), pairwise(first_columns(programme.model))
    mixed, middle = {}, {}
    for cell, (start, stop) in zip(cells, starts, strict=True):
        levels = found.x[start:stop]
        mixed[cell] = float(abs(levels - levels.round()).max())
        middle[cell] = float(levels.sum()) - 1
    return Relaxation(_leaf(scope, programme, -found.ineqlin.marginals, programme.money / _UNIT), mixed, middle)


def refutation(scope: Scope, target: int) -> Leaf | None:
    """Multipliers that push the bound of an infeasible scope below `target`, by Farkas' lemma; None where none do.

    The least total excess over all rows and orders is above 0; its multipliers, made large enough, outweigh any
    revenue.

    Args:
        scope: what has no solution, or seems so.
        target: `RATE`-ths of a `SCALE`-th of a minor unit.
    """
    import numpy as np
    from scipy.sparse import eye_array, hstack

    hard = replace(scope, rows=tuple(row for row in scope.rows if row.penalty is None))
    programme = _programme(hard)
    count, size = programme.matrix.shape
    matrix = hstack([programme.matrix, -eye_array(count)], format="csr")
    cost = np.concatenate([np.zeros(size), np.ones(count)])
    low = np.concatenate([programme.low, np.zeros(count)])
    high = np.concatenate([programme.high, np.full(count, np.inf)])
    found = _linprog(programme, cost, matrix, low, high)
    if found.fun <= 0:
        return None
    most = sum(max(values) for values in scope.values.values()) - target
    factor = 2.0 * max(most, 1) / RATE / float(found.fun)
    return _leaf(hard, programme, -found.ineqlin.marginals, factor)


def best_steps(scope: Scope) -> tuple[int, ...] | None:
    """The step of each cell in an optimum of the integer programme, or None where there is no solution.

    Raises:
        RefusedError: `price-uncertified`, the solver failed.
    """
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    programme = _programme(scope)
    spans = first_columns(programme.model)
    whole = np.zeros(len(programme.cost), np.uint8)
    whole[: spans[-1]] = 1
    found = milp(
        programme.cost,
        integrality=whole,
        bounds=Bounds(programme.low, programme.high),
        constraints=LinearConstraint(programme.matrix, ub=programme.right),
        options={"mip_rel_gap": _GAP},
    )
    if found.status == _INFEASIBLE:
        return None
    if found.x is None:
        raise solver_failed("demand and prices", found.message)
    return tuple(round(float(found.x[start:stop].sum())) - 1 for start, stop in pairwise(spans))


def _programme(scope: Scope) -> _Programme:
    import numpy as np
    from scipy.sparse import csr_array, vstack

    model = _model(scope)
    ties, starts = order_rows(model), first_columns(model)
    elastic = [row for row in model.coupling if row.penalty is not None]
    above = {row.number: starts[-1] + place for place, row in enumerate(elastic)}
    changes = [abs(high - low) for cell in model.cells for low, high in pairwise(cell.net)]
    money = float(max([1, *changes]))
    scales = [
        float(max([1, *map(abs, (term for terms in row.terms.values() for term in terms))])) for row in model.coupling
    ]
    cost, low, high = np.zeros((3, starts[-1] + len(elastic)))
    high[starts[-1] :] = np.inf
    for cell, (start, stop) in zip(model.cells, pairwise(starts), strict=True):
        cost[start + 1 : stop] = [(low_net - high_net) / money * _UNIT for low_net, high_net in pairwise(cell.net)]
        low[start : start + cell.lowest + 1] = 1
        high[start : start + cell.highest + 1] = 1
    for row, scale in zip(model.coupling, scales, strict=True):
        if row.penalty is not None:
            cost[above[row.number]] = row.penalty / RATE * scale / money * _UNIT
    tied = order_matrix(model, ties)
    wide = csr_array((tied.data, tied.indices, tied.indptr), shape=(tied.shape[0], len(cost)))
    coupled, right = _coupling(model, scales, above, len(cost))
    limits = np.concatenate([np.zeros(tied.shape[0]), right])
    return _Programme(model, ties, scales, money, cost, vstack([wide, coupled], format="csr"), limits, low, high)


def _coupling(
    model: Model, scales: Sequence[float], above: dict[int, int], width: int
) -> tuple[csr_array[np.float64], list[float]]:
    """Left and right sides of the coupling rows, each divided by its scale; `above` has the columns of their excess."""
    from scipy.sparse import csr_array

    starts, entries, right = first_columns(model), list[tuple[float, int, int]](), list[float]()
    for line, (row, scale) in enumerate(zip(model.coupling, scales, strict=True)):
        right.append((row.limit - sum(terms[0] for terms in row.terms.values())) / scale)
        for place, terms in row.terms.items():
            changes = ((step, terms[step] - terms[step - 1]) for step in range(1, len(terms)))
            entries += [(change / scale, line, starts[place] + step) for step, change in changes if change]
        if row.penalty is not None:
            entries.append((-1.0, line, above[row.number]))
    values, lines, columns = zip(*entries, strict=True) if entries else ((), (), ())
    return csr_array((values, (lines, columns)), shape=(len(model.coupling), width)), right


def _model(scope: Scope) -> Model:
    """The scope as a model: its cells count from 0, their values are net revenues."""
    place = {cell: position for position, cell in enumerate(scope.steps)}
    cells = tuple(
        replace(
            scope.model.cells[cell],
            net=tuple(value // RATE for value in scope.values[cell]),
            lowest=lowest,
            highest=highest,
        )
        for cell, (lowest, highest) in scope.steps.items()
    )
    orders = (replace(order, cheaper=place[order.cheaper], dearer=place[order.dearer]) for order in scope.orders)
    rows = (replace(row, terms={place[cell]: terms for cell, terms in row.terms.items()}) for row in scope.rows)
    return Model(cells, tuple(orders), tuple(rows))


def _linprog(
    programme: _Programme,
    cost: NDArray[np.float64],
    matrix: csr_array[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> Any:  # noqa: ANN401  # scipy's OptimizeResult has no typed members
    import numpy as np
    from scipy.optimize import linprog

    options = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    limits = np.column_stack([low, high])
    found = linprog(  # type: ignore[call-overload]  # scipy takes sparse rows, its stubs do not know
        cost, A_ub=matrix, b_ub=programme.right, bounds=limits, method="highs-ds", options=options
    )
    if not found.success and found.status != _INFEASIBLE:
        raise solver_failed("demand and prices", found.message)
    return found


def _leaf(scope: Scope, programme: _Programme, marginals: Sequence[float], factor: float) -> Leaf:
    """Multipliers ≥ 0 as integers; `factor` is `SCALE`-ths of a minor unit for one unit of the objective."""
    model = programme.model
    rows = []
    for tie, marginal in zip(programme.ties, marginals, strict=False):  # the chains' marginals are not needed
        order = model.orders[tie.order]
        value = round(max(0.0, float(marginal)) * factor)
        if value:
            cheaper = model.cells[order.cheaper]
            rows.append(RowDual(cheaper.key, model.cells[order.dearer].key, cheaper.ladder[tie.step], value))
    weights = []
    last = marginals[len(marginals) - len(scope.rows) :]
    for row, scale, marginal in zip(scope.rows, programme.scales, last, strict=True):
        value = round(max(0.0, float(marginal)) * factor / scale * RATE)
        value = value if row.penalty is None else min(value, row.penalty)
        if value:
            weights.append(Weight(row.number, value))
    return Leaf(tuple(weights), tuple(rows))
