"""The best offer that all segments see, by mixed-integer programming.

With x_k whether a licence is offered at step k, t_s the inverse of nothing + Σ v x of segment s and z_sk = t_s x_k, the
sum of the segments' net revenues is linear, and so are its rows (Bront, Méndez-Díaz and Vulcano 2009, A column
generation algorithm for choice-based network revenue management, section 4). Maximising it is NP-hard from two
segments on (the same paper), so HiGHS branches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING, Final

from offchain.errors import RefusedError
from offchain.pricing.choice.market import Audience, Market, Offer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.optimize import LinearConstraint, OptimizeResult

__all__ = ["BestOffer", "best_offer"]

_NODES: Final = 10_000
"""Branches after which the search ends with the bound that it has; a number of nodes, so that runs repeat."""

_SLACK: Final = Fraction(1, 10**9)
"""Part of the bound that is added for the solver's rounding."""

_TARGET: Final = 1e4
"""Largest objective coefficient; the solver's absolute gap, 1e-6, is then far below a billionth."""


@dataclass(frozen=True, slots=True)
class BestOffer:
    """An offer, and a bound on all of them in `SCALE`-ths of a minor unit a period, after charges."""

    offer: Offer
    bound: int


def best_offer(market: Market, charges: Sequence[int]) -> BestOffer:
    """The offer that earns most from all audiences together.

    Args:
        market: what is sold.
        charges: taken from each sale of a licence, `SCALE`-ths of a minor unit.

    Raises:
        RefusedError: `price-uncertified`, the solver failed or found nothing within its nodes.
    """
    program = _Program(market, charges)
    found = program.solve()
    if found.x is None or found.mip_dual_bound is None:
        raise RefusedError(
            "price-uncertified",
            f"the search for the best offer ended without one: {found.message}",
            "offer fewer licences, or give each segment its own offer (model sales-based)",
        )
    offer = program.offer(found.x)
    value = sum((market.earned(audience, offer, charges) for audience in market.audiences), Fraction(0))
    bound = Fraction(-found.mip_dual_bound / _TARGET) * program.unit
    return BestOffer(offer, ceil(max(value, bound + abs(bound) * _SLACK)))


class _Program:
    """Columns: x of each licence and step, then for each audience t and z of what it considers."""

    def __init__(self, market: Market, charges: Sequence[int]) -> None:
        self._market = market
        steps = [market.audiences[0].opened(place) for place in range(len(market.licences))]
        self._steps = steps
        self._starts = list(accumulate(map(len, steps), initial=0))
        self._rows: list[tuple[list[tuple[int, float]], float, float]] = []
        self._width = self._starts[-1]
        self._cost: list[float] = [0.0] * self._width
        gains = [
            [margin - charge for margin in licence.margin]
            for licence, charge in zip(market.licences, charges, strict=True)
        ]
        most = max(audience.buyers for audience in market.audiences)
        top = max(max(map(abs, row)) for row in gains)
        self.unit = Fraction(max(top, 1) * most, 10**6)
        self._add_structure()
        for audience in market.audiences:
            scale = audience.buyers / most * _TARGET
            self._add_audience(audience, [[gain / max(top, 1) * scale for gain in row] for row in gains])

    def solve(self) -> OptimizeResult:
        import numpy as np
        from scipy.optimize import Bounds, milp

        integral = np.zeros(self._width, dtype=np.int8)
        integral[: self._starts[-1]] = 1
        return milp(
            self._cost,
            integrality=integral,
            bounds=Bounds(0.0, 1.0),
            constraints=self._constraint(),
            options={"mip_rel_gap": 0.0, "node_limit": _NODES},
        )

    def offer(self, found: NDArray[np.float64]) -> Offer:
        """The step that x chooses for each licence."""
        return tuple(
            max(steps, key=lambda step, start=start, steps=steps: found[start + step - steps.start])  # type: ignore[misc]  # the defaults bind the loop's values
            for start, steps in zip(self._starts, self._steps, strict=False)
        )

    def _x(self, licence: int, step: int) -> int:
        return self._starts[licence] + step - self._steps[licence].start

    def _row(self, terms: list[tuple[int, float]], least: float, most: float) -> None:
        self._rows.append((terms, least, most))

    def _add_structure(self) -> None:
        """One step each, and the orders."""
        for place, steps in enumerate(self._steps):
            self._row([(self._x(place, step), 1.0) for step in steps], 1.0, 1.0)
        self._add_orders(self._x)

    def _add_orders(self, column: Callable[[int, int], int]) -> None:
        """Where a cheaper licence is at least q, so is the dearer."""
        for order, step, threshold in self._market.thresholds():
            pushing = [(column(order.cheaper, k), 1.0) for k in self._steps[order.cheaper] if k >= step]
            pushed = [(column(order.dearer, k), -1.0) for k in self._steps[order.dearer] if k >= threshold]
            self._row(pushing + pushed, -1.0, 0.0)

    def _add_audience(self, audience: Audience, gains: Sequence[Sequence[float]]) -> None:
        """Rows of x times t, so that without coupling through x each audience alone would be solved exactly."""
        chance = self._column(0.0)
        weights = [[weight / audience.nothing for weight in row] for row in audience.weights]
        largest = [max(row) for row in weights]
        first: dict[int, int] = {}
        total = [(chance, 1.0)]
        ordered = {end for order in self._market.orders for end in (order.cheaper, order.dearer)}
        for place, steps in enumerate(self._steps):
            if largest[place] == 0 and place not in ordered:
                continue
            first[place] = self._width - steps.start
            for step in steps:
                weight = weights[place][step]
                z = self._column(-weight * gains[place][step])
                least = 1.0 / (1.0 + weight + sum(largest) - largest[place])
                self._row([(z, 1.0), (self._x(place, step), -1.0 / (1.0 + weight))], -1.0, 0.0)
                self._row([(z, 1.0), (self._x(place, step), -least)], 0.0, 1.0)
                total.append((z, weight))
            self._row([(chance, -1.0), *((first[place] + step, 1.0) for step in steps)], 0.0, 0.0)
        self._row(total, 1.0, 1.0)
        self._add_orders(lambda place, step: first[place] + step)

    def _column(self, cost: float) -> int:
        self._cost.append(cost)
        self._width += 1
        return self._width - 1

    def _constraint(self) -> LinearConstraint:
        from scipy.optimize import LinearConstraint
        from scipy.sparse import csr_array

        entries = [(line, column, value) for line, (terms, _, _) in enumerate(self._rows) for column, value in terms]
        lines, columns, values = zip(*entries, strict=True)
        matrix = csr_array((values, (lines, columns)), shape=(len(self._rows), self._width))
        least, most = [row[1] for row in self._rows], [row[2] for row in self._rows]
        return LinearConstraint(matrix, least, most)
