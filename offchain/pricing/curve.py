"""The curve behind a price: what sells and what is earned at every step of its ladder, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from offchain.errors import NotFoundError
from offchain.pricing.ladder import Ladder
from offchain.pricing.model import SCALE, Cell, compile_model
from offchain.pricing.problem import PriceKey, PricingProblem
from offchain.pricing.solution import Price, Solution

__all__ = ["NO_EVIDENCE", "Evidence", "PriceCurve", "price_curve", "price_curves"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How sure a learned demand is.

    Attributes:
        low: lower end of its 90 % credible interval at each ladder price, millionths of a licence a period.
        high: upper end.
        offers: offers that were seen in all.
    """

    low: tuple[int, ...]
    high: tuple[int, ...]
    offers: int


NO_EVIDENCE: Final[Mapping[PriceKey, Evidence]] = {}
"""Demand that is stated, not learned."""


@dataclass(frozen=True, slots=True)
class PriceCurve:
    """A price among those that it might have been; each tuple holds one entry for every ladder step.

    Attributes:
        key: what the price is for.
        decimals: digits after the point of the currency's display unit.
        ladder: prices in minor units.
        sales: expected sales, millionths of a licence a period.
        revenue: expected net revenue, minor units a period, rounded down.
        lowest: first step that its floor allows.
        highest: last step that its ceiling allows.
        chosen: step of the price.
        runner_up: step of the best other price that was open, or None.
        evidence: where the demand was learned, else None.
    """

    key: PriceKey
    decimals: int
    ladder: Ladder
    sales: tuple[int, ...]
    revenue: tuple[int, ...]
    lowest: int
    highest: int
    chosen: int
    runner_up: int | None
    evidence: Evidence | None


def price_curves(
    problem: PricingProblem, solution: Solution, evidence: Mapping[PriceKey, Evidence] = NO_EVIDENCE
) -> tuple[PriceCurve, ...]:
    """The curve of every price of a solution, in its order.

    Args:
        problem: what was solved.
        solution: its solution.
        evidence: what learned demands rest on.
    """
    pairs = zip(compile_model(problem).cells, solution.prices, strict=True)
    return tuple(_curve(cell, price, problem.decimals, evidence.get(cell.key)) for cell, price in pairs)


def price_curve(curves: tuple[PriceCurve, ...], key: PriceKey) -> PriceCurve:
    """One of them.

    Raises:
        NotFoundError: `price-unknown`.
    """
    for curve in curves:
        if curve.key == key:
            return curve
    offered = ", ".join(dict.fromkeys(f"{curve.key.tier} / {curve.key.segment}" for curve in curves))
    raise NotFoundError("price-unknown", f"nothing was priced as {' / '.join(key)}", f"ask for one of: {offered}")


def _curve(cell: Cell, price: Price, decimals: int, evidence: Evidence | None) -> PriceCurve:
    told = price.explanation
    return PriceCurve(
        key=cell.key,
        decimals=decimals,
        ladder=cell.ladder,
        sales=cell.sales,
        revenue=tuple(net // SCALE for net in cell.net),
        lowest=cell.lowest,
        highest=cell.highest,
        chosen=told.step,
        runner_up=None if told.runner_up is None else cell.ladder.index(told.runner_up),
        evidence=evidence,
    )
