"""Demand curves: how many licences sell in a period at each price.

Sales are counted in millionths of a licence, as integers, so that all that follows is exact.
A curve is stated, not learned, here; whoever estimates one hands in its parameters or its table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

from offchain.errors import InputError
from offchain.pricing.ladder import Ladder

__all__ = ["MAX_SALES", "MICRO", "Demand", "LogitDemand", "TableDemand", "require_sales"]

MICRO: Final = 1_000_000
"""Millionths in one licence."""

MAX_SALES: Final = 10**12
"""Most licences a period that a curve may state; above it the data is wrong."""


@dataclass(frozen=True, slots=True)
class LogitDemand:
    """Buyers whose willingness to pay is logistic.

    A share 1 / (1 + exp((p − median) / spread)) of the market buys at price p: the binary logit of
    Talluri and van Ryzin, The Theory and Practice of Revenue Management (2004), section 7.3.3.

    Attributes:
        median: price in minor units at which half of the market buys.
        spread: scale of the logistic in minor units; 3/4 of the market buys at median − 1.1 · spread.
        market: potential buyers in a period.

    Raises:
        InputError: `demand-not-a-number`, `demand-negative`, `demand-too-large` or `demand-malformed` (spread 0).
    """

    median: int
    spread: int
    market: float

    def __post_init__(self) -> None:
        require_sales([self.market])
        if self.median < 0 or self.spread < 0:
            raise _negative(f"median {self.median}, spread {self.spread}")
        if self.spread == 0:
            raise InputError("demand-malformed", "a logit demand has spread 0", "give a spread above 0")

    def sales(self, ladder: Ladder) -> tuple[int, ...]:
        """Expected sales at each ladder price, in millionths of a licence a period, rounded down."""
        return tuple(int(self.market * self._share(price) * MICRO) for price in ladder)

    def _share(self, price: int) -> float:
        # The logistic through tanh, which saturates where exp would overflow.
        return 0.5 * (1.0 - math.tanh((price - self.median) / self.spread / 2))


@dataclass(frozen=True, slots=True)
class TableDemand:
    """Expected sales stated for each ladder price.

    Attributes:
        licences: licences a period at each step of the tier's ladder, never rising; kept to the millionth.

    Raises:
        InputError: `demand-not-a-number`, `demand-negative`, `demand-too-large` or `demand-not-monotone`.
    """

    licences: tuple[float, ...]

    def __post_init__(self) -> None:
        require_sales(self.licences)
        for step, (cheap, dear) in enumerate(pairwise(self.licences)):
            if dear > cheap:
                raise InputError(
                    "demand-not-monotone",
                    f"demand rises from {cheap} to {dear} between steps {step} and {step + 1} of the ladder",
                    "demand may not rise with the price; smooth the table (isotonic regression) or correct it",
                )

    def sales(self, ladder: Ladder) -> tuple[int, ...]:
        """Expected sales at each ladder price, in millionths of a licence a period.

        Raises:
            InputError: `demand-length`, the table is of another ladder.
        """
        if len(ladder) != len(self.licences):
            raise InputError(
                "demand-length",
                f"a demand table has {len(self.licences)} entries for a ladder of {len(ladder)} prices",
                "state one number of licences for each ladder price",
            )
        return tuple(round(licences * MICRO) for licences in self.licences)


Demand: TypeAlias = LogitDemand | TableDemand


def require_sales(numbers: Sequence[float]) -> None:
    """Refuse what is no number of licences or buyers a period.

    Raises:
        InputError: `demand-not-a-number`, `demand-negative`, `demand-too-large`.
    """
    for number in numbers:
        if not math.isfinite(number):
            raise InputError("demand-not-a-number", f"a demand states {number} licences", "state a finite number")
        if number < 0:
            raise _negative(f"{number} licences")
        if number > MAX_SALES:
            raise InputError(
                "demand-too-large", f"a demand states {number} licences a period", f"stay below {MAX_SALES}"
            )


def _negative(what: str) -> InputError:
    return InputError("demand-negative", f"a demand states {what}", "demand is never below 0")
