"""Spreads numbers over all 64 bits, so that any part of them can be compared, ordered or looked up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["mixed"]


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A bijection of 64-bit numbers: SplitMix64's step (Steele, Lea and Flood, Fast splittable PRNGs, OOPSLA 2014)."""
    spread = numbers + np.uint64(0x9E3779B97F4A7C15)
    spread = (spread ^ (spread >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    spread = (spread ^ (spread >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return spread ^ (spread >> np.uint64(31))
