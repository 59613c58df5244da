"""What demand is learned from: offers that buyers saw, and the works that were on offer.

Only prices that were offered inform: nothing is seen of a price that nobody was quoted, nor of a buyer who never asked.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT
from offchain.pricing.demand import LogitDemand
from offchain.pricing.problem import PricingProblem

__all__ = ["YEAR", "ListedWork", "OfferEvent", "Priors", "in_order", "require_listed", "stated_priors"]

YEAR: Final = 31_557_600
"""Seconds of a Julian year, the period of the stated demand."""

Priors: TypeAlias = Mapping[tuple[str, str], LogitDemand]
"""Demand stated for each (tier, segment), the same for every work."""


@dataclass(frozen=True, slots=True)
class OfferEvent:
    """One buyer, all prices shown to him at once, and what he bought.

    An offer is told once its outcome is known: a purchase, a refusal, or the quote's expiry, which counts as a refusal.

    Attributes:
        work: `0x` and 64 lower-case hex digits.
        segment: of the buyer.
        time: when it was made, Unix seconds.
        offered: price of each tier shown, in minor units of the one currency of the log.
        bought: the tier bought, or None.

    Raises:
        InputError: `offer-malformed`.
    """

    work: str
    segment: str
    time: int
    offered: Mapping[str, int]
    bought: str | None = None

    def __post_init__(self) -> None:
        if not self.offered:
            raise _malformed("it offers nothing")
        for tier, price in self.offered.items():
            if type(price) is not int or not 0 < price <= MAX_AMOUNT:
                raise _malformed(f"tier {tier} is offered for {price!r} minor units")
        if self.bought is not None and self.bought not in self.offered:
            raise _malformed(f"tier {self.bought} was bought and not offered")
        if type(self.time) is not int or self.time < 0:
            raise _malformed(f"it was made at {self.time!r}")


@dataclass(frozen=True, slots=True)
class ListedWork:
    """A work that buyers can ask for.

    Attributes:
        id: `0x` and 64 lower-case hex digits.
        genre: whose demand it shares while little is known of its own.
        since: from when on its offers are in the log, Unix seconds; earlier time would count as time without buyers.
        neighbours: similarity of other listed works to it, 0 to 1; of works not listed nothing is learned.
        tiers: that it can be asked for in, or None for all; nobody can have asked for another.

    Raises:
        InputError: `neighbour-malformed`.
    """

    id: str
    genre: str
    since: int
    neighbours: Mapping[str, float] = field(default_factory=dict)
    tiers: Collection[str] | None = None

    def __post_init__(self) -> None:
        for other, score in self.neighbours.items():
            if other == self.id or not (math.isfinite(score) and 0 <= score <= 1):
                raise InputError(
                    "neighbour-malformed",
                    f"{other} is said to be similar to {self.id} by {score}",
                    "give scores from 0 to 1, none of a work to itself",
                )


def stated_priors(problem: PricingProblem) -> dict[tuple[str, str], LogitDemand]:
    """The stated demand of a problem, as what is believed before any offer was answered.

    Raises:
        InputError: `prior-malformed`, a curve is no logit or differs between works.
    """
    priors: dict[tuple[str, str], LogitDemand] = {}
    for cell in problem.demand:
        name = cell.key.tier, cell.key.segment
        if not isinstance(cell.curve, LogitDemand) or priors.setdefault(name, cell.curve) != cell.curve:
            raise _no_prior(*name)
    return priors


def in_order(events: Iterable[OfferEvent], until: int) -> Iterator[OfferEvent]:
    """The events as they come, none before another's time or after the end.

    Raises:
        InputError: `offers-out-of-order`.
    """
    last = 0
    for event in events:
        if not last <= event.time <= until:
            raise InputError(
                "offers-out-of-order",
                f"an offer of {event.work} at {event.time} follows one at {last}, before the end at {until}",
                "give the log oldest first, and its end as `until`",
            )
        last = event.time
        yield event


def require_listed(works: Sequence[ListedWork], priors: Priors, until: int) -> None:
    """Refuse what an estimate cannot stand on.

    Raises:
        InputError: `work-listed-twice`, `listed-too-late`, or `prior-malformed` (none, or one without a market).
    """
    if len({work.id for work in works}) != len(works):
        raise InputError("work-listed-twice", "a work is listed twice", "list each work once")
    for work in works:
        if not 0 <= work.since <= until:
            raise InputError(
                "listed-too-late", f"{work.id} is on offer since {work.since}, the log ends at {until}", "correct one"
            )
    for name, prior in priors.items():
        if prior.market <= 0:
            raise _no_prior(*name)
    if not priors:
        raise _no_prior("any tier", "any segment")


def _malformed(what: str) -> InputError:
    return InputError("offer-malformed", f"an offer cannot be learned from: {what}", "correct or drop the event")


def _no_prior(tier: str, segment: str) -> InputError:
    return InputError(
        "prior-malformed",
        f"the demand stated for {tier} / {segment} is no prior",
        "state one logit demand with a market above 0 for each tier and segment",
    )
