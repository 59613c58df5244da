"""The sales-based linear programme, by HiGHS: the best offers where each segment gets its own.

With T the chance that a buyer of a segment buys nothing, in units of that weight, and Y_k = T · [price is at least step
k], the chance to sell at step k is v_k (Y_k − Y_{k+1}), and the chances add up to v_0 T + Σ v_k (Y_k − Y_{k+1}) = 1.
For one segment without editions this is the programme of Davis, Gallego and Topaloglu (2013, Assortment planning under
the multinomial logit model with totally unimodular constraint structures): chains and orders compare two variables, so
a vertex is one offer. With editions as rows it is the sales-based programme of Gallego, Ratliff and Shebalov (2015, A
general attraction model and sales-based linear program for network revenue management under customer choice): a vertex
mixes nested offers over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from offchain.pricing.certificate import RowDual
from offchain.pricing.choice.market import Audience, Market
from offchain.pricing.demand import MICRO
from offchain.pricing.model import Order
from offchain.pricing.problem import PriceKey
from offchain.pricing.refusals import solver_failed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.optimize import OptimizeResult
    from scipy.sparse import csr_array

__all__ = ["Levels", "Vertex", "solve_sales_based"]

_TOLERANCES: Final = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}

Levels: TypeAlias = tuple[tuple[float, ...], ...]
"""Y_k / T of each licence at each step."""


@dataclass(frozen=True, slots=True)
class Vertex:
    """A basic optimum and its multipliers, as floats or rounded from floats.

    Attributes:
        levels: of each audience.
        worths: value of one more copy of each edition, `SCALE`-ths of a minor unit.
        values: net revenue of one more buyer of each audience, less charges, `SCALE`-ths of a minor unit.
        rows: multipliers of the orders, as the separable model of each audience takes them.
    """

    levels: tuple[Levels, ...]
    worths: tuple[int, ...]
    values: tuple[int, ...]
    rows: tuple[RowDual, ...]


@dataclass(frozen=True, slots=True)
class _OrderRow:
    """[cheaper is at least `step`] ≤ [dearer is at least `threshold`], for one audience."""

    audience: int
    order: Order
    step: int
    threshold: int


class _Columns:
    """Where T and Y_k of each audience and licence stand.

    Y_k = T up to the first open step, and where no weight and no order asks for anything better than "not offered".
    """

    def __init__(self, market: Market) -> None:
        ordered = {end for order in market.orders for end in (order.cheaper, order.dearer)}
        counts = [0]
        self._first = []
        for audience in market.audiences:
            for place, licence in enumerate(market.licences):
                idle = place not in ordered and not any(audience.weights[place])
                self._first.append(licence.closed if idle else audience.lowest[place])
                counts.append(licence.closed - self._first[-1])
        self._width = len(market.licences)
        self._starts = list(accumulate(counts, initial=len(market.audiences)))[1:]
        self.count = self._starts[-1]

    def first(self, audience: int, licence: int) -> int:
        """The last step at which Y still equals T."""
        return self._first[audience * self._width + licence]

    def at(self, audience: int, licence: int, step: int) -> int:
        """The column of Y_step, or of T where it equals that."""
        first = self.first(audience, licence)
        return audience if step <= first else self._starts[audience * self._width + licence] + step - first - 1


class _Rows:
    """A sparse matrix that grows row by row; a row's terms may meet in one column."""

    def __init__(self) -> None:
        self.count = 0
        self._entries: list[tuple[int, int, float]] = []

    def add(self, terms: Sequence[tuple[int, float]]) -> None:
        """Append a row of (column, coefficient)."""
        self._entries.extend((self.count, column, value) for column, value in terms if value)
        self.count += 1

    def matrix(self, columns: int) -> csr_array[np.float64]:
        """The rows so far."""
        from scipy.sparse import csr_array

        lines, places, values = zip(*self._entries, strict=True) if self._entries else ((), (), ())
        return csr_array((values, (lines, places)), shape=(self.count, columns))


def solve_sales_based(market: Market) -> Vertex:
    """The best offers where each audience gets its own.

    Raises:
        RefusedError: `price-uncertified`, the solver failed.
    """
    columns, rows = _Columns(market), _order_rows(market)
    top = max(max(licence.margin) for licence in market.licences)
    most = max(audience.buyers for audience in market.audiences)
    found = _solve(market, columns, rows, top, most)
    if not found.success:
        raise solver_failed("weights and prices", found.message)
    unit = Fraction(max(top, 1) * most, MICRO)
    edition_duals = found.ineqlin.marginals.tolist()[: len(market.copies)]
    worths = [
        round(-Fraction(dual) * unit / copies) if copies else 0
        for dual, copies in zip(edition_duals, market.copies, strict=True)
    ]
    per_buyer = [unit * MICRO / audience.buyers for audience in market.audiences]
    values = [round(-Fraction(dual) * buyer) for dual, buyer in zip(found.eqlin.marginals, per_buyer, strict=True)]
    duals = zip(rows, found.ineqlin.marginals.tolist()[len(market.copies) :], strict=False)
    weighed = [_row_dual(market, row, -Fraction(dual) * per_buyer[row.audience]) for row, dual in duals]
    levels = tuple(_levels(market, columns, place, found.x) for place in range(len(market.audiences)))
    return Vertex(levels, tuple(worths), tuple(values), tuple(row for row in weighed if row.value > 0))


def _order_rows(market: Market) -> list[_OrderRow]:
    places = range(len(market.audiences))
    return [_OrderRow(audience, *row) for audience in places for row in market.thresholds()]


def _solve(market: Market, columns: _Columns, rows: Sequence[_OrderRow], top: int, most: int) -> OptimizeResult:
    from scipy.optimize import linprog

    below, equal = _Rows(), _Rows()
    for edition, copies in enumerate(market.copies):
        below.add(_edition_terms(market, columns, edition, copies))
    for row in rows:
        pushing = columns.at(row.audience, row.order.cheaper, row.step)
        below.add([(pushing, 1.0), (columns.at(row.audience, row.order.dearer, row.threshold), -1.0)])
    for place in range(len(market.audiences)):
        for number, licence in enumerate(market.licences):
            here = [columns.at(place, number, step) for step in range(len(licence.ladder))]
            for low, high in pairwise(here):
                if low != high:
                    below.add([(high, 1.0), (low, -1.0)])
    cost = [0.0] * columns.count
    for place, audience in enumerate(market.audiences):
        equal.add([(place, 1.0), *_terms(market, columns, place, audience.weights)])
        for column, value in _terms(market, columns, place, _gains(market, audience, top)):
            cost[column] -= value * (audience.buyers / most)
    return linprog(  # type: ignore[call-overload, no-any-return]  # scipy takes sparse rows, its stubs do not know
        cost,
        A_ub=below.matrix(columns.count),
        b_ub=[1.0 if copies else 0.0 for copies in market.copies] + [0.0] * (below.count - len(market.copies)),
        A_eq=equal.matrix(columns.count),
        b_eq=[1.0] * equal.count,
        bounds=(0, None),
        method="highs-ds",
        options=_TOLERANCES,
    )


def _gains(market: Market, audience: Audience, top: int) -> list[list[float]]:
    """Weight times margin, of each licence at each step, in the largest margin of all."""
    pairs = zip(audience.weights, market.licences, strict=True)
    return [
        [weight * (margin / max(top, 1)) for weight, margin in zip(weights, licence.margin, strict=True)]
        for weights, licence in pairs
    ]


def _edition_terms(market: Market, columns: _Columns, edition: int, copies: int) -> list[tuple[int, float]]:
    """Expected sales as a share of the copies."""
    terms: list[tuple[int, float]] = []
    for place, audience in enumerate(market.audiences):
        share = audience.buyers / MICRO / max(copies, 1)
        drawing = [
            [weight * share * (edition in licence.editions) for weight in weights]
            for licence, weights in zip(market.licences, audience.weights, strict=True)
        ]
        terms.extend(_terms(market, columns, place, drawing))
    return terms


def _terms(
    market: Market, columns: _Columns, place: int, amounts: Sequence[Sequence[float]]
) -> list[tuple[int, float]]:
    """Σ_k amount_k (Y_k − Y_{k+1}) / v_0 of an audience, as coefficients of T and the Y_k."""
    nothing = market.audiences[place].nothing
    terms = []
    for number, row in enumerate(amounts):
        before = 0.0
        # Steps before it would cancel, but for rounding that a row of an edition without copies does not bear.
        for step in range(columns.first(place, number), len(row)):
            if row[step] != before:
                terms.append((columns.at(place, number, step), (row[step] - before) / nothing))
            before = row[step]
    return terms


def _row_dual(market: Market, row: _OrderRow, per_buyer: Fraction) -> RowDual:
    audience = market.audiences[row.audience]
    cheaper, dearer = market.licences[row.order.cheaper], market.licences[row.order.dearer]
    return RowDual(
        PriceKey(*cheaper.product, audience.name),
        PriceKey(*dearer.product, audience.name),
        cheaper.ladder[row.step],
        round(per_buyer * audience.nothing),
    )


def _levels(market: Market, columns: _Columns, place: int, found: NDArray[np.float64]) -> Levels:
    nothing = float(found[place])
    return tuple(
        tuple(float(found[columns.at(place, number, step)]) / nothing for step in range(len(licence.ladder)))
        for number, licence in enumerate(market.licences)
    )
