"""The demand assumed for a work of which nothing is known yet.

Stated, not measured: a year's buyers of a single photograph, text or track in a dollar-like currency, private
people beside organisations. A creator who knows better states another demand; sales data will replace it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from offchain.errors import InputError
from offchain.pricing.demand import LogitDemand
from offchain.pricing.ladder import geometric_ladder
from offchain.pricing.problem import CellDemand, PriceKey, PricingProblem, Segment, Tier, Work

__all__ = ["DEFAULT_SEGMENTS", "DEFAULT_TIERS", "default_problem"]


@dataclass(frozen=True, slots=True)
class _TierDefault:
    """Ladder ends and, per segment, (median, spread) of willingness to pay in whole units, and buyers a year."""

    lowest: int
    highest: int
    demand: dict[str, tuple[int, int, float]]


_STATED: Final = {
    "personal": _TierDefault(2, 50, {"individual": (8, 3, 400.0), "organisation": (20, 8, 40.0)}),
    "commercial": _TierDefault(10, 250, {"individual": (40, 15, 60.0), "organisation": (120, 40, 50.0)}),
    # Private people who remix can pay less than those who sell prints, so the tier order binds for them.
    "adaptation": _TierDefault(20, 500, {"individual": (30, 12, 30.0), "organisation": (200, 70, 15.0)}),
}

DEFAULT_TIERS: Final = tuple(_STATED)
"""Tiers with a stated demand, each broader than those before it."""

DEFAULT_SEGMENTS: Final = ("individual", "organisation")
"""Segments with a stated demand."""

_STEPS: Final = 12


def default_problem(
    work_id: str,
    upstream_ppm: int,
    currency: str,
    tiers: Sequence[str] = DEFAULT_TIERS,
    decimals: int = 6,
) -> PricingProblem:
    """The pricing problem of one work under the stated demand.

    Each ladder has 12 prices in equal ratios, in multiples of half a unit; a broader tier never costs less.
    Add floors and ceilings with `dataclasses.replace(problem, bounds=…)`.

    Args:
        work_id: `0x` and 64 lower-case hex digits.
        upstream_ppm: share owed upstream, parts per million.
        currency: CAIP-19 id of a currency whose unit is worth about a dollar.
        tiers: which of `DEFAULT_TIERS` to price.
        decimals: digits after the point of that currency, at least 1.

    Raises:
        InputError: a tier without a stated demand, or what `PricingProblem` refuses.
    """
    for name in tiers:
        if name not in _STATED:
            known = ", ".join(DEFAULT_TIERS)
            raise InputError("tier-unknown", f"no demand is stated for tier {name}", f"choose among {known}")
    if decimals < 1:
        raise InputError("decimals-out-of-range", "the stated prices need half units", "use a currency with decimals")
    unit = 10**decimals
    return PricingProblem(
        currency=currency,
        decimals=decimals,
        works=(Work(work_id, upstream_ppm),),
        tiers=tuple(_tier(name, tiers, unit) for name in tiers),
        segments=tuple(map(Segment, DEFAULT_SEGMENTS)),
        demand=tuple(_demand(work_id, tier, segment, unit) for tier in tiers for segment in DEFAULT_SEGMENTS),
    )


def _tier(name: str, tiers: Sequence[str], unit: int) -> Tier:
    stated = _STATED[name]
    narrower = DEFAULT_TIERS[: DEFAULT_TIERS.index(name)]
    ladder = geometric_ladder(stated.lowest * unit, stated.highest * unit, _STEPS, unit // 2)
    return Tier(name, ladder, tuple(other for other in narrower if other in tiers))


def _demand(work_id: str, tier: str, segment: str, unit: int) -> CellDemand:
    median, spread, market = _STATED[tier].demand[segment]
    return CellDemand(PriceKey(work_id, tier, segment), LogitDemand(median * unit, spread * unit, market))
