"""The problem as exact numbers: cells with net coefficients, and the orders and rows that tie them.

A cell is one (work, tier, segment). Its net coefficient at ladder price p is r = p · d(p) · (1 − σ), where d is
the demand and σ the share owed upstream: an integer in `SCALE`-ths of a minor unit. An order says that
one cell's price is at least a factor of another's. Both the solver and the checker read this model.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT, PPM
from offchain.pricing.coupled.rows import CouplingRow, compile_coupling
from offchain.pricing.demand import MICRO
from offchain.pricing.ladder import Ladder
from offchain.pricing.problem import PriceKey, PricingProblem
from offchain.pricing.scale import SCALE

__all__ = ["SCALE", "Cell", "Model", "Order", "compile_model"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One price to choose.

    Attributes:
        key: its work, tier and segment.
        ladder: prices in minor units.
        sales: expected sales at each price, millionths of a licence a period.
        net: net revenue at each price, `SCALE`-ths of a minor unit a period.
        lowest: first ladder step that its floor allows.
        highest: last ladder step that its ceiling allows.
    """

    key: PriceKey
    ladder: Ladder
    sales: tuple[int, ...]
    net: tuple[int, ...]
    lowest: int
    highest: int

    @property
    def allowed(self) -> range:
        """Ladder steps within floor and ceiling."""
        return range(self.lowest, self.highest + 1)


@dataclass(frozen=True, slots=True)
class Order:
    """Price of `dearer` ≥ price of `cheaper` · `factor_ppm` / 1e6.

    Attributes:
        cheaper: index of a cell.
        dearer: index of a cell.
        factor_ppm: parts per million; 1,000,000 means "never less".
        rule: the reason, in words.
    """

    cheaper: int
    dearer: int
    factor_ppm: int
    rule: str

    def holds(self, cheap: int, dear: int) -> bool:
        """Whether two prices in minor units keep the order."""
        return dear * PPM >= cheap * self.factor_ppm


@dataclass(frozen=True, slots=True)
class Model:
    """Cells, the orders among them, and the rows that couple works."""

    cells: tuple[Cell, ...]
    orders: tuple[Order, ...]
    coupling: tuple[CouplingRow, ...] = ()

    def threshold(self, order: Order, step: int) -> int:
        """κ(step): first step of the dearer cell that keeps the order; its ladder's length where none does."""
        least = -(-self.cells[order.cheaper].ladder[step] * order.factor_ppm // PPM)
        return bisect_left(self.cells[order.dearer].ladder, least)


def compile_model(problem: PricingProblem) -> Model:
    """Turn a problem into exact coefficients, allowed steps and orders.

    Raises:
        InputError: `floor-above-ceiling`, `bounds-miss-ladder`, or `revenue-too-large` (a work could earn more
            in a period than the ledger keeps).
    """
    curves = {cell.key: cell.curve for cell in problem.demand}
    ladders = {tier.name: tier.ladder for tier in problem.tiers}
    kept = {work.id: PPM - work.upstream_ppm for work in problem.works}
    cells = []
    for key in problem.price_keys():
        ladder = ladders[key.tier]
        sales = curves[key].sales(ladder)
        net = tuple(price * sold * kept[key.work] for price, sold in zip(ladder, sales, strict=True))
        cells.append(Cell(key, ladder, sales, net, *_allowed(problem, key, ladder)))
    _require_revenue(cells)
    orders = tuple(_orders(problem, [cell.key for cell in cells]))
    return Model(tuple(cells), orders, compile_coupling(problem.coupling, problem.decimals, cells))


def _allowed(problem: PricingProblem, key: PriceKey, ladder: Ladder) -> tuple[int, int]:
    matching = [bound for bound in problem.bounds if bound.matches(key)]
    floor = max((bound.floor for bound in matching if bound.floor is not None), default=0)
    ceiling = min((bound.ceiling for bound in matching if bound.ceiling is not None), default=max(ladder[-1], floor))
    name = " / ".join(key)
    if floor > ceiling:
        raise InputError(
            "floor-above-ceiling", f"the floor of {name} is {floor}, its ceiling {ceiling}", "lower one or raise one"
        )
    lowest, highest = bisect_left(ladder, floor), bisect_right(ladder, ceiling) - 1
    if lowest > highest:
        raise InputError(
            "bounds-miss-ladder",
            f"no ladder price of {name} lies between its floor {floor} and its ceiling {ceiling}",
            "widen the bounds or add a ladder price between them",
        )
    return lowest, highest


def _require_revenue(cells: Iterable[Cell]) -> None:
    gross: dict[str, int] = {}
    for cell in cells:
        most = max(price * sold for price, sold in zip(cell.ladder, cell.sales, strict=True))
        gross[cell.key.work] = gross.get(cell.key.work, 0) + most
    for work, most in gross.items():
        if most > MAX_AMOUNT * MICRO:
            raise InputError(
                "revenue-too-large",
                f"{work} could earn {most // MICRO} minor units a period, above the ledger's limit {MAX_AMOUNT}",
                "check the market sizes and the currency's decimals",
            )


def _orders(problem: PricingProblem, keys: list[PriceKey]) -> Iterable[Order]:
    index = {key: position for position, key in enumerate(keys)}
    works, tiers = {work.id: work for work in problem.works}, {tier.name: tier for tier in problem.tiers}
    segments = {segment.name: segment for segment in problem.segments}
    for key, here in index.items():
        for tier in tiers[key.tier].broader_than:
            yield Order(index[key._replace(tier=tier)], here, PPM, f"{key.tier} never costs less than {tier}")
        for work in works[key.work].not_below:
            yield Order(index[key._replace(work=work)], here, PPM, f"{key.work} never costs less than {work}")
        segment = segments[key.segment]
        if segment.discount_from is not None:
            base, cap = index[key._replace(segment=segment.discount_from)], segment.max_discount_ppm
            rule = f"{segment.name} gets at most {cap / 10_000:g} % off the price of {segment.discount_from}"
            yield Order(base, here, PPM - cap, rule)
