"""Charts in the terminal: the curve behind a price, one line for each step of its ladder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from offchain.cli.output import decimal

if TYPE_CHECKING:
    from offchain.pricing.curve import PriceCurve

__all__ = ["bar", "chart"]

_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_WIDTH: Final = 28
_MICRO: Final = 10**6


def chart(curve: PriceCurve, unit: str) -> Iterator[str]:
    """A table of the ladder with a bar for net revenue.

    Args:
        curve: what to show.
        unit: name of the currency's display unit.

    Yields:
        Lines of up to 90 characters. ● is the price, ○ its runner-up, × what floor or ceiling exclude.
    """
    prices = [decimal(price, curve.decimals) for price in curve.ladder]
    sold = [_sold(curve, step) for step in range(len(prices))]
    earned = [decimal(revenue, curve.decimals).partition(".")[0] for revenue in curve.revenue]
    widths = [max(map(len, column)) for column in ((*prices, "price"), (*sold, "licences"), earned)]
    most = max(*curve.revenue, 1)
    yield f"  {'price':>{widths[0]}}    {'licences':>{widths[1]}}   net revenue a period, {unit}"
    for step, (price, sales, revenue) in enumerate(zip(prices, sold, earned, strict=True)):
        drawn = bar(curve.revenue[step] / most, _WIDTH)
        line = f"  {price:>{widths[0]}} {_mark(curve, step)}  {sales:>{widths[1]}}   {revenue:>{widths[2]}} {drawn}"
        yield line.rstrip()


def bar(share: float, width: int) -> str:
    """A horizontal bar of `share` (0 to 1) of `width` characters, to an eighth of one."""
    whole, eighths = divmod(round(share * width * 8), 8)
    return "█" * whole + _EIGHTHS[eighths].strip()


def _mark(curve: PriceCurve, step: int) -> str:
    if step == curve.chosen:
        return "●"
    if not curve.lowest <= step <= curve.highest:
        return "×"
    return "○" if step == curve.runner_up else " "


def _sold(curve: PriceCurve, step: int) -> str:
    """Expected licences, with the ends of their interval where there is one."""
    told = f"{curve.sales[step] / _MICRO:,.1f}"
    if curve.evidence is None:
        return told
    low, high = (ends[step] / _MICRO for ends in (curve.evidence.low, curve.evidence.high))
    return f"{told} [{low:,.1f}–{high:,.1f}]"
