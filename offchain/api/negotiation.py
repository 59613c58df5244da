"""Which representation a caller would rather have (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["preferred"]

_ALL: Final = "*/*"


def preferred(accept: str, offers: Sequence[str]) -> str:
    """The offer that `Accept` gives the highest quality; the earlier one of equals, the first when it wants none.

    Args:
        accept: value of the header; empty when there is none.
        offers: media types in lower case without parameters, the usual one first.
    """
    qualities = dict(_ranges(accept or _ALL))
    best = max(offers, key=lambda offer: _quality(qualities, offer))
    return best if _quality(qualities, best) > 0 else offers[0]


def _quality(qualities: dict[str, float], offer: str) -> float:
    """That of the most specific range that covers the offer."""
    for name in (offer, offer.partition("/")[0] + "/*", _ALL):
        if name in qualities:
            return qualities[name]
    return 0.0


def _ranges(accept: str) -> list[tuple[str, float]]:
    ranges = []
    for each in accept.split(","):
        name, *parameters = (part.strip().lower() for part in each.split(";"))
        weights = [part[2:] for part in parameters if part.startswith("q=")]
        ranges.append((name, _weight(weights[0]) if weights else 1.0))
    return ranges


def _weight(text: str) -> float:
    """Zero to one with up to three decimals; what is no weight wants nothing."""
    digits = text.replace(".", "", 1)
    return min(float(text), 1.0) if digits.isascii() and digits.isdecimal() and len(text) <= 5 else 0.0
