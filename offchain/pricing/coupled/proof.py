"""Proofs of optimality where rows couple works, and their checker, which shares nothing with the solver.

Weigh rows by multipliers ≥ 0 (of an elastic row at most its charge) and move them into the cells: the best adjusted
values then bound the objective of all prices that keep the rows (Lagrangian relaxation; Geoffrion 1974). Where that
bound is too weak, the proof splits: by one price into two cases, the worse of which counts, or, once the rows between
them are weighed, into components that no row or order ties, the bounds of which add up. Everything is an integer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from offchain.money import PPM
from offchain.pricing.certificate import RowDual
from offchain.pricing.coupled.rows import CouplingRow
from offchain.pricing.model import Model, Order
from offchain.pricing.problem import PriceKey
from offchain.pricing.refusals import not_proven
from offchain.pricing.scale import RATE

__all__ = ["Components", "Leaf", "Proof", "Scope", "Split", "Weight", "apart", "bound", "proven_bound", "relaxed"]


@dataclass(frozen=True, slots=True)
class Weight:
    """The multiplier of one coupling row.

    Attributes:
        row: number of the row.
        value: `RATE`-ths of a `SCALE`-th of a minor unit for each unit of slack in the row.
    """

    row: int
    value: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A bound by multipliers alone: of coupling rows, and of orders as in an uncoupled certificate."""

    weights: tuple[Weight, ...]
    rows: tuple[RowDual, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Two cases: the price of `key` is below `at` minor units, or it is not."""

    key: PriceKey
    at: int
    below: Proof
    above: Proof


@dataclass(frozen=True, slots=True)
class Components:
    """The weighed rows aside, what is left falls apart; one proof for each part, in the order of their first cells."""

    weights: tuple[Weight, ...]
    parts: tuple[Proof, ...]


Proof: TypeAlias = Leaf | Split | Components


@dataclass(frozen=True, slots=True)
class Scope:
    """What a proof speaks of: some cells within some steps, and the ties among them.

    Attributes:
        model: cells and orders of the whole problem.
        steps: lowest and highest step of each cell in scope, by its index.
        values: adjusted value of every step of these, `RATE`-ths of a `SCALE`-th of a minor unit.
        orders: orders among these cells.
        rows: coupling rows not weighed yet, all of their cells in scope.
    """

    model: Model
    steps: dict[int, tuple[int, int]]
    values: dict[int, Sequence[int]]
    orders: tuple[Order, ...]
    rows: tuple[CouplingRow, ...]

    @classmethod
    def whole(cls, model: Model) -> Scope:
        """All cells within their bounds, no row weighed."""
        steps = {position: (cell.lowest, cell.highest) for position, cell in enumerate(model.cells)}
        values: dict[int, Sequence[int]] = {
            position: [net * RATE for net in cell.net] for position, cell in enumerate(model.cells)
        }
        return cls(model, steps, values, model.orders, model.coupling)

    def narrowed(self, cell: int, lowest: int, highest: int) -> Scope:
        """The same with other steps of one cell."""
        return replace(self, steps={**self.steps, cell: (lowest, highest)})


def proven_bound(model: Model, proof: Proof) -> int:
    """What no prices within the constraints exceed, net of charges, `SCALE`-ths of a minor unit.

    Raises:
        RefusedError: `price-uncertified`, the proof is not one of this model.
    """
    return -(-bound(Scope.whole(model), proof) // RATE)


def bound(scope: Scope, proof: Proof) -> int:
    """The bound that a proof gives for a scope, `RATE`-ths of a `SCALE`-th of a minor unit.

    Raises:
        RefusedError: `price-uncertified`.
    """
    if isinstance(proof, Split):
        cell = _cell(scope, proof.key)
        lowest, highest = scope.steps[cell]
        first = bisect_left(scope.model.cells[cell].ladder, proof.at)
        if not lowest < first <= highest or scope.model.cells[cell].ladder[first] != proof.at:
            raise not_proven("these prices", f"a split of {' / '.join(proof.key)} at {proof.at} leaves one side empty")
        below, above = scope.narrowed(cell, lowest, first - 1), scope.narrowed(cell, first, highest)
        return max(bound(below, proof.below), bound(above, proof.above))
    allowance, rest = relaxed(scope, proof.weights)
    if isinstance(proof, Components):
        parts = apart(rest)
        if len(parts) != len(proof.parts):
            raise not_proven("these prices", f"{len(proof.parts)} components are proven of {len(parts)}")
        return allowance + sum(map(bound, parts, proof.parts))
    return allowance + _best(rest, proof.rows)


def relaxed(scope: Scope, weights: Sequence[Weight]) -> tuple[int, Scope]:
    """Weigh rows and drop them: Σ weight · limit, and the scope with the rows' terms moved into its values.

    Raises:
        RefusedError: `price-uncertified`, a weight is negative, above the charge of its row, or of no row in scope.
    """
    rows, allowance, values = {row.number: row for row in scope.rows}, 0, dict(scope.values)
    for weight in weights:
        row = rows.pop(weight.row, None)
        if row is None or weight.value < 0 or (row.penalty is not None and weight.value > row.penalty):
            raise not_proven("these prices", "a weight is negative, above its charge or of no row")
        allowance += weight.value * row.limit
        for cell, terms in row.terms.items():
            values[cell] = [value - weight.value * term for value, term in zip(values[cell], terms, strict=True)]
    return allowance, replace(scope, values=values, rows=tuple(rows.values()))


def apart(scope: Scope) -> list[Scope]:
    """The components of a scope: cells that no order and no row ties are in different ones."""
    leader = {cell: cell for cell in scope.steps}
    ties: list[Iterable[int]] = [(order.cheaper, order.dearer) for order in scope.orders]
    for tie in (*ties, *(row.terms for row in scope.rows)):
        heads = [_leader(leader, cell) for cell in tie]
        leader.update(dict.fromkeys(heads, min(heads)))
    cells: defaultdict[int, list[int]] = defaultdict(list)
    orders: defaultdict[int, list[Order]] = defaultdict(list)
    rows: defaultdict[int, list[CouplingRow]] = defaultdict(list)
    for cell in scope.steps:
        cells[_leader(leader, cell)].append(cell)
    for order in scope.orders:
        orders[_leader(leader, order.cheaper)].append(order)
    for row in scope.rows:
        rows[_leader(leader, next(iter(row.terms)))].append(row)
    return [
        Scope(
            scope.model,
            {cell: scope.steps[cell] for cell in cells[first]},
            {cell: scope.values[cell] for cell in cells[first]},
            tuple(orders[first]),
            tuple(rows[first]),
        )
        for first in sorted(cells)
    ]


def _leader(leader: dict[int, int], cell: int) -> int:
    while leader[cell] != cell:
        leader[cell] = cell = leader[leader[cell]]
    return cell


def _best(scope: Scope, rows: Sequence[RowDual]) -> int:
    """Sum over cells of the best value once the orders' multipliers are moved into them."""
    values = {cell: list(values) for cell, values in scope.values.items()}
    model = scope.model
    factors = {(order.cheaper, order.dearer): order.factor_ppm for order in scope.orders}
    index = {model.cells[cell].key: cell for cell in scope.steps} if rows else {}
    for row in rows:
        ends = index.get(row.cheaper, -1), index.get(row.dearer, -1)
        if row.value < 0 or ends not in factors or row.at not in model.cells[ends[0]].ladder:
            raise not_proven("these prices", "a multiplier is negative, off its ladder or of no order")
        for step, price in enumerate(model.cells[ends[0]].ladder):
            values[ends[0]][step] -= RATE * row.value * (price >= row.at)
        for step, price in enumerate(model.cells[ends[1]].ladder):
            values[ends[1]][step] += RATE * row.value * (price * PPM >= row.at * factors[ends])
    return sum(max(values[cell][lowest : highest + 1]) for cell, (lowest, highest) in scope.steps.items())


def _cell(scope: Scope, key: PriceKey) -> int:
    for cell in scope.steps:
        if scope.model.cells[cell].key == key:
            return cell
    raise not_proven("these prices", f"a split of {' / '.join(key)}, which is not in its case")
