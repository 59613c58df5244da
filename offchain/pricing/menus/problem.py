"""What a menu is made of: tiers, and segments of buyers with their values and sizes.

One price list is shown to everybody, and each segment takes what leaves it most. Amounts are integers in minor units
of one currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT, PPM
from offchain.pricing.demand import MICRO, require_sales
from offchain.pricing.problem import require_currency

__all__ = ["Assignment", "MenuProblem", "MenuSegment", "MenuTier"]

Assignment = tuple[int | None, ...]
"""Of each segment the tier that it is meant to take, by number; None where it is to take none."""

_MAX_VALUE: Final = MAX_AMOUNT // MICRO


@dataclass(frozen=True, slots=True)
class MenuTier:
    """A kind of licence that may stand on the list.

    Attributes:
        name: e.g. `commercial`.
        floor: least price, minor units, at least 1.
        ceiling: greatest price, or None.

    Raises:
        InputError: `bound-malformed`, `floor-above-ceiling`.
    """

    name: str
    floor: int = 1
    ceiling: int | None = None

    def __post_init__(self) -> None:
        if self.floor < 1:
            raise InputError("bound-malformed", f"the floor of {self.name} is {self.floor}", "give a floor above 0")
        if self.ceiling is not None and self.ceiling < self.floor:
            raise InputError(
                "floor-above-ceiling",
                f"the floor of {self.name} is {self.floor}, its ceiling {self.ceiling}",
                "lower one or raise one",
            )


@dataclass(frozen=True, slots=True)
class MenuSegment:
    """Buyers who value the tiers alike; each buys one licence at most.

    Attributes:
        name: e.g. `school`.
        buyers: how many in a period; kept to the millionth.
        values: what one of them would pay at most for each tier, minor units, in the order of the tiers.

    Raises:
        InputError: `demand-not-a-number`, `demand-negative`, `demand-too-large`, or `value-out-of-range`.
    """

    name: str
    buyers: float
    values: tuple[int, ...]

    def __post_init__(self) -> None:
        require_sales([self.buyers])
        for value in self.values:
            if not 0 <= value <= _MAX_VALUE:
                raise InputError(
                    "value-out-of-range",
                    f"{self.name} values a tier at {value} minor units",
                    f"give 0 to {_MAX_VALUE}, or check the currency's decimals",
                )

    @property
    def weight(self) -> int:
        """Buyers a period, in millionths."""
        return round(self.buyers * MICRO)


@dataclass(frozen=True)
class MenuProblem:
    """All that a menu depends on.

    Attributes:
        currency: CAIP-19 id of the one currency of all amounts.
        decimals: digits after the point of its display unit.
        tiers: what may be sold.
        segments: who may buy.
        upstream_ppm: share of each payment owed upstream, parts per million.
        margin: by how many minor units each segment must prefer what it is meant to take, and a buyer must gain; at 0
            a buyer who is indifferent takes the seller's choice.

    Raises:
        InputError: `menu-malformed`, `share-out-of-range`, or what `require_currency` refuses.
    """

    currency: str
    decimals: int
    tiers: tuple[MenuTier, ...]
    segments: tuple[MenuSegment, ...]
    upstream_ppm: int = 0
    margin: int = 0

    def __post_init__(self) -> None:
        require_currency(self.currency, self.decimals)
        for names in ([tier.name for tier in self.tiers], [segment.name for segment in self.segments]):
            if not names or len(names) != len(set(names)):
                raise _malformed("a tier or segment is listed twice, or none is", "list each once")
        for segment in self.segments:
            if len(segment.values) != len(self.tiers):
                told = f"{segment.name} states {len(segment.values)} values for {len(self.tiers)} tiers"
                raise _malformed(told, "state one value for each tier")
        if self.margin < 0:
            raise _malformed(f"a margin of {self.margin}", "give 0 or more minor units")
        if not 0 <= self.upstream_ppm <= PPM:
            raise InputError(
                "share-out-of-range", f"the share owed upstream is {self.upstream_ppm}", f"give 0 to {PPM}"
            )

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """Net revenue per minor unit of price of each segment, in `SCALE`-ths: millionths of buyers · ppm kept."""
        return tuple(segment.weight * (PPM - self.upstream_ppm) for segment in self.segments)

    @cached_property
    def most(self) -> tuple[tuple[int, ...], ...]:
        """Most that each segment can be made to pay for each tier: its value less the margin, within the ceiling."""
        ceilings = [_MAX_VALUE if tier.ceiling is None else tier.ceiling for tier in self.tiers]
        return tuple(
            tuple(min(value - self.margin, ceiling) for value, ceiling in zip(segment.values, ceilings, strict=True))
            for segment in self.segments
        )


def _malformed(message: str, remedy: str) -> InputError:
    return InputError("menu-malformed", message, remedy)
