"""Epochs of pricing: each re-solve of the catalogue, and the price of every work in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ForeignKey, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.store.schema import Base, Digest, Json, Number256, Uint256

__all__ = ["EpochPriceRecord", "PriceEpochRecord", "PriceEpochs"]


class PriceEpochRecord(Base):
    """One re-solve of all works that are sold in a currency.

    Attributes:
        number: counts epochs of all currencies.
        currency: index into the ledger's list.
        follows: number of the currency's epoch before, 0 for its first; only one follows each, since how far prices may
            move is counted from there.
        model_hash: digest of all that was priced.
        duals_hash: digest of what the rules between works are worth.
        terms: these rules, what they are worth, and by how much a price may change, as the pricing room writes it.
        revenue: expected net revenue of all prices, minor units a period.
        made_at: Unix seconds.
    """

    __tablename__ = "price_epochs"
    __table_args__ = (UniqueConstraint("currency", "follows"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    currency: Mapped[int] = mapped_column(index=True)
    follows: Mapped[int]
    model_hash: Mapped[Digest]
    duals_hash: Mapped[Digest]
    terms: Mapped[Json]
    revenue: Mapped[Number256]
    made_at: Mapped[int]


class EpochPriceRecord(Base):
    """What one work cost in an epoch, and why that is proven, as the pricing room writes it."""

    __tablename__ = "epoch_prices"

    epoch: Mapped[int] = mapped_column(ForeignKey("price_epochs.number"), primary_key=True)
    work: Mapped[int] = mapped_column(Uint256, primary_key=True)
    entry: Mapped[Json]


_NEWEST: Final = (
    select(PriceEpochRecord.number)
    .where(PriceEpochRecord.currency == bindparam("currency"))
    .order_by(PriceEpochRecord.number.desc())
    .limit(1)
)
"""Asked at every quote, and therefore written once."""


class PriceEpochs:
    """Epochs by number; the newest of a currency holds."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, epoch: PriceEpochRecord, entries: dict[int, dict[str, object]]) -> PriceEpochRecord:
        """Keep an epoch with the entries of its works; the record then has its number."""
        self._session.add(epoch)
        self._session.flush()
        prices = (EpochPriceRecord(epoch=epoch.number, work=work, entry=entry) for work, entry in entries.items())
        self._session.add_all(prices)
        self._session.flush()
        return epoch

    def newest(self, currency: int) -> PriceEpochRecord | None:
        """The latest epoch of a currency, or None."""
        query = select(PriceEpochRecord).where(PriceEpochRecord.currency == currency)
        return self._session.scalar(query.order_by(PriceEpochRecord.number.desc()).limit(1))

    def newest_number(self, currency: int) -> int | None:
        """Number of the latest epoch of a currency, or None."""
        return self._session.scalar(_NEWEST, {"currency": currency})

    def page(self, limit: int) -> Sequence[PriceEpochRecord]:
        """The newest epochs of all currencies, at most `limit`."""
        return self._session.scalars(
            select(PriceEpochRecord).order_by(PriceEpochRecord.number.desc()).limit(limit)
        ).all()

    def entry(self, epoch: int, work: int) -> dict[str, object] | None:
        """What a work cost in an epoch, or None where it was not priced then."""
        found = self._session.get(EpochPriceRecord, (epoch, work))
        return None if found is None else found.entry

    def put_entry(self, epoch: int, work: int, entry: dict[str, object]) -> None:
        """Keep what a work cost in an epoch, in place of what was kept before."""
        self._session.merge(EpochPriceRecord(epoch=epoch, work=work, entry=entry))
        self._session.flush()

    def entries(self, epoch: int) -> dict[int, dict[str, object]]:
        """What every work cost in an epoch."""
        query = select(EpochPriceRecord.work, EpochPriceRecord.entry).where(EpochPriceRecord.epoch == epoch)
        return {row.work: row.entry for row in self._session.execute(query)}
