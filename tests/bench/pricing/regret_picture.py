"""Regret curves as a picture: a band of 95 % around each policy's mean, month by month, and what it adds up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["drawn"]

_COLOURS: Final = ("#6b7280", "#0f766e", "#b45309")
_WIDTH: Final = 400
_HEIGHT: Final = 250
_LEFT: Final = 58
_TOP: Final = 64
_GAP: Final = 84


@dataclass(frozen=True)
class _Panel:
    """One pair of axes: where it stands, and what its ends mean."""

    left: float
    months: int
    highest: float

    def x(self, month: float) -> float:
        return self.left + _WIDTH * (month - 1) / (self.months - 1)

    def y(self, value: float) -> float:
        return _TOP + _HEIGHT * (1 - value / self.highest)

    def path(self, values: Sequence[float], first: str = "M") -> str:
        steps = [f"{self.x(month):.1f} {self.y(value):.1f}" for month, value in enumerate(values, 1)]
        return first + "L".join(steps)

    def frame(self, title: str, unit: str) -> str:
        """Title, grid and numbers."""
        parts = [_text(self.left, _TOP - 14, title, "start", "bold")]
        for tick in _ticks(self.highest):
            line = f'<path d="M{self.x(1)} {self.y(tick):.1f}H{self.x(self.months)}" stroke="#e5e7eb"/>'
            parts += [line, _text(self.left - 8, self.y(tick) + 4, f"{tick:g}{unit}", "end")]
        for month in range(6, self.months + 1, 6):
            parts.append(_text(self.x(month), _TOP + _HEIGHT + 18, f"{month}", "middle"))
        return "".join([*parts, _text(self.left + _WIDTH / 2, _TOP + _HEIGHT + 36, "month", "middle")])


def drawn(regrets: Mapping[str, NDArray[np.float64]]) -> str:
    """An SVG document.

    Args:
        regrets: markets × months of each policy, in percent of the clairvoyant's revenue in that month.
    """
    total = {name: monthly.cumsum(axis=1) / 100 for name, monthly in regrets.items()}
    months = next(iter(regrets.values())).shape[1]
    left = _Panel(_LEFT, months, _highest(regrets))
    right = _Panel(_LEFT + _WIDTH + _GAP, months, _highest(total))
    markets = len(next(iter(regrets.values())))
    width, height = _LEFT + 2 * _WIDTH + _GAP + 24, _TOP + _HEIGHT + 80
    box, font = (
        f'viewBox="0 0 {width} {height}"',
        'font-family="system-ui, Verdana, DejaVu Sans, sans-serif" font-size="12"',
    )
    title = f"What not knowing the demand costs: {markets} simulated markets, mean and 95 % interval"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} {font}>',
        "<title>Regret of pricing policies in a simulated market</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _text(_LEFT, 24, title, "start"),
        left.frame("lost in the month, share of the best revenue", " %"),
        right.frame("lost so far, months of the best revenue", ""),
    ]
    for at, ((name, monthly), colour) in enumerate(zip(regrets.items(), cycle(_COLOURS), strict=False)):
        parts += [_band(left, monthly, colour), _band(right, total[name], colour)]
        x, y = _LEFT + 190 * at, height - 16
        parts += [f'<path d="M{x} {y - 4}h26" stroke="{colour}" stroke-width="2.5"/>', _text(x + 34, y, name, "start")]
    return "\n".join([*parts, "</svg>", ""])


def _band(panel: _Panel, values: NDArray[np.float64], colour: str) -> str:
    middle = values.mean(axis=0)
    half = 1.96 * values.std(axis=0, ddof=1) / len(values) ** 0.5
    upper = panel.path((middle + half).tolist())
    lower = " ".join(reversed(panel.path(np.maximum(middle - half, 0).tolist(), "").split("L")))
    line = f'<path d="{panel.path(middle.tolist())}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
    return f'<path d="{upper}L{lower}Z" fill="{colour}" fill-opacity="0.18"/>{line}'


def _highest(values: Mapping[str, NDArray[np.float64]]) -> float:
    tops = [each.mean(axis=0) + 1.96 * each.std(axis=0, ddof=1) / len(each) ** 0.5 for each in values.values()]
    return float(np.max(tops)) * 1.05


def _ticks(highest: float) -> list[float]:
    """At most seven round numbers from 0."""
    steps = (digit * 10.0**power for power in range(-3, 6) for digit in (1, 2, 5))
    step = next(size for size in steps if highest / size <= 6)
    return [step * count for count in range(int(highest / step) + 1)]


def _text(x: float, y: float, words: str, anchor: str, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="#111827">{words}</text>'
