"""Licences as readers see them; whether one is live is asked of the chain, never of a copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.chain import Currency
from offchain.workflows.services import Services

__all__ = ["NEVER", "LicenceView", "describe_licence", "licence_confirmed"]

NEVER: Final = 2**40 - 1
"""Expiry of a licence that lasts for ever (Licensing)."""


@dataclass(frozen=True, slots=True)
class LicenceView:
    """A licence as the chain has it now.

    Attributes:
        number: of the licence.
        live: whether it proves anything.
        holder: who may use the work.
        work: what may be used.
        tier: name of the terms, None where they are not standard.
        terms: number of the terms.
        offer: number of the offer that was bought.
        price: minor units of `currency` that were paid.
        currency: of the price.
        expiry: Unix seconds, None for ever.
        derivatives_used: derivatives registered under it.
        derivatives_allowed: derivatives that its terms permit.
    """

    number: int
    live: bool
    holder: str
    work: int
    tier: str | None
    terms: int
    offer: int
    price: int
    currency: Currency
    expiry: int | None
    derivatives_used: int
    derivatives_allowed: int


def describe_licence(services: Services, number: int) -> LicenceView:
    """A licence.

    Raises:
        NotFoundError: `unknown-licence`.
    """
    licensing, offers = services.contracts.licensing, services.contracts.offers
    licence = licensing.licence(number)
    offer = offers.offer(licence.offer)
    return LicenceView(
        number=number,
        live=licensing.is_live(number),
        holder=licence.holder,
        work=licence.work,
        tier=services.tier_of(licence.terms),
        terms=licence.terms,
        offer=licence.offer,
        price=offer.price,
        currency=services.currency_at(offer.currency),
        expiry=None if licence.expiry >= NEVER else licence.expiry,
        derivatives_used=licence.derivatives,
        derivatives_allowed=offers.terms(licence.terms).max_derivatives,
    )


def licence_confirmed(services: Services, number: int) -> bool:
    """Whether all that happened to a licence stands in confirmed blocks; to be asked after it was described.

    Raises:
        UnavailableError: the chain does not answer.
    """
    services.advance()
    confirmed = services.indexer.standing().confirmed
    with services.store.snapshot() as tx:
        events = tx.events.of_licence(number)
    return bool(events) and events[-1].block <= confirmed
