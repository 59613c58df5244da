"""The log of offers: what each buyer was shown, from which demand is learned."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.schema import ForeignKey

from offchain.store.rows import insert_absent
from offchain.store.schema import Account, Base, Digest, Json, Number256

__all__ = ["OfferLog", "OfferRecord"]


class OfferRecord(Base):
    """A signed quote as its buyer saw it. What became of it stands on the chain, not here.

    Attributes:
        quote: digest of the quote.
        visit: digest of the first quote of the same visit; its own where none stood open beside it.
        tier: what was quoted.
        segment: who was asked for.
        currency: index into the ledger's list.
        buyer: the only account that may accept, None for anybody; nothing else tells who asked.
        offered: tier → decimal string of minor units: this price and those that stood open beside it.
        made_at: Unix seconds.
        expiry: Unix seconds from which this price is void.
    """

    __tablename__ = "offers"

    quote: Mapped[bytes] = mapped_column(LargeBinary(32), ForeignKey("quotes.digest"), primary_key=True)
    visit: Mapped[Digest]
    work: Mapped[Number256]
    tier: Mapped[str] = mapped_column(String(40))
    segment: Mapped[str] = mapped_column(String(40))
    currency: Mapped[int]
    buyer: Mapped[Account | None] = mapped_column(index=True)
    offered: Mapped[Json]
    made_at: Mapped[int] = mapped_column(index=True)
    expiry: Mapped[int]


class OfferLog:
    """Offers in the order in which they were made."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, offer: OfferRecord) -> None:
        """Keep an offer; an open quote that was made twice within a second is one, and stays as it was."""
        insert_absent(self._session, offer)

    def open_to(self, buyer: str, work: int, segment: str, currency: int, now: int) -> Sequence[OfferRecord]:
        """What a buyer was offered for a work and could still accept, oldest first."""
        query = select(OfferRecord).where(OfferRecord.buyer == buyer, OfferRecord.expiry > now)
        same = query.where(OfferRecord.work == work, OfferRecord.segment == segment, OfferRecord.currency == currency)
        return self._session.scalars(same.order_by(OfferRecord.made_at, OfferRecord.quote)).all()

    def began(self) -> int | None:
        """When the first offer was made, in any currency, Unix seconds; None for an empty log."""
        return self._session.scalar(select(func.min(OfferRecord.made_at)))

    def made_until(self, currency: int, until: int) -> Sequence[OfferRecord]:
        """Every offer in one currency made before a moment, oldest first."""
        query = select(OfferRecord).where(OfferRecord.currency == currency, OfferRecord.made_at < until)
        return self._session.scalars(query.order_by(OfferRecord.made_at, OfferRecord.quote)).all()
