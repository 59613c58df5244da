"""Why a price is what it is: the runner-up, the price it would be alone, and the rules that hold it.

Amounts are net revenue in minor units a period. Gaps are rounded down and worths up, so "earns x less" and
"worth at most x" stay true.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from offchain.money import format_amount
from offchain.pricing.certificate import Certificate, RowDual, adjusted_values
from offchain.pricing.coupled.certificate import weighed
from offchain.pricing.coupled.explain import open_values, row_worths
from offchain.pricing.model import SCALE, Cell, Model, Order
from offchain.pricing.problem import PriceKey

__all__ = ["Binding", "Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Binding:
    """A rule that holds a price where it is.

    Attributes:
        kind: `floor`, `ceiling`, `order`, or `row` (a rule between works).
        rule: the rule, in words.
        worth: by its dual, the most that dropping it (and nothing else) could add, in minor units a period.
        slack: by its dual, the most that one more ladder step of room under it could add; never above `worth`.
            Of a row: one more minor unit, price or licence.
    """

    kind: Literal["floor", "ceiling", "order", "row"]
    rule: str
    worth: int
    slack: int


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
    weights = () if certificate.coupled is None else certificate.coupled.weights
    adjusted = adjusted_values(weighed(model, weights), certificate.rows)
    slacks = _order_slacks(model, adjusted, certificate.rows)
    prices = [cell.ladder[step] for cell, step in zip(model.cells, steps, strict=True)]
    touching: list[list[Order]] = [[] for _ in model.cells]
    for order in model.orders:
        touching[order.cheaper].append(order)
        touching[order.dearer].append(order)
    worths: Counter[tuple[PriceKey, PriceKey]] = Counter()
    for row in certificate.rows:
        worths[row.cheaper, row.dearer] += row.value
    tied, left = row_worths(model, certificate, adjusted), open_values(model, steps)
    explanations = []
    for position, cell in enumerate(model.cells):
        held = [(order.rule, worths[_ends(model, order)], slacks[_ends(model, order)]) for order in touching[position]]
        bindings = [*_bounds(cell, adjusted[position], decimals), *_orders(held), *_rows(model, position, tied)]
        bindings.sort(key=lambda binding: -binding.worth)
        within = [steps[position], *_rivals(cell, position, prices, touching[position])]
        values = {step: value for step in within if (value := left[position][step]) is not None}
        explanations.append(_explanation(cell, steps[position], values, tuple(bindings), decimals))
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
    cell: Cell, step: int, values: dict[int, int], bindings: tuple[Binding, ...], decimals: int
) -> Explanation:
    say = partial(format_amount, decimals=decimals)
    amount, runner_up, gap = cell.ladder[step], None, None
    alone = cell.ladder[max(range(len(cell.ladder)), key=lambda other: (cell.net[other], other == step))]
    parts = [f"{say(amount)} is step {step + 1} of {len(cell.ladder)}"]
    rivals = {other: value for other, value in values.items() if other != step}
    if rivals:
        best = max(rivals, key=lambda other: rivals[other])
        runner_up, gap = cell.ladder[best], (values[step] - rivals[best]) // SCALE
        parts.append(f"the next best, {say(runner_up)}, earns {say(gap)} less")
    else:
        parts.append("its bounds and the other prices leave no other step open")
    if alone != amount:
        parts.append(f"alone it would be {say(alone)}")
    for binding in bindings:
        room = "unit" if binding.kind == "row" else "step"
        worths = f"one {room} more room adds at most {say(binding.slack)}, dropping this {say(binding.worth)}"
        parts.append(f"{binding.rule} ({worths})")
    return Explanation(step, len(cell.ladder), runner_up, gap, alone, bindings, "; ".join(parts))


def _bounds(cell: Cell, values: Sequence[int], decimals: int) -> Iterator[Binding]:
    """The floor or ceiling that keeps a cell from a better adjusted value."""
    best = max(values[step] for step in cell.allowed)
    below = [value - best for value in values[: cell.lowest]]
    above = [value - best for value in values[cell.highest + 1 :]]
    if max(below, default=0) > 0:
        least = format_amount(cell.ladder[cell.lowest], decimals)
        yield Binding("floor", f"its floor leaves no price below {least}", _up(max(below)), _up(max(below[-1], 0)))
    if max(above, default=0) > 0:
        most = format_amount(cell.ladder[cell.highest], decimals)
        yield Binding("ceiling", f"its ceiling leaves no price above {most}", _up(max(above)), _up(max(above[0], 0)))


def _orders(held: Iterable[tuple[str, int, int]]) -> Iterator[Binding]:
    return (Binding("order", rule, _up(worth), _up(slack)) for rule, worth, slack in held if worth > 0)


def _rows(model: Model, position: int, tied: dict[int, tuple[int, int]]) -> Iterator[Binding]:
    """The rows with a multiplier in which this cell's steps count differently."""
    for number, (worth, slack) in tied.items():
        row = model.coupling[number]
        if len(set(row.terms.get(position, ()))) > 1:
            yield Binding("row", row.rule, _up(max(worth, slack)), _up(slack))


def _order_slacks(
    model: Model, adjusted: Sequence[Sequence[int]], rows: Iterable[RowDual]
) -> dict[tuple[PriceKey, PriceKey], int]:
    """What each order could add, were it asked only of the step below the cheaper price.

    The same multipliers on the rows [cheaper ≥ q] ≤ [dearer ≥ factor · the step below q] bound the eased problem from
    above (weak duality), and only the dearer cell's best adjusted value differs.
    """
    ladders = {cell.key: cell.ladder for cell in model.cells}
    eased: defaultdict[tuple[PriceKey, PriceKey], list[RowDual]] = defaultdict(list)
    for row in rows:
        eased[row.cheaper, row.dearer].append(row)
    slacks = {}
    for order in model.orders:
        ends = _ends(model, order)
        dearer, values = model.cells[order.dearer], list(adjusted[order.dearer])
        best = max(values[step] for step in dearer.allowed)
        for row in eased[ends]:
            below = max((price for price in ladders[row.cheaper] if price < row.at), default=0)
            for step, price in enumerate(dearer.ladder):
                values[step] += row.value * (order.holds(below, price) - order.holds(row.at, price))
        slacks[ends] = max(values[step] for step in dearer.allowed) - best
    return slacks


def _up(value: int) -> int:
    return -(-value // SCALE)
