"""The curve behind a price as an SVG: demand with its interval above, net revenue below, one price axis for both.

The axis is logarithmic, as ladders rise in ratios. What floor and ceiling exclude is shaded; the chosen price is
marked in both panels, the runner-up beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from offchain.money import format_amount
from offchain.pricing.curve import PriceCurve
from offchain.pricing.demand import MICRO

__all__ = ["picture"]

_WIDTH: Final = 720
_HEIGHT: Final = 476
_LEFT: Final = 76
_RIGHT: Final = 696

_STYLE: Final = """\
text{font:12px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#52606d}
.title{font-size:17px;font-weight:600;fill:#1f2933}.strong{font-weight:600;fill:#1f2933}
.end{text-anchor:end}.mid{text-anchor:middle}
.grid{stroke:#e4e7eb}.axis{stroke:#9aa5b1}.out{fill:#7b8794;fill-opacity:.13}
.demand{fill:none;stroke:#2f6690;stroke-width:2.2;stroke-linejoin:round}.band{fill:#2f6690;fill-opacity:.17}
.revenue{fill:none;stroke:#2d7d5f;stroke-width:2.2;stroke-linejoin:round}
.d{fill:#2f6690}.r{fill:#2d7d5f}.pick{fill:#c8553d;stroke:#fff;stroke-width:1.5}
.line{stroke:#c8553d;stroke-width:1.5}.red{fill:#c8553d;font-weight:600}
.second{fill:#fff;stroke:#c8553d;stroke-width:2}"""


@dataclass(frozen=True, slots=True)
class _Panel:
    """A band of the picture with its own vertical scale, from 0 at `bottom` to `most` at `top`."""

    top: float
    bottom: float
    most: float

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * value / self.most


@dataclass(frozen=True, slots=True)
class _Axis:
    """Horizontal places of the ladder's prices, in equal ratios."""

    ladder: Sequence[int]

    def x(self, price: float) -> float:
        first, last = self.ladder[0], self.ladder[-1]
        if first == last:
            return (_LEFT + _RIGHT) / 2
        return _LEFT + 14 + (_RIGHT - _LEFT - 28) * math.log(price / first) / math.log(last / first)

    def between(self, step: int) -> float:
        """Halfway from a step to the next one."""
        return self.x(math.sqrt(self.ladder[step] * self.ladder[step + 1]))


def picture(curve: PriceCurve, unit: str) -> str:
    """Draw a curve.

    Args:
        curve: what to draw.
        unit: name of the currency's display unit, e.g. `TUSD`.

    Returns:
        An SVG document of 720 × 476 pixels without scripts, fonts or links.
    """
    axis = _Axis(curve.ladder)
    sold = [sales / MICRO for sales in curve.sales]
    highest = [sales / MICRO for sales in curve.evidence.high] if curve.evidence else sold
    demand = _Panel(92, 236, _round_up(max(*sold, *highest, 1e-6)))
    unscaled = [amount / 10**curve.decimals for amount in curve.revenue]
    revenue = _Panel(284, 412, _round_up(max(*unscaled, 1e-6)))
    parts = [
        *_heading(curve, unit),
        *_excluded(curve, axis, demand, revenue),
        *_grid(demand, "licences a period"),
        *_grid(revenue, f"net revenue a period, {unit}"),
        *_band(curve, axis, demand),
        *_line(axis, demand, sold, "demand", "d"),
        *_line(axis, revenue, unscaled, "revenue", "r"),
        *_marks(curve, axis, (demand, sold), (revenue, unscaled)),
        *_prices(curve, axis),
    ]
    name = escape(f"{curve.key.tier}, {curve.key.segment}")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img">'
    body = "\n".join(parts)
    return (
        f"{head}\n<title>{name}</title>\n<style>{_STYLE}</style>\n"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _heading(curve: PriceCurve, unit: str) -> Iterator[str]:
    price = format_amount(curve.ladder[curve.chosen], curve.decimals)
    yield _text(24, 34, f"{curve.key.tier} · {curve.key.segment}: {price} {unit}", "title")
    yield _text(24, 55, _sure(curve))


def _sure(curve: PriceCurve) -> str:
    if curve.evidence is None:
        return "demand is stated, not learned: no interval"
    return f"demand learned from {curve.evidence.offers} offers; band: 90 % credible interval"


def _excluded(curve: PriceCurve, axis: _Axis, *panels: _Panel) -> Iterator[str]:
    spans: list[tuple[float, float, str]] = []
    if curve.lowest > 0:
        spans.append((_LEFT, axis.between(curve.lowest - 1), "below floor"))
    if curve.highest < len(curve.ladder) - 1:
        spans.append((axis.between(curve.highest), _RIGHT, "above ceiling"))
    for left, right, told in spans:
        for panel in panels:
            box = (
                f'x="{left:.1f}" y="{panel.top - 8}" width="{right - left:.1f}" height="{panel.bottom - panel.top + 8}"'
            )
            yield f'<rect class="out" {box}/>'
        if right - left > 76:
            yield _text((left + right) / 2, panels[0].top + 8, told, "mid")


def _grid(panel: _Panel, told: str) -> Iterator[str]:
    for quarter in range(5):
        value = panel.most * quarter / 4
        level = panel.y(value)
        kind = "grid" if quarter else "axis"
        yield f'<line class="{kind}" x1="{_LEFT}" x2="{_RIGHT}" y1="{level:.1f}" y2="{level:.1f}"/>'
        yield _text(_LEFT - 8, level + 4, f"{value:,.10g}", "end")
    yield _text(_LEFT, panel.top - 14, told, "strong")


def _band(curve: PriceCurve, axis: _Axis, panel: _Panel) -> Iterator[str]:
    if curve.evidence is None:
        return
    upper = [
        (axis.x(price), panel.y(top / MICRO)) for price, top in zip(curve.ladder, curve.evidence.high, strict=True)
    ]
    lower = [(axis.x(price), panel.y(low / MICRO)) for price, low in zip(curve.ladder, curve.evidence.low, strict=True)]
    yield f'<polygon class="band" points="{_points([*upper, *reversed(lower)])}"/>'


def _line(axis: _Axis, panel: _Panel, values: Sequence[float], kind: str, dot: str) -> Iterator[str]:
    places = [(axis.x(price), panel.y(value)) for price, value in zip(axis.ladder, values, strict=True)]
    yield f'<polyline class="{kind}" points="{_points(places)}"/>'
    yield from (f'<circle class="{dot}" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in places)


def _marks(curve: PriceCurve, axis: _Axis, *drawn: tuple[_Panel, Sequence[float]]) -> Iterator[str]:
    here = axis.x(curve.ladder[curve.chosen])
    for panel, values in drawn:
        yield f'<line class="line" x1="{here:.1f}" x2="{here:.1f}" y1="{panel.top - 8}" y2="{panel.bottom}"/>'
        if curve.runner_up is not None:
            x, y = axis.x(curve.ladder[curve.runner_up]), panel.y(values[curve.runner_up])
            yield f'<circle class="second" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
        yield f'<circle class="pick" cx="{here:.1f}" cy="{panel.y(values[curve.chosen]):.1f}" r="6"/>'


def _prices(curve: PriceCurve, axis: _Axis) -> Iterator[str]:
    """Labels of the ladder's prices, the chosen one first; others where there is room."""
    taken: list[tuple[float, float]] = []
    order = [curve.chosen, *(step for step in range(len(curve.ladder)) if step != curve.chosen)]
    for step in order:
        label = format_amount(curve.ladder[step], curve.decimals)
        x, half = axis.x(curve.ladder[step]), 4 + 3.6 * len(label)
        if all(x + half < left or x - half > right for left, right in taken):
            taken.append((x - half, x + half))
            yield _text(x, 432, label, "red mid" if step == curve.chosen else "mid")
    yield f'<text x="24" y="460"><tspan class="red">●</tspan> chosen{_runner_up(curve)}</text>'


def _runner_up(curve: PriceCurve) -> str:
    if curve.runner_up is None:
        return "; its bounds and the other prices leave no other step open"
    gap = (curve.revenue[curve.chosen] - curve.revenue[curve.runner_up]) / 10**curve.decimals
    rival = format_amount(curve.ladder[curve.runner_up], curve.decimals)
    return f', <tspan class="red">○</tspan> runner-up {rival}: earns {gap:,.4g} less a period'


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _text(x: float, y: float, told: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{style}>{escape(told)}</text>'


def _round_up(value: float) -> float:
    """The next round number; a quarter of it is a short one."""
    power = 10.0 ** math.floor(math.log10(value))
    digits = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10)
    return next(power * digit for digit in digits if value <= power * digit * (1 + 1e-9))
