"""The duals of the rows, nearly: cutting planes in a box that moves with the best point.

The dual value is convex and piecewise linear in the rows' duals; each reading of the catalogue gives a plane below it
(Kelley 1960; boxstep: Marsten, Hogan and Blankenship 1975). Far from the optimum this is the fast way, near it the
linear programme of the undecided works (`offchain.pricing.catalogue.masters`) is exact.
"""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

import numpy as np

from offchain.errors import InputError
from offchain.pricing.catalogue.arrays import Floats, Row
from offchain.pricing.catalogue.crew import Crew
from offchain.pricing.catalogue.part import Part

__all__ = ["Point", "descend"]

_PASSES: Final = 200
_NEAR: Final = 1e-7  # of the dual value: what the planes still promise when the search ends
_WIDTH: Final = 0.01  # first box, in units of the dual value per unit of a row's use
_UNIT: Final = 1e4  # the dual value as the solver sees it; its tolerances are absolute


class Point(NamedTuple):
    """Duals of the rows (A,), the dual value there, and its slope (A,)."""

    rows: Floats
    value: float
    slope: Floats


def evaluate(crew: Crew, rows: tuple[Row, ...], duals: Floats) -> Point:
    """Read the catalogue once at the rows' duals."""
    replies = crew.ask(partial(Part.evaluate, rows=duals))
    limits = np.array([row.limit for row in rows])
    slope = limits - sum((reply.use for reply in replies), np.zeros(len(rows)))
    return Point(duals, sum(reply.value for reply in replies) + float(duals @ limits), slope)


def descend(crew: Crew, rows: tuple[Row, ...], start: Floats, least: float) -> tuple[Point, int]:
    """Go down the dual value from `start`.

    Args:
        crew: the parts.
        rows: of the catalogue.
        start: (A,), duals to start from.
        least: a value that every price list within the rows reaches; a dual value below it proves that there is none.

    Returns:
        The best point, and how many times the catalogue was read.

    Raises:
        InputError: `rows-infeasible`, no prices satisfy the rows.
    """
    best = evaluate(crew, rows, start)
    points = [best]
    if not len(rows):
        return best, 1
    scale = max(abs(best.value), 1e-300)
    unit = scale / np.maximum(np.maximum(np.abs([row.limit for row in rows]), np.abs(best.slope)), 1e-12)
    width = np.full(len(rows), _WIDTH)
    while len(points) < _PASSES:
        step, promise = _lowest(points, best, unit, width, scale)
        if best.value - promise <= _NEAR * max(abs(best.value), 1e-9 * scale):
            break
        now = evaluate(crew, rows, step)
        points.append(now)
        if now.value < best.value:
            at_border = np.abs(step - best.rows) >= 0.999 * width * unit
            width[at_border] *= 2.0
            best = now
        else:
            width *= 0.5
        if best.value < least - 1e-9 * scale:
            raise _infeasible(rows, best.rows)
    return best, len(points)


def _lowest(points: list[Point], best: Point, unit: Floats, width: Floats, scale: float) -> tuple[Floats, float]:
    """Where the planes are lowest within the box, and how low."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    size = len(unit)
    slopes = np.array([point.slope for point in points]) * unit / scale * _UNIT
    values = np.array([point.value - point.slope @ (point.rows - best.rows) - best.value for point in points])
    planes = np.column_stack([slopes, np.full(len(points), -1.0)])
    low = np.maximum(-best.rows / unit, -width)
    found = milp(
        np.append(np.zeros(size), 1.0),
        constraints=LinearConstraint(planes, -np.inf, -values / scale * _UNIT),
        bounds=Bounds(np.append(low, -np.inf), np.append(width, np.inf)),
    )
    if found.x is None:
        return best.rows, best.value
    return np.maximum(best.rows + found.x[:size] * unit, 0.0), best.value + found.x[size] / _UNIT * scale


def _infeasible(rows: tuple[Row, ...], duals: Floats) -> InputError:
    names = [row.name for row, dual in zip(rows, duals, strict=True) if dual > 0]
    return InputError(
        "rows-infeasible",
        f"no prices satisfy these together: {', '.join(names)}",
        "ask less of one of them, or widen the bounds of the works",
        rows=names,
    )
