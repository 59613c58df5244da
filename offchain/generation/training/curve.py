"""The loss curve of a training, drawn with Pillow."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.generation.training.durable import replace_file
from offchain.generation.training.history import Point

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

__all__ = ["draw_curve"]

_SIZE: Final = (960, 540)
_FRAME: Final = (80, 30, 930, 490)
"""Left, top, right and bottom of the plot in pixels."""

_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's palette (2008), told apart by colour-blind eyes."""

_GRID: Final = "#dddddd"
_INK: Final = "#222222"
_TICKS: Final = 5


def draw_curve(path: Path, history: Sequence[Point]) -> None:
    """Draw every loss over the steps, pale as measured and solid as a running mean, as PNG of 960 × 540.

    Raises:
        InputError: `history-empty`.
    """
    from PIL import Image, ImageDraw

    if not history:
        raise InputError("history-empty", "there is no loss to draw", "train at least one step")
    image = Image.new("RGB", _SIZE, "white")
    draw = ImageDraw.Draw(image)
    series = _series(history)
    smooth = {name: _mean(points) for name, points in series.items()}
    low, high = _range(value for points in series.values() for _, value in points)
    last = max(point.step for point in history)
    _axes(draw, last, low, high)
    for number, name in enumerate(series):
        colour = _COLOURS[number % len(_COLOURS)]
        _line(draw, series[name], (last, low, high), _pale(colour))
        _line(draw, smooth[name], (last, low, high), colour)
        final = smooth[name][-1][1]
        draw.text((_FRAME[2] - 190, _FRAME[1] + 8 + 16 * number), f"{name}  {final:.4g}", fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    replace_file(path, buffer.getvalue())


def _series(history: Sequence[Point]) -> dict[str, list[tuple[int, float]]]:
    """(step, value) of each loss by its name; values that are no numbers are left out."""
    series: dict[str, list[tuple[int, float]]] = {}
    for point in history:
        for name, value in point.losses.items():
            if math.isfinite(value):
                series.setdefault(name, []).append((point.step, value))
    return series


def _mean(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Exponential mean over a fiftieth of the points, started without bias."""
    keep = 1 - 1 / max(1, len(points) / 50)
    total, weight, smooth = 0.0, 0.0, []
    for step, value in points:
        total, weight = keep * total + value, keep * weight + 1
        smooth.append((step, total / weight))
    return smooth


def _range(values: Iterable[float]) -> tuple[float, float]:
    """The values' range without the highest hundredth, which the first steps fill."""
    ordered = sorted(values)
    low, high = ordered[0], ordered[math.ceil(0.99 * len(ordered)) - 1]
    margin = (high - low) * 0.05 or 1.0
    return low - margin, high + margin


def _axes(draw: ImageDraw, last: int, low: float, high: float) -> None:
    left, top, right, bottom = _FRAME
    for tick in range(_TICKS + 1):
        x, y = left + (right - left) * tick / _TICKS, bottom - (bottom - top) * tick / _TICKS
        draw.line((left, y, right, y), fill=_GRID)
        draw.text((left - 8, y), f"{low + (high - low) * tick / _TICKS:.4g}", fill=_INK, anchor="rm")
        draw.text((x, bottom + 8), f"{last * tick // _TICKS:,}", fill=_INK, anchor="mt")
    draw.rectangle(_FRAME, outline=_INK)
    draw.text(((left + right) / 2, bottom + 28), "step", fill=_INK, anchor="mt")


def _line(draw: ImageDraw, points: Sequence[tuple[int, float]], scale: tuple[int, float, float], colour: str) -> None:
    left, top, right, bottom = _FRAME
    last, low, high = scale
    placed = [
        (
            left + (right - left) * step / max(1, last),
            bottom - (bottom - top) * (min(max(value, low), high) - low) / (high - low),
        )
        for step, value in points
    ]
    draw.line(placed, fill=colour, width=1 if len(placed) > 1 else 3)


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{255 - (255 - channel) // 4:02x}" for channel in (red, green, blue))
