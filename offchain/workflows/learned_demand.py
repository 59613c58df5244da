"""Demand learned from this service's own offers: the log, what became of each, and the curves that follow.

What was shown is in the log; what was bought is read from the chain's events, so a reorganisation corrects it. The
estimate is made anew once a UTC day, from what was known when the day began: within a day the same work has the same
price for everybody. Each tier's curve is that of the tier quoted alone: with the others' prices taken as given, the
tiers of one work would undercut each other. This module imports numpy and scipy; import it where it is used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from threading import Lock
from typing import Final

from offchain.chain import work_hex
from offchain.pricing import CellDemand, PriceKey, PricingProblem, default_problem
from offchain.pricing.curve import NO_EVIDENCE, Evidence
from offchain.pricing.estimation import Estimate, LearnedCurve, ListedWork, OfferEvent, estimate, stated_priors
from offchain.store import OfferRecord, UnitOfWork
from offchain.workflows.neighbours import neighbours
from offchain.workflows.services import Services

__all__ = ["answered_offers", "learned_problem"]

_DAY: Final = 24 * 3600

_ESTIMATING: Final = Lock()
"""Held while a day's estimate is looked up or made, so that whoever asks first makes it for all who ask meanwhile."""


def learned_problem(
    services: Services, work: int, problem: PricingProblem
) -> tuple[PricingProblem, Mapping[PriceKey, Evidence]]:
    """The problem of one work under what this service's offers tell, with what that rests on.

    Args:
        services: of this process.
        work: its id.
        problem: under stated demand.

    Returns:
        The problem as it is where no offer was answered before the day began, or the work is younger than the day.
    """
    currency, until = services.currency(problem.currency).index, services.now() // _DAY * _DAY
    with _ESTIMATING:
        learned = _of_day(services, currency, until)
    if learned is None or work not in learned[1]:
        return problem, NO_EVIDENCE
    ladders = {tier.name: tier.ladder for tier in problem.tiers}
    curves = {cell.key: learned[0].curve(cell.key, ladders[cell.key.tier]) for cell in problem.demand}
    demand = tuple(CellDemand(key, curve.demand) for key, curve in curves.items())
    offers = learned[0].offers
    evidence = {key: _evidence(curve, ladders[key.tier], offers) for key, curve in curves.items()}
    return replace(problem, demand=demand), evidence


def _evidence(curve: LearnedCurve, ladder: Sequence[int], offers: int) -> Evidence:
    return Evidence(curve.low.sales(tuple(ladder)), curve.high.sales(tuple(ladder)), offers)


@lru_cache(maxsize=16)  # more than a ledger has currencies, else asking for each in turn would estimate every time
def _of_day(services: Services, currency: int, until: int) -> tuple[Estimate, frozenset[int]] | None:
    """The estimate of one day and the works that it knows; None where nothing was answered yet."""
    paid = services.currency_at(currency)
    with services.store.snapshot() as tx:
        events = answered_offers(tx, currency, until)
        if not events:
            return None
        works = _listed(services, tx, currency, (events, until))
    priors = stated_priors(default_problem(work_hex(1), 0, paid.caip19, decimals=paid.decimals))
    known = {work.id for work in works}
    seen = [event for event in events if event.work in known]
    return estimate(seen, works, priors, until), frozenset(int(work, 16) for work in known)


def _listed(
    services: Services, tx: UnitOfWork, currency: int, log: tuple[Sequence[OfferEvent], int]
) -> list[ListedWork]:
    """Every work that the pricing key was ever allowed to quote in a currency, in the tiers that it was.

    Its genre is the kind of its file. One without an answered offer has those as neighbours that resemble it. Before
    the log's first offer nothing was written down, so that time says nothing of who asked.
    """
    events, until = log
    tiers = _allowed(services, tx, currency)
    for event in events:
        tiers[int(event.work, 16)] |= event.offered.keys()
    answered = {int(event.work, 16) for event in events}
    titles = {work: tx.events.title(work) for work in tiers}
    final = {work: title.final_at for work, title in titles.items() if title is not None and title.final_at < until}
    near = neighbours(tx, final.keys() - answered, final.keys() & answered)
    began = tx.offers.began() or 0
    return [
        ListedWork(work_hex(work), _genre(tx, work), max(at, began), near.get(work, {}), tiers[work])
        for work, at in final.items()
    ]


def _allowed(services: Services, tx: UnitOfWork, currency: int) -> defaultdict[int, set[str]]:
    """Tiers in which the pricing key was ever allowed to quote each work in a currency."""
    delegate = services.require_pricing().address
    tiers: defaultdict[int, set[str]] = defaultdict(set)
    for event in tx.events.named(("BoundsSet",)):
        tier = services.tier_of(int(event.args["terms"]))
        if event.work is not None and event.currency == currency and event.args["delegate"] == delegate and tier:
            tiers[event.work].add(tier)
    return tiers


def _genre(tx: UnitOfWork, work: int) -> str:
    record = tx.works.find(work)
    return record.media_type.partition("/")[0] if record else "unknown"


def answered_offers(tx: UnitOfWork, currency: int, until: int) -> tuple[OfferEvent, ...]:
    """Offers whose outcome is known, oldest first: one for each purchase, and one for a visit that ended without.

    A licence that was given back was bought, at the price that was paid, whatever the tier costs by now. A visit is
    left out while one of its prices stands open and none was paid.

    Args:
        tx: a unit of work.
        currency: index into the ledger's list.
        until: offers made before, Unix seconds; what expires later is still open.
    """
    visits: defaultdict[bytes, list[OfferRecord]] = defaultdict(list)
    for offer in tx.offers.made_until(currency, until):
        visits[offer.visit].append(offer)
    sales = _sales(tx)
    events = (event for visit in visits.values() for event in _outcomes(visit, sales, until))
    return tuple(sorted(events, key=lambda event: event.time))


def _outcomes(visit: Sequence[OfferRecord], sales: Counter[bytes], until: int) -> Iterator[OfferEvent]:
    offered = {tier: int(price) for offer in visit for tier, price in offer.offered.items()}
    first, bought = visit[0], [offer for offer in visit for _ in range(sales[offer.quote])]
    for offer in bought:
        seen = offered | {offer.tier: int(offer.offered[offer.tier])}
        yield OfferEvent(work_hex(first.work), first.segment, first.made_at, seen, offer.tier)
    if not bought and all(offer.expiry <= until for offer in visit):
        yield OfferEvent(work_hex(first.work), first.segment, first.made_at, offered)


def _sales(tx: UnitOfWork) -> Counter[bytes]:
    """How often each quote was bought on, by digest."""
    quotes: dict[str, bytes] = {}
    found: Counter[bytes] = Counter()
    for event in tx.events.named(("OfferMade", "LicenceSold")):
        if event.name == "OfferMade":
            quotes[event.args["offer"]] = bytes.fromhex(event.args["quote"].removeprefix("0x"))
        elif event.args["offer"] in quotes:
            found[quotes[event.args["offer"]]] += 1
    return found
