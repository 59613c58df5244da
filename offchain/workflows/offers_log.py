"""The log of offers, written beside every quote: what its buyer was shown.

A buyer who asks again while a price stands open is on the same visit: one buyer, who saw all of these prices. Looking
at a price list is no offer, since anybody may look any number of times without a trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from offchain.chain import ZERO_ADDRESS
from offchain.store import OfferRecord, UnitOfWork

if TYPE_CHECKING:
    from offchain.workflows.quoting import SignedQuote

__all__ = ["log_offer"]


def log_offer(tx: UnitOfWork, signed: SignedQuote, now: int) -> None:
    """Enter a quote in the log, in the unit of work that keeps it.

    Args:
        tx: the unit of work; for a named buyer it holds the lock on him, so that his offers come one after the other.
        signed: what was signed.
        now: Unix seconds.
    """
    quote = signed.quote
    buyer = None if quote.buyer == ZERO_ADDRESS else quote.buyer
    beside = () if buyer is None else tx.offers.open_to(buyer, quote.work, signed.segment, quote.currency, now)
    tx.offers.add(
        OfferRecord(
            quote=signed.digest,
            visit=beside[0].visit if beside else signed.digest,
            work=quote.work,
            tier=signed.tier,
            segment=signed.segment,
            currency=quote.currency,
            buyer=buyer,
            offered={each.tier: each.offered[each.tier] for each in beside} | {signed.tier: str(quote.price)},
            made_at=now,
            expiry=quote.expiry,
        )
    )
