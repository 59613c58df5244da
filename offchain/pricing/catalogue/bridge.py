"""From a pricing problem with rows between works to the arrays of a catalogue, and back.

Only prices and multipliers come back: floats choose them, the proof in integers is made and checked elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter

import numpy as np

from offchain.money import PPM
from offchain.pricing.catalogue.arrays import LONGEST, Bytes, Catalogue, Duals, Floats, Holders, Indices, Row
from offchain.pricing.coupled.proof import Weight
from offchain.pricing.demand import MICRO
from offchain.pricing.model import Model, Order
from offchain.pricing.problem import PricingProblem
from offchain.pricing.scale import RATE, SCALE

__all__ = ["Bridge", "bridge"]


@dataclass(frozen=True, slots=True)
class Bridge:
    """A problem as a catalogue.

    Attributes:
        catalogue: the arrays.
        cells: (C,), for each cell of the catalogue, its place among the model's cells of one work.
    """

    catalogue: Catalogue
    cells: Indices

    def steps(self, chosen: Bytes) -> tuple[int, ...]:
        """Steps in the model's order, of steps (W, C) in the catalogue's."""
        steps = np.empty_like(chosen)
        steps[:, self.cells] = chosen
        return tuple(steps.reshape(-1).tolist())

    def weights(self, model: Model, duals: Duals) -> tuple[Weight, ...]:
        """Multipliers of the model's rows as integers, those that are 0 left out."""
        values = [*duals.holders.tolist(), *duals.rows.tolist()]
        weights = []
        for row, dual in zip(model.coupling, values, strict=True):
            value = round(max(dual, 0.0) * (SCALE * RATE // row.unit))
            value = value if row.penalty is None else min(value, row.penalty)
            if value:
                weights.append(Weight(row.number, value))
        return tuple(weights)


def bridge(problem: PricingProblem, model: Model) -> Bridge | None:
    """A problem as a catalogue, or None where its orders or ladders do not fit one.

    Orders must be the same within each work and, what follows from others left out, form a forest: chains of tiers, or
    discount caps, but not both; and none between works.

    Args:
        problem: with coupling.
        model: the same, compiled.
    """
    count = len(model.cells) // len(problem.works)
    longest = max(len(cell.ladder) for cell in model.cells)
    forest = _forest(model, count)
    if forest is None or longest > LONGEST:
        return None
    ties: dict[int, set[int]] = {cell: set() for cell in range(count)}
    ties |= {cell: {order.cheaper} for cell, order in forest.items()}
    cells = np.array(list(TopologicalSorter(ties).static_order()))
    place = {cell: position for position, cell in enumerate(cells.tolist())}
    parent, least = np.full(count, -1), np.zeros((count, longest), np.uint8)
    for cell, order in forest.items():
        parent[place[cell]] = place[order.cheaper]
        steps = range(len(model.cells[order.cheaper].ladder))
        least[place[cell]] = longest
        least[place[cell], : len(steps)] = [model.threshold(order, step) for step in steps]
    shape = len(problem.works), count
    lowest, highest = (
        np.array([getattr(cell, name) for cell in model.cells], np.uint8).reshape(shape)[:, cells]
        for name in ("lowest", "highest")
    )
    catalogue = Catalogue(
        revenue=_padded([cell.net for cell in model.cells], SCALE, (*shape, longest))[:, cells],
        lowest=lowest,
        highest=highest,
        parent=parent,
        least=least,
        rows=_rows(problem, model, cells, longest),
        holders=_holders(problem),
        sales=_padded([cell.sales for cell in model.cells], MICRO, (*shape, longest))[:, cells]
        if problem.coupling.budgets
        else None,
    )
    return Bridge(catalogue, cells)


def _forest(model: Model, count: int) -> dict[int, Order] | None:
    """The one order above each cell of the first work that the others follow from; None where that is no forest."""
    above: dict[int, list[Order]] = {}
    for order in model.orders:
        if order.cheaper // count != order.dearer // count:
            return None
        if order.dearer < count:
            above.setdefault(order.dearer, []).append(order)
    ancestors = {cell: _ancestors(above, cell) for cell in range(count)}
    forest = {}
    for cell, orders in above.items():
        direct = [order for order in orders if not _implied(order, orders, ancestors)]
        if len(direct) > 1:
            return None
        forest[cell] = direct[0]
    return forest


def _ancestors(above: dict[int, list[Order]], cell: int) -> set[int]:
    """Cells that a cell may never undercut, by orders without a discount."""
    found: set[int] = set()
    waiting = [cell]
    while waiting:
        cheaper = {order.cheaper for order in above.get(waiting.pop(), ()) if order.factor_ppm == PPM} - found
        found |= cheaper
        waiting += cheaper
    return found


def _implied(order: Order, others: list[Order], ancestors: dict[int, set[int]]) -> bool:
    """Whether an order follows from another one of the same cell."""
    return any(
        other is not order and other.factor_ppm == PPM and order.cheaper in ancestors[other.cheaper] for other in others
    )


def _padded(values: list[tuple[int, ...]], unit: int, shape: tuple[int, int, int]) -> Floats:
    """Numbers of each cell's steps in whole units, 0 past the end of its ladder."""
    padded = np.zeros((len(values), shape[2]))
    for line, numbers in zip(padded, values, strict=True):
        line[: len(numbers)] = [number / unit for number in numbers]
    return padded.reshape(shape)


def _rows(problem: PricingProblem, model: Model, cells: Indices, longest: int) -> tuple[Row, ...]:
    """Accessibility, then budgets; their terms in the first work are those in every work."""
    rows = []
    for row in model.coupling[len(problem.coupling.floors) :]:
        weights, sold = np.zeros((len(cells), longest)), row.unit == MICRO
        for position, cell in enumerate(cells.tolist()):
            if cell in row.terms:
                weights[position, : len(row.terms[cell])] = 1.0 if sold else row.terms[cell]
        rows.append(Row(row.rule, weights, row.limit / row.unit, "sale" if sold else "price"))
    return tuple(rows)


def _holders(problem: PricingProblem) -> Holders:
    place = {work.id: number for number, work in enumerate(problem.works)}
    floors = problem.coupling.floors
    entries = sorted(
        (place[share.work], holder, share.ppm / PPM) for holder, floor in enumerate(floors) for share in floor.shares
    )
    return Holders(
        start=np.searchsorted([work for work, _, _ in entries], np.arange(len(place) + 1)).astype(np.int64),
        index=np.array([holder for _, holder, _ in entries], np.int64),
        share=np.array([share for _, _, share in entries], dtype=float),
        floors=np.array([float(floor.floor) for floor in floors]),
        penalties=np.array([floor.penalty_ppm / PPM for floor in floors]),
    )
