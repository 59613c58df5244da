"""Rows over watermark scores."""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np

from offchain.generation.text.watermark_detection import CHANCE, chance_of
from tests.bench.report import Row

__all__ = ["Z95", "Missing", "Scores", "found_share", "median", "row", "spread", "wilson"]

Missing: TypeAlias = list[dict[str, str]]
Scores: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]

Z95: Final = 1.959963984540054
"""Standard deviations to either side that hold 95 % of a normal distribution."""


def found_share(z: Scores) -> float:
    """The share of scores that count as found."""
    return float(np.mean([chance_of(each) <= CHANCE for each in z]))


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson's interval of 95 % (1927) for a share of `count`."""
    centre = (share + Z95**2 / (2 * count)) / (1 + Z95**2 / count)
    half = Z95 / (1 + Z95**2 / count) * math.sqrt(share * (1 - share) / count + Z95**2 / (4 * count**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def median(z: Scores) -> float:
    return round(float(np.median(z)), 2)


def spread(z: Scores) -> dict[str, float]:
    return {"z least": round(float(z.min()), 2), "z median": median(z), "z most": round(float(z.max()), 2)}


def row(
    name: str,
    value: float,
    unit: str,
    better: str,
    goal: float | None = None,
    interval: tuple[float, float] | None = None,
    **references: object,
) -> Row:
    told = {"name": name, "value": float(f"{value:.4g}"), "unit": unit, "better": better, "goal": goal}
    return told | {"interval": interval, "references": references}
