"""What a registrant asks for, beside the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from offchain.identity.marks.statement import SourceType

__all__ = ["RegistrationRequest", "TierListing", "TierMandate"]


@dataclass(frozen=True, slots=True)
class TierMandate:
    """A tier that the pricing delegate may sell for the registrant, for a year.

    Attributes:
        tier: name of the tier.
        floor: least price in minor units; None for the least of the tier's ladder.
        ceiling: greatest price in minor units; None for the greatest of the tier's ladder.
        per_day: most licences that may be sold in one UTC day.
    """

    tier: str
    floor: int | None = None
    ceiling: int | None = None
    per_day: int = 1000


@dataclass(frozen=True, slots=True)
class TierListing:
    """A fixed price, in minor units, at which anybody may buy on chain; `supply` licences, zero: no limit."""

    tier: str
    price: int
    supply: int = 0


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """A registration to be made.

    Attributes:
        registrant: account that receives the title and all royalty shares.
        title: of the work.
        description: free text.
        creator: name of the creator; the registrant's statement, nobody checks it.
        tiers: what the pricing delegate may sell, and how far.
        listings: fixed prices.
        permits: numbers of the licences that allow this derivative, one for each parent.
        provenance: record of how the work came to be, or None.
        acknowledge_similar: register although the file resembles somebody's work.
        currency: CAIP-19 id of all prices here; None for the ledger's first token.
        delegate: account that may quote for the tiers; None for this process's own pricing key.
        source_type: how the work was made, as its registrant states; generated works say it themselves.
    """

    registrant: str
    title: str
    description: str = ""
    creator: str = ""
    tiers: tuple[TierMandate, ...] = ()
    listings: tuple[TierListing, ...] = ()
    permits: tuple[int, ...] = ()
    provenance: dict[str, Any] | None = None
    acknowledge_similar: bool = False
    currency: str | None = None
    delegate: str | None = None
    source_type: SourceType = "digitalCreation"
