"""Signed quotes and orders: the papers of a sale before it stands on the chain."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.errors import NotFoundError
from offchain.store.rows import insert_absent
from offchain.store.schema import Account, Base, Digest, Json, Number256

__all__ = ["OrderRecord", "OrderStatus", "Orders", "QuoteRecord", "Quotes"]


class OrderStatus(StrEnum):
    """How far an order has come."""

    ACCEPTED = "accepted"
    SUBMITTED = "submitted"
    FULFILLED = "fulfilled"
    FAILED = "failed"


class QuoteRecord(Base):
    """A signed quote.

    Attributes:
        digest: EIP-712 digest.
        currency: index into the ledger's list.
        price: minor units of the currency.
        buyer: the only account that may accept; None for anybody.
        expiry: Unix seconds from which it is void.
        typed: the typed data that the seller signed, complete.
        signature: the seller's.
        explanation: how the price came about, as the pricing room tells it.
        created_at: Unix seconds.
    """

    __tablename__ = "quotes"

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    work: Mapped[Number256] = mapped_column(index=True)
    seller: Mapped[Account]
    terms: Mapped[int]
    currency: Mapped[int]
    price: Mapped[Number256]
    expiry: Mapped[int]
    typed: Mapped[Json]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int]
    buyer: Mapped[Account | None] = mapped_column(default=None)
    explanation: Mapped[Json] = mapped_column(default_factory=dict)


class OrderRecord(Base):
    """A buyer's signed order on a quote.

    Attributes:
        digest: EIP-712 digest.
        quote: digest of the quote that it accepts.
        nonce: single-use number of the buyer.
        typed: the typed data that the buyer signed, complete.
        permit: ERC-2612 permit that came with it, None when the allowance suffices.
        status: an `OrderStatus`.
        tx_hash: transaction that fulfilled it.
        licence: number of the licence that it bought.
        failure: problem code when it failed.
        created_at: Unix seconds.
    """

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("buyer", "nonce"),)

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    quote: Mapped[bytes] = mapped_column(LargeBinary(32), ForeignKey("quotes.digest"), index=True)
    buyer: Mapped[Account]
    recipient: Mapped[Account]
    nonce: Mapped[Number256]
    typed: Mapped[Json]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int]
    permit: Mapped[dict[str, object] | None] = mapped_column(JSON, default=None)
    status: Mapped[str] = mapped_column(String(20), default=OrderStatus.ACCEPTED.value)
    tx_hash: Mapped[Digest | None] = mapped_column(default=None)
    licence: Mapped[Number256 | None] = mapped_column(default=None)
    failure: Mapped[str | None] = mapped_column(String(60), default=None)


class Quotes:
    """Quotes by digest."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, quote: QuoteRecord) -> None:
        """Keep a quote; the same quote again is no error."""
        insert_absent(self._session, quote)

    def find(self, digest: bytes) -> QuoteRecord | None:
        """The quote with this digest, or None."""
        return self._session.get(QuoteRecord, digest)

    def get(self, digest: bytes) -> QuoteRecord:
        """The quote with this digest.

        Raises:
            NotFoundError: `unknown-quote`.
        """
        found = self.find(digest)
        if found is None:
            raise NotFoundError("unknown-quote", "no such quote was made here", "ask for a new quote")
        return found

    def made_for(self, buyer: str) -> int:
        """How many quotes were made for this buyer alone."""
        return self._session.scalar(select(func.count()).where(QuoteRecord.buyer == buyer)) or 0

    def of_work(self, work: int, limit: int) -> Sequence[QuoteRecord]:
        """The newest quotes for a work."""
        query = select(QuoteRecord).where(QuoteRecord.work == work).order_by(QuoteRecord.created_at.desc())
        return self._session.scalars(query.limit(limit)).all()


class Orders:
    """Orders by digest."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, order: OrderRecord) -> OrderRecord:
        """Keep an order.

        Raises:
            RefusedError: `store-conflict`, the buyer's nonce stands on another order.
        """
        self._session.add(order)
        self._session.flush()
        return order

    def find(self, digest: bytes) -> OrderRecord | None:
        """The order with this digest, or None."""
        return self._session.get(OrderRecord, digest)

    def get(self, digest: bytes) -> OrderRecord:
        """The order with this digest.

        Raises:
            NotFoundError: `unknown-order`.
        """
        found = self.find(digest)
        if found is None:
            raise NotFoundError("unknown-order", "no such order was placed here", "check the order's id")
        return found

    def of_buyer(self, buyer: str, limit: int) -> Sequence[OrderRecord]:
        """A buyer's newest orders."""
        query = select(OrderRecord).where(OrderRecord.buyer == buyer).order_by(OrderRecord.created_at.desc())
        return self._session.scalars(query.limit(limit)).all()
