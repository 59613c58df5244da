"""Why a price is what it is: the runner-up, the price it would be alone, and the rules that hold it.

Amounts are net revenue in minor units a period. Gaps are rounded down and worths up, so "earns x less" and
"worth at most x" stay true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from offchain.money import format_amount
from offchain.pricing.certificate import Certificate, adjusted_values
from offchain.pricing.model import SCALE, Cell, Model, Order
from offchain.pricing.problem import PriceKey

__all__ = ["Binding", "Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Binding:
    """A rule that holds a price where it is.

    Attributes:
        kind: `floor`, `ceiling` or `order`.
        rule: the rule, in words.
        worth: by its dual, the most that dropping it (and nothing else) could add, in minor units a period.
    """

    kind: Literal["floor", "ceiling", "order"]
    rule: str
    worth: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one price is what it is.

    Attributes:
        step: its step on the ladder, from 0.
        steps: length of the ladder.
        runner_up: the best other price that its bounds and the other prices leave open, or None.
        gap: what the runner-up would earn less, or None.
        alone: the price that this cell would have without bounds and orders.
        bindings: rules that hold it, the most valuable first.
        sentence: all of this for a reader, in the currency's display unit.
    """

    step: int
    steps: int
    runner_up: int | None
    gap: int | None
    alone: int
    bindings: tuple[Binding, ...]
    sentence: str


def explain(model: Model, steps: Sequence[int], certificate: Certificate, decimals: int) -> tuple[Explanation, ...]:
    """Explain certified prices.

    Args:
        model: cells and orders.
        steps: chosen ladder step of each cell.
        certificate: their certificate.
        decimals: digits after the point of the display unit.

    Returns:
        One explanation for each cell, in the model's order.
    """
    adjusted = adjusted_values(model, certificate.rows)
    prices = [cell.ladder[step] for cell, step in zip(model.cells, steps, strict=True)]
    touching: list[list[Order]] = [[] for _ in model.cells]
    for order in model.orders:
        touching[order.cheaper].append(order)
        touching[order.dearer].append(order)
    worths: Counter[tuple[PriceKey, PriceKey]] = Counter()
    for row in certificate.rows:
        worths[row.cheaper, row.dearer] += row.value
    explanations = []
    for position, cell in enumerate(model.cells):
        held = [(order.rule, worths[_ends(model, order)]) for order in touching[position]]
        bindings = [*_bounds(cell, adjusted[position], decimals), *_orders(held)]
        bindings.sort(key=lambda binding: -binding.worth)
        rivals = _rivals(cell, position, prices, touching[position])
        explanations.append(_explanation(cell, steps[position], rivals, tuple(bindings), decimals))
    return tuple(explanations)


def _ends(model: Model, order: Order) -> tuple[PriceKey, PriceKey]:
    return model.cells[order.cheaper].key, model.cells[order.dearer].key


def _rivals(cell: Cell, position: int, prices: Sequence[int], orders: Sequence[Order]) -> list[int]:
    """The other steps of a cell within its bounds that keep every order while the other prices stay."""

    def keeps(price: int, order: Order) -> bool:
        cheap = price if order.cheaper == position else prices[order.cheaper]
        return order.holds(cheap, price if order.dearer == position else prices[order.dearer])

    others = (step for step in cell.allowed if cell.ladder[step] != prices[position])
    return [step for step in others if all(keeps(cell.ladder[step], order) for order in orders)]


def _explanation(
    cell: Cell, step: int, rivals: Sequence[int], bindings: tuple[Binding, ...], decimals: int
) -> Explanation:
    say = partial(format_amount, decimals=decimals)
    amount, runner_up, gap = cell.ladder[step], None, None
    alone = cell.ladder[max(range(len(cell.ladder)), key=lambda other: (cell.net[other], other == step))]
    parts = [f"{say(amount)} is step {step + 1} of {len(cell.ladder)}"]
    if rivals:
        best = max(rivals, key=lambda other: cell.net[other])
        runner_up, gap = cell.ladder[best], (cell.net[step] - cell.net[best]) // SCALE
        parts.append(f"the next best, {say(runner_up)}, earns {say(gap)} less")
    else:
        parts.append("its bounds and the other prices leave no other step open")
    if alone != amount:
        parts.append(f"alone it would be {say(alone)}")
    parts.extend(f"{binding.rule} (dropping this adds at most {say(binding.worth)})" for binding in bindings)
    return Explanation(step, len(cell.ladder), runner_up, gap, alone, bindings, "; ".join(parts))


def _bounds(cell: Cell, values: Sequence[int], decimals: int) -> Iterator[Binding]:
    """The floor or ceiling that keeps a cell from a better adjusted value."""
    best = max(values[step] for step in cell.allowed)
    below = max(values[: cell.lowest], default=best) - best
    above = max(values[cell.highest + 1 :], default=best) - best
    if below > 0:
        least = format_amount(cell.ladder[cell.lowest], decimals)
        yield Binding("floor", f"its floor leaves no price below {least}", _up(below))
    if above > 0:
        most = format_amount(cell.ladder[cell.highest], decimals)
        yield Binding("ceiling", f"its ceiling leaves no price above {most}", _up(above))


def _orders(held: Iterable[tuple[str, int]]) -> Iterator[Binding]:
    return (Binding("order", rule, _up(worth)) for rule, worth in held if worth > 0)


def _up(value: int) -> int:
    return -(-value // SCALE)
