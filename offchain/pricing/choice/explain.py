"""Why an offer is what it is, and what one more copy of an edition would be worth, in sentences.

Gaps are rounded down and worths up, so "earns x less" and "worth at most x" stay true.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from math import floor
from typing import Final

from offchain.money import format_amount
from offchain.pricing.choice.market import Audience, Market
from offchain.pricing.choice.problem import Edition
from offchain.pricing.choice.timetable import WHOLE, TimedOffer, audiences_of
from offchain.pricing.demand import MICRO
from offchain.pricing.model import SCALE

__all__ = ["edition_sentence", "offer_sentence"]

_LISTED: Final = 12
"""Most prices that a sentence names."""


def offer_sentence(market: Market, entry: TimedOffer, worths: Sequence[int], decimals: int) -> str:
    """What an offer holds, what the next best change of one price would earn less, and what copies it uses up."""
    say = partial(format_amount, decimals=decimals)
    audiences = list(audiences_of(market, entry))
    when = "" if entry.share == WHOLE else f" for {float(Fraction(100 * entry.share, WHOLE)):.4g} % of the period"
    parts = [f"{entry.segment or 'everybody'} sees {_listed(market, entry, decimals)}{when}"]
    rival = _runner_up(market, entry, audiences, market.charges(worths))
    if rival is not None:
        place, step, less = rival
        name = _name(market, place)
        closed = step == market.licences[place].closed
        change = f"leaving out {name}" if closed else f"{name} at {say(market.licences[place].ladder[step])}"
        parts.append(f"the next best change, {change}, earns {f'{say(less)} less' if less else 'hardly less'}")
    if any(worths):
        parts.append("each sale is charged with what its copies are worth")
    return "; ".join(parts)


def edition_sentence(edition: Edition, sold: int, worth: int, decimals: int) -> str:
    """What one more copy is worth, and why."""
    if worth == 0:
        amount = format_amount(sold, 6)
        return f"{amount} of {edition.copies} copies are expected to sell, so one more would be worth nothing"
    all_of_them = "the only copy is" if edition.copies == 1 else f"all {edition.copies} copies are"
    return f"{all_of_them} expected to sell; one more would be worth at most {format_amount(worth, decimals)}"


def _listed(market: Market, entry: TimedOffer, decimals: int) -> str:
    offered = [
        f"{_name(market, place)} at {format_amount(market.licences[place].ladder[step], decimals)}"
        for place, step in enumerate(entry.offer)
        if step != market.licences[place].closed
    ]
    more = len(offered) - _LISTED
    shown = [*offered[:_LISTED], f"{more} more"] if more > 0 else offered
    return ", ".join(shown) or "nothing"


def _name(market: Market, place: int) -> str:
    """The tier, with its work where there are several."""
    work, tier = market.licences[place].product
    several = len({licence.product.work for licence in market.licences}) > 1
    return f"{tier} of {work[:6]}…{work[-4:]}" if several else tier


def _runner_up(
    market: Market, entry: TimedOffer, audiences: Sequence[Audience], charges: Sequence[int]
) -> tuple[int, int, int] | None:
    """The change of one price that costs least after charges: licence, step, and minor units lost a period."""
    sums = [market.attraction(audience, entry.offer, charges) for audience in audiences]
    now = _earned(audiences, sums)
    best: tuple[Fraction, int, int] | None = None
    for place, step in market.moves(audiences[0], entry.offer):
        steps = entry.offer[place], step
        if not any(audience.weights[place][either] for audience in audiences for either in steps):
            continue
        pairs = zip(audiences, sums, strict=True)
        worth = _earned(audiences, [market.moved(aud, pair, charges[place], place, steps) for aud, pair in pairs])
        if best is None or worth > best[0]:
            best = worth, place, step
    if best is None:
        return None
    # A change that ties with the offer may come out ahead by the rounding of the worths, never by more than the gap.
    less = max(now - best[0], Fraction(0)) * entry.share / WHOLE
    return best[1], best[2], floor(less / SCALE)


def _earned(audiences: Sequence[Audience], sums: Sequence[tuple[int, int]]) -> Fraction:
    """Net revenue a period less charges, `SCALE`-ths of a minor unit, from attractions per buyer."""
    pairs = zip(audiences, sums, strict=True)
    return sum((Fraction(audience.buyers * top, MICRO * bottom) for audience, (top, bottom) in pairs), Fraction(0))
