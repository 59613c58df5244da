"""Price ladders: the finite list of prices that a licence may have.

A ladder is a strictly rising tuple of positive integers in minor units; steps count from 0, cheapest first.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT

__all__ = ["Ladder", "geometric_ladder", "require_ladder"]

Ladder: TypeAlias = tuple[int, ...]


def require_ladder(ladder: Ladder, owner: str) -> None:
    """Refuse what is not a ladder.

    Args:
        ladder: prices in minor units.
        owner: whose ladder it is, for the message.

    Raises:
        InputError: `ladder-empty`, `ladder-not-rising` (or not positive), or `price-too-large` (above `MAX_AMOUNT`).
    """
    if not ladder:
        raise InputError("ladder-empty", f"the ladder of {owner} holds no price", "give at least one price")
    if ladder[0] <= 0 or any(low >= high for low, high in pairwise(ladder)):
        raise InputError(
            "ladder-not-rising",
            f"the ladder of {owner} is not strictly rising from a positive price",
            "list each price once, cheapest first",
        )
    if ladder[-1] > MAX_AMOUNT:
        raise InputError(
            "price-too-large",
            f"the ladder of {owner} reaches {ladder[-1]}, above the ledger's limit {MAX_AMOUNT}",
            "lower the prices, or check the currency's decimals",
        )


def geometric_ladder(lowest: int, highest: int, steps: int, grain: int) -> Ladder:
    """Prices in equal ratios, each rounded to a multiple of `grain`.

    Equal ratios, because buyers perceive relative differences: the revenue lost to the ladder's
    coarseness is then the same share at every price level.

    Args:
        lowest: first price in minor units, a multiple of `grain`.
        highest: last price in minor units, a multiple of `grain`, above `lowest`.
        steps: number of prices, at least 2.
        grain: the unit that prices are rounded to, in minor units.

    Raises:
        InputError: `ladder-malformed`, or `ladder-not-rising` where rounding makes two steps equal.
    """
    if grain < 1 or steps < 2 or not 0 < lowest < highest or lowest % grain or highest % grain:
        raise InputError(
            "ladder-malformed",
            f"no ladder of {steps} prices from {lowest} to {highest} in multiples of {grain}",
            "give two or more steps between two rising multiples of the grain",
        )
    ratio = highest / lowest
    inner = (round(lowest * ratio ** (step / (steps - 1)) / grain) * grain for step in range(1, steps - 1))
    ladder = (lowest, *inner, highest)
    require_ladder(ladder, f"{steps} geometric steps")
    return ladder
