"""Prices of a whole catalogue, with bounds that prove how near they are to the best.

    descend ─► widen ⇄ solve_linear (exact duals) ─► settle ─► vary ⇄ choose_options (integer prices) ─► Prices

Cutting planes bring the rows' duals near, a small linear programme of the works still undecided makes them exact.
At these duals every free work and every group of works with a floor has its best integer prices, and few are changed
so that the rows hold.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from offchain.errors import RefusedError
from offchain.pricing.catalogue.answers import Outcome
from offchain.pricing.catalogue.arrays import Catalogue, Duals, Floats, Holders, Prices, Row
from offchain.pricing.catalogue.crew import Crew, InProcess
from offchain.pricing.catalogue.descent import descend
from offchain.pricing.catalogue.masters import Effort, Linear, choose_options, solve_linear
from offchain.pricing.catalogue.part import Part

__all__ = ["price_catalogue", "price_parts"]

_ROUNDS: Final = 100  # of the linear programme; two to four are usual
_EXACT: Final = 1e-9  # of the dual value: linear programme and dual agree
_TRIES: Final = 10  # at choosing integer prices, each with options from farther away
_NEAR: Final = 1e-5  # of the bound: integer prices this good end the search
_ENOUGH: Final = 1e-4  # of the bound: as good as prices at duals of an earlier solve must be
_FREE: Final = 200  # units that may choose among their options at the first try
_SMALL: Final = 1e-4  # a row's dual of 0 counts as this share of the bound per unit of its limit
_REACH: Final = 0.01  # of a row's dual: how far off the descent may be
_OPENED: Final = 30.0  # works that a row should leave undecided, at least


class _Task(NamedTuple):
    """What is asked of the crew: rows (limits (A,)), floors, and the value that any prices within the rows reach."""

    crew: Crew
    rows: tuple[Row, ...]
    limits: Floats
    holders: Holders
    least: float


class _Recovery(NamedTuple):
    """Integer prices of the parts, their objective, and the bounds at the duals that they were found at."""

    duals: Duals
    linear: float
    bound: float
    objective: float
    outcomes: list[Outcome]


def price_catalogue(catalogue: Catalogue, start: Duals | None = None) -> Prices:
    """The prices that earn most within the rows, less the penalties of floors missed.

    Args:
        catalogue: what to price.
        start: duals of an earlier solve; where prices within 1e-4 of the bound are found at these, they are kept.

    Raises:
        InputError: `bounds-miss-ladder`, or `rows-infeasible`: no prices satisfy the bounds, or the rows.
        RefusedError: `price-uncertified`, no integer prices within the rows were found.
    """
    return price_parts(InProcess([Part(catalogue)]), catalogue.rows, catalogue.holders, start)


def price_parts(crew: Crew, rows: tuple[Row, ...], holders: Holders, start: Duals | None = None) -> Prices:
    """As `price_catalogue`, where parts answer for the works; steps come in the order of the parts.

    Args:
        crew: the parts.
        rows: of the whole catalogue.
        holders: floors and penalties of the whole catalogue; shares are not read.
        start: duals of an earlier solve.
    """
    begun = time.process_time()
    limits = np.array([row.limit for row in rows], dtype=float)
    task = _Task(crew, rows, limits, holders, -float(holders.penalties @ np.maximum(holders.floors, 0)))
    works = sum(crew.ask(Part.size))
    reach = min(max(_REACH, _OPENED / max(works, 1)), 1.0)
    if start is not None:
        found = _recover(task, start.rows, reach, _ENOUGH)
        if found is not None and found.bound - found.objective <= _ENOUGH * abs(found.bound):
            return _prices(found, None, 1, begun)
    point, passes = descend(crew, rows, np.zeros(len(rows)) if start is None else start.rows, task.least)
    linear, more = _exact(task, point.rows, reach)
    found = _recover(task, linear.rows, reach, _NEAR)
    if found is None:
        raise RefusedError(
            "price-uncertified", "no integer prices within the rows were found", "ask a little less of one of the rows"
        )
    return _prices(found, linear, passes + more, begun)


def _exact(task: _Task, centre: Floats, reach: float) -> tuple[Linear, int]:
    """Optimal duals by column generation from around `centre`, and how many times the catalogue was read."""
    task.crew.ask(partial(Part.evaluate, rows=centre))
    columns = _widen_around(task, centre, reach)
    passes = 2 + 2 * len(centre)
    for _ in range(_ROUNDS):
        linear = solve_linear(task.crew.ask(Part.undecided), task.rows, task.holders)
        if linear is None:
            reach *= 4.0
            columns = _widen_around(task, centre, reach)
            passes += 1 + 2 * len(centre)
            continue
        widened = task.crew.ask(partial(Part.widen, rows=linear.rows, duals=linear.duals))
        passes += 1
        above = sum(one.value for one in widened) + linear.rows @ task.limits - linear.value
        before, columns = columns, sum(one.columns for one in widened)
        # Without a new column the programme cannot change; the duals are then as good as its arithmetic.
        if above <= _EXACT * abs(linear.value) or columns == before:
            return linear, passes
    raise RefusedError("price-uncertified", "the linear programme does not come to an end", "report the input")


def _widen_around(task: _Task, centre: Floats, reach: float) -> int:
    """Open what changes at the centre and on both sides of it along each row; returns the number of columns."""
    duals = np.full(len(task.holders.floors), np.nan)
    steps = reach * np.diag(centre)
    for rows in (*(centre + steps), *np.maximum(centre - steps, 0.0), centre):
        widened = task.crew.ask(partial(Part.widen, rows=rows, duals=duals))
    return sum(one.columns for one in widened)


def _recover(task: _Task, rows: Floats, reach: float, near: float) -> _Recovery | None:
    """Integer prices at and around the rows' duals; None where none keeps the rows."""
    bounds = task.crew.ask(partial(Part.settle, rows=rows))
    through = rows @ task.limits
    linear, bound = (float(sum(part) + through) for part in zip(*(one[:2] for one in bounds), strict=True))
    duals = Duals(rows, np.max([one.duals for one in bounds], axis=0))
    lacking = sum(one.use for one in bounds) > task.limits
    small = _SMALL * abs(bound) / np.maximum(np.abs(task.limits), 1.0)
    found, objective, margin, raised = None, -np.inf, np.zeros(len(rows)), 0.0
    for attempt in range(_TRIES):
        effort = Effort(_FREE * 2**attempt, near * abs(bound))
        chosen = choose_options(task.crew.ask(Part.options), task.limits - margin, rows, effort)
        before = objective
        if chosen is not None:
            outcomes = task.crew.ask(partial(Part.choose, chosen=chosen))
            excess = np.maximum(sum(one.use for one in outcomes) - task.limits, 0.0)
            margin += 2 * excess  # the solver keeps a row within its tolerance only
            value = float(sum(one.value for one in outcomes))
            if not excess.any() and value > objective:
                found, objective = _Recovery(duals, linear, bound, value, outcomes), value
        # What wider options do not improve is the price of whole steps, not of the search.
        if found is not None and min(bound - objective, objective - before) <= near * abs(bound):
            break
        # First towards keeping the rows that are broken, then back, each time from farther away.
        step = (-2.0) ** attempt * np.where(lacking, 1.0, -1.0)
        if attempt and (found is None or raised):
            # The prices of a large group change all at once: keep every row, then by as little as will do.
            raised = 2.0**attempt if found is None else raised / 2
            step = np.full(len(rows), raised)
        step = step * np.maximum(rows, small) * reach
        task.crew.ask(partial(Part.vary, rows=np.maximum(rows + step, 0.0)))
    return found


def _prices(found: _Recovery, linear: Linear | None, passes: int, begun: float) -> Prices:
    """Put the outcomes of the parts together."""
    duals = found.duals
    return Prices(
        steps=np.concatenate([one.steps for one in found.outcomes]),
        duals=duals,
        objective=found.objective,
        linear_bound=found.linear,
        bound=found.bound,
        shortfalls=np.sum([one.shortfalls for one in found.outcomes], axis=0),
        mixture=np.nan if linear is None else linear.value,
        fractional=0 if linear is None else linear.mixed,
        binding=int((duals.rows > 0).sum() + (duals.holders > 0).sum()),
        passes=passes,
        cpu_seconds=time.process_time() - begun,
    )
