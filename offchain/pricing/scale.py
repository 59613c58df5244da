"""How finely net revenue and multipliers are counted, so that integers carry both."""

from __future__ import annotations

from typing import Final

from offchain.money import PPM
from offchain.pricing.demand import MICRO

__all__ = ["RATE", "SCALE"]

SCALE: Final = MICRO * PPM
"""Net coefficients are integers in this fraction of a minor unit (millionths of licences × parts per million)."""

RATE: Final = 10**9
"""Multipliers of coupling rows are integers in this fraction of a `SCALE`-th of a minor unit for a unit of the row."""
