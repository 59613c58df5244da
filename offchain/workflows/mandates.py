"""Mandates: what the pricing delegate may quote for a work, as its holder has signed it.

The contract keeps a mandate under the work's epoch, so one ends when the title changes hands or its holder revokes
everything; here it is read from the events in that order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from offchain.chain import Currency
from offchain.store import EventRecord
from offchain.workflows.services import Services

__all__ = ["Mandate", "fold_mandates", "mandates"]


@dataclass(frozen=True, slots=True)
class Mandate:
    """How far quotes may go for one tier: prices in minor units of `currency`, `per_day` licences a UTC day.

    `expiry` in Unix seconds; `terms` is the number of the tier's terms.
    """

    tier: str
    terms: int
    currency: Currency
    floor: int
    ceiling: int
    expiry: int
    per_day: int


def mandates(services: Services, work: int, now: int | None = None) -> tuple[Mandate, ...]:
    """What `services.pricing` may quote for a work now, by tier from the narrowest; none for an unknown work."""
    delegate = services.require_pricing().address
    with services.store.snapshot() as tx:
        found = fold_mandates(services, delegate, tx.events.of_work(work))
    moment = services.now() if now is None else now
    return tuple(mandate for mandate in found if mandate.expiry > moment and mandate.per_day > 0)


def fold_mandates(services: Services, delegate: str, events: Iterable[EventRecord]) -> tuple[Mandate, ...]:
    """The mandates of a delegate that stand after a work's events, oldest first."""
    standing: dict[tuple[int, int], Mandate] = {}
    for event in events:
        if event.name == "WorkEpochAdvanced":
            standing.clear()
        if event.name == "BoundsSet" and event.args["delegate"] == delegate:
            mandate = _read(services, event)
            if mandate is not None:
                standing[mandate.terms, mandate.currency.index] = mandate
    return tuple(standing[key] for key in sorted(standing))


def _read(services: Services, event: EventRecord) -> Mandate | None:
    """None for terms that are not standard: no demand is stated for them."""
    args = {name: int(event.args[name]) for name in ("terms", "currency", "floor", "ceiling", "expiry", "perDay")}
    tier = services.tier_of(args["terms"])
    if tier is None:
        return None
    currency = services.currency_at(args["currency"])
    return Mandate(tier, args["terms"], currency, args["floor"], args["ceiling"], args["expiry"], args["perDay"])
