"""Coupling as exact rows: Σ coefficient(cell, step) ≤ limit, in integers.

A holder's floor is Σ −⌊net · share⌋ ≤ −floor in `SCALE`-ths of a minor unit, and elastic; accessibility is
Σ −[price ≤ cap] ≤ −least, in prices; a budget is Σ sales ≤ limit, in millionths of a licence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offchain.money import PPM, format_amount
from offchain.pricing.coupled.rules import Accessibility, Budget, Coupling, HolderFloor
from offchain.pricing.demand import MICRO
from offchain.pricing.scale import RATE, SCALE

if TYPE_CHECKING:
    from offchain.pricing.model import Cell
    from offchain.pricing.problem import PriceKey

__all__ = ["CouplingRow", "compile_coupling"]


@dataclass(frozen=True, slots=True)
class CouplingRow:
    """Σ terms[cell][step] ≤ limit.

    Attributes:
        number: its place among the problem's rows: floors, accessibility, budgets.
        rule: the row in words.
        terms: coefficients of every step, by index of a cell; other cells do not count.
        limit: right side, in the unit of the coefficients.
        unit: how many of these make the unit that a person thinks in (a minor unit, a price, a licence).
        penalty: charge for each unit above the limit, `RATE`-ths of a `SCALE`-th of a minor unit; None where the row is
            hard.
    """

    number: int
    rule: str
    terms: dict[int, tuple[int, ...]]
    limit: int
    unit: int
    penalty: int | None

    def excess(self, steps: Sequence[int]) -> int:
        """By how much chosen steps pass the limit; at least 0."""
        return max(0, sum(terms[steps[cell]] for cell, terms in self.terms.items()) - self.limit)

    def charge(self, steps: Sequence[int]) -> int:
        """What the objective is charged for the excess, `SCALE`-ths of a minor unit, rounded up."""
        return -(-self.excess(steps) * (self.penalty or 0) // RATE)


def compile_coupling(coupling: Coupling, decimals: int, cells: Sequence[Cell]) -> tuple[CouplingRow, ...]:
    """The rows of some rules over some cells; `decimals` of the currency are for the words."""
    rows = list[CouplingRow]()
    for floor in coupling.floors:
        rows.append(_floor_row(len(rows), floor, cells, decimals))
    for access in coupling.accessibility:
        rows.append(_access_row(len(rows), access, cells, decimals))
    for budget in coupling.budgets:
        rows.append(_budget_row(len(rows), budget, cells))
    return tuple(rows)


def _floor_row(number: int, floor: HolderFloor, cells: Sequence[Cell], decimals: int) -> CouplingRow:
    shares = {share.work: share.ppm for share in floor.shares}
    terms = {
        position: tuple(-(net * shares[cell.key.work] // PPM) for net in cell.net)
        for position, cell in enumerate(cells)
        if cell.key.work in shares
    }
    rule = f"{floor.holder} earns at least {format_amount(floor.floor, decimals)}"
    return CouplingRow(number, rule, terms, -floor.floor * SCALE, SCALE, floor.penalty_ppm * (RATE // PPM))


def _access_row(number: int, access: Accessibility, cells: Sequence[Cell], decimals: int) -> CouplingRow:
    terms = _terms(cells, _matches(access), lambda cell: tuple(-(price <= access.at_most) for price in cell.ladder))
    what = f"{access.tier} prices" if access.tier else "prices"
    rule = f"at least {access.least} {what} of {access.segment} are at most {format_amount(access.at_most, decimals)}"
    return CouplingRow(number, rule, terms, -access.least, 1, None)


def _budget_row(number: int, budget: Budget, cells: Sequence[Cell]) -> CouplingRow:
    terms = _terms(cells, _matches(budget), lambda cell: cell.sales)
    rule = f"{budget.name} allows at most {budget.limit:g} licences"
    return CouplingRow(number, rule, terms, round(budget.limit * MICRO), MICRO, None)


def _matches(row: Accessibility | Budget) -> Callable[[PriceKey], bool]:
    return lambda key: row.tier in (None, key.tier) and row.segment in (None, key.segment)


def _terms(
    cells: Iterable[Cell], matches: Callable[[PriceKey], bool], coefficients: Callable[[Cell], tuple[int, ...]]
) -> dict[int, tuple[int, ...]]:
    return {position: coefficients(cell) for position, cell in enumerate(cells) if matches(cell.key)}
