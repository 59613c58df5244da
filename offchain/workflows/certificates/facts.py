"""What the chain says of a licence: all that its certificate states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from offchain.chain import Currency, Terms
from offchain.errors import NotFoundError, UnavailableError
from offchain.store import EventRecord
from offchain.workflows.licences import LicenceView, describe_licence
from offchain.workflows.services import Services

__all__ = ["Facts", "facts_of"]

_CHANGES: Final = frozenset({"LicenceSold", "LicenceRenewed", "SubscriptionUpdate", "Transfer"})
"""Events that change who holds a licence or how long; seats and derivatives do not."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A licence, and where it stands.

    Attributes:
        chain_id: of the chain.
        contracts: EIP-55 address by name: WorkRegistry, OfferBook, Licensing, RoyaltyLedger.
        licence: as it is now.
        terms: of the licence.
        terms_currency: of the terms' guarantee and ceiling.
        licensor: who held the title when the licence was sold.
        sold: the event of its sale.
        changed: the latest event that gave it its holder and its expiry.
        since: Unix seconds of the block of `changed`.
    """

    chain_id: int
    contracts: dict[str, str]
    licence: LicenceView
    terms: Terms
    terms_currency: Currency
    licensor: str
    sold: EventRecord
    changed: EventRecord
    since: int


def facts_of(services: Services, number: int) -> Facts:
    """Read a licence from the chain, and its history from the store, which is brought level first.

    Raises:
        NotFoundError: `unknown-licence`; one that was given back, too.
        UnavailableError: the chain does not answer, or is being reorganised (`chain-unstable`).
    """
    licence = describe_licence(services, number)
    services.advance()
    with services.store.snapshot() as tx:
        events = [each for each in tx.events.of_licence(number) if _changes(each)]
        history = tx.events.of_work(licence.work)
    sold = next((each for each in events if each.name == "LicenceSold"), None)
    changed = events[-1] if events else None
    block = None if changed is None else services.client.block(changed.block)
    if sold is None or changed is None or block is None or block.hash != changed.block_hash:
        raise UnavailableError(
            "chain-unstable", "the chain's newest blocks are not settled yet", "try again in some seconds"
        )
    terms = services.contracts.offers.terms(licence.terms)
    deployment = services.contracts.deployment
    return Facts(
        chain_id=services.client.chain_id,
        contracts={
            name: deployment.address(name) for name in ("WorkRegistry", "OfferBook", "Licensing", "RoyaltyLedger")
        },
        licence=licence,
        terms=terms,
        terms_currency=services.currency_at(terms.currency),
        licensor=_licensor(history, sold),
        sold=sold,
        changed=changed,
        since=block.timestamp,
    )


def _changes(event: EventRecord) -> bool:
    return event.contract == "Licensing" and event.name in _CHANGES


def _licensor(history: Sequence[EventRecord], sold: EventRecord) -> str:
    """Who held the title at the time of sale; the first sale may be part of the registration itself."""
    moves = [each for each in history if each.contract == "WorkRegistry" and each.name == "Transfer"]
    before = [each for each in moves if (each.block, each.log_index) < (sold.block, sold.log_index)]
    holder = (before or moves)[-1 if before else 0].account if moves else None
    if holder is None:
        raise NotFoundError("unknown-work", "the licensed work has no title", "check the deployment")
    return holder
