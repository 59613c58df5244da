"""Offers with the share of the period that each is shown, as integers, so that what they sell and earn is exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Final

from offchain.pricing.choice.market import Audience, Market, Offer
from offchain.pricing.choice.sales_based import Levels

__all__ = ["WHOLE", "TimedOffer", "audiences_of", "earned", "mixture", "rounded", "sold", "within_copies"]

WHOLE: Final = 10**24
"""Parts in a whole period: so fine that a rare edition before many buyers loses nothing by rounding."""

_SNAP: Final = 1e-9
"""Distance from 0 or 1 that the solver's rounding explains."""

_NOISE: Final = 1e-13
"""A share of the period that rounding explains."""


@dataclass(frozen=True, slots=True)
class TimedOffer:
    """An offer and when it is shown.

    Attributes:
        segment: who sees it, or None where everybody does.
        share: of the period, in `WHOLE`-ths; nothing is offered in what remains.
        offer: ladder step of each licence.
    """

    segment: str | None
    share: int
    offer: Offer


def mixture(market: Market, audience: Audience, levels: Levels) -> list[TimedOffer]:
    """The nested offers whose mixture a vertex is, after Gallego, Ratliff and Shebalov (2015, section 4).

    Orders and chains compare two levels each, so "at least θ" of all levels is an allowed offer for every θ. One that
    attracts more is shown for longer: a share counts in proportion to nothing + Σ v of its offer.
    """
    kept = _repaired(market, levels)
    cuts = sorted({level for row in kept for level in row if level > 0})
    offers, shares = [], []
    for below, cut in zip([0.0, *cuts], cuts, strict=False):
        offer = tuple(max(step for step, level in enumerate(row) if level >= cut) for row in kept)
        offers.append(offer)
        shares.append((cut - below) * market.attraction(audience, offer, [0] * len(offer))[1])
    total = sum(shares)
    return rounded(audience.name, offers, [share / total for share in shares])


def rounded(segment: str | None, offers: Sequence[Offer], shares: Sequence[float]) -> list[TimedOffer]:
    """Whole parts of the period that add up to `WHOLE` where the shares nearly do; the longest comes first."""
    parts = [round(Fraction(share) * WHOLE) if share > _NOISE else 0 for share in shares]
    full = sum(shares) > 1 - _SNAP
    spare = (WHOLE if full else min(sum(parts), WHOLE)) - sum(parts)
    parts[parts.index(max(parts))] += spare
    timed = [TimedOffer(segment, part, offer) for part, offer in zip(parts, offers, strict=True) if part > 0]
    return sorted(timed, key=lambda entry: (-entry.share, entry.offer))


def within_copies(market: Market, timetable: Sequence[TimedOffer]) -> tuple[TimedOffer, ...]:
    """The timetable, its shares cut by the least that keeps sales within the copies: solvers overstep by a rounding."""
    used = sold(market, timetable)
    excess = [Fraction(copies) / use for copies, use in zip(market.copies, used, strict=True) if use > copies]
    if not excess:
        return tuple(timetable)
    cut = min(excess)
    return tuple(TimedOffer(entry.segment, int(entry.share * cut), entry.offer) for entry in timetable)


def audiences_of(market: Market, entry: TimedOffer) -> Iterable[Audience]:
    """Who sees an offer."""
    return (audience for audience in market.audiences if entry.segment in {None, audience.name})


def earned(market: Market, timetable: Iterable[TimedOffer]) -> Fraction:
    """Expected net revenue a period, `SCALE`-ths of a minor unit."""
    free = [0] * len(market.licences)
    amounts = (
        entry.share * market.earned(audience, entry.offer, free)
        for entry in timetable
        for audience in audiences_of(market, entry)
    )
    return sum(amounts, Fraction(0)) / WHOLE


def sold(market: Market, timetable: Iterable[TimedOffer]) -> list[Fraction]:
    """Expected licences a period that draw on each edition."""
    used = [Fraction(0)] * len(market.copies)
    for entry in timetable:
        for audience in audiences_of(market, entry):
            for licence, amount in zip(market.licences, market.sold(audience, entry.offer), strict=True):
                for edition in licence.editions:
                    used[edition] += entry.share * amount / WHOLE
    return used


def _repaired(market: Market, levels: Levels) -> list[list[float]]:
    """The levels without the solver's rounding: chains never rise, orders hold, and without editions all are 0 or 1."""
    exact = not market.copies
    rows = [[_snapped(level) if exact else min(max(level, 0.0), 1.0) for level in row] for row in levels]
    raised = True
    while raised:
        for row in rows:
            row[:] = reversed(list(accumulate(reversed(row), max)))
        raised = False
        for order, step, threshold in market.thresholds():
            low = rows[order.cheaper][step]
            if rows[order.dearer][threshold] < low:
                rows[order.dearer][threshold], raised = low, True
    return rows


def _snapped(level: float) -> float:
    return 0.0 if level < _SNAP else 1.0 if level > 1 - _SNAP else level
