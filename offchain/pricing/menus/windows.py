"""Which of several exclusives to grant where their windows overlap: at most one at any time.

Weighted interval scheduling (Kleinberg and Tardos, Algorithm Design, section 6.1): with bids in the order of their
ends, the best of the first i either leaves out the i-th, or takes it with the best of those that end before it begins.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT, PPM
from offchain.pricing.demand import MICRO
from offchain.pricing.menus.exclusives import present_value

__all__ = ["Bid", "Grants", "choose_bids"]

_HORIZON: Final = 1_000
"""Periods: revenue is listed for each, and exact present values grow by digits with each."""


@dataclass(frozen=True, slots=True)
class Bid:
    """An exclusive that somebody would buy.

    Attributes:
        buyer: who.
        first: period in which it begins and is paid, from 0 for the present one.
        end: first period after it.
        price: most that the buyer would pay, minor units.

    Raises:
        InputError: `exclusive-malformed`.
    """

    buyer: str
    first: int
    end: int
    price: int

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.end <= _HORIZON or not 0 <= self.price <= MAX_AMOUNT:
            raise InputError(
                "exclusive-malformed",
                f"{self.buyer} bids {self.price} for the periods {self.first} to {self.end}",
                f"give rising periods from 0 to {_HORIZON}, and a price of 0 to {MAX_AMOUNT}",
            )

    def overlaps(self, first: int, end: int) -> bool:
        """Whether some period is in both windows."""
        return self.first < end and first < self.end


@dataclass(frozen=True, slots=True)
class Grants:
    """The bids to accept.

    Attributes:
        accepted: in the order of their windows.
        gain: what they add to selling non-exclusively all the time, present net value, `SCALE`-ths of a minor unit.
    """

    accepted: tuple[Bid, ...]
    gain: Fraction


def choose_bids(
    bids: Sequence[Bid],
    ended: Sequence[int],
    discount_ppm: int,
    upstream_ppm: int,
    standing: Sequence[tuple[int, int]] = (),
) -> Grants:
    """The bids that together earn most; where accepting one earns as much as declining it, it is accepted.

    Args:
        bids: what is offered.
        ended: net revenue of the sales that an exclusive ends, `SCALE`-ths of a minor unit, for each period from now.
        discount_ppm: by how much a later period counts less, parts per million a period.
        upstream_ppm: share of each price owed upstream.
        standing: windows of exclusives that were granted before, as (first, end); nothing may overlap them.

    Raises:
        InputError: `exclusive-malformed`, a bid ends after the periods of `ended`, or is listed twice, or a standing
            window ends before it begins; `discount-out-of-range`.
    """
    if len(set(bids)) < len(bids) or any(first >= end for first, end in standing):
        raise InputError(
            "exclusive-malformed",
            "a bid is listed twice, or a standing window ends before it begins",
            "list each bid once, and windows as first period and first period after",
        )
    for bid in bids:
        if bid.end > len(ended):
            raise InputError(
                "exclusive-malformed",
                f"{bid.buyer} bids for {bid.end} periods from now, revenue is stated for {len(ended)}",
                "state the revenue of every period that a bid reaches",
            )
    free = [bid for bid in bids if not any(bid.overlaps(*window) for window in standing)]
    free.sort(key=lambda bid: (bid.end, bid.first))
    ends = [bid.end for bid in free]
    best = [Grants((), Fraction(0))]
    for number, bid in enumerate(free):
        before = best[bisect_right(ends, bid.first, hi=number)]
        gain = before.gain + _gain(bid, ended, discount_ppm, upstream_ppm)
        best.append(Grants((*before.accepted, bid), gain) if gain >= best[-1].gain else best[-1])
    return best[-1]


def _gain(bid: Bid, ended: Sequence[int], discount_ppm: int, upstream_ppm: int) -> Fraction:
    """Net price less the sales that it ends, as of now."""
    paid = present_value([bid.price * (PPM - upstream_ppm) * MICRO], discount_ppm, bid.first)
    return paid - present_value(ended[bid.first : bid.end], discount_ppm, bid.first)
