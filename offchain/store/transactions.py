"""Transactions that the sender makes: the nonce that each holds, and every signed attempt at it.

An attempt is committed before it is broadcast, so whatever a node has seen stands here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from offchain.store.schema import Account, Base, Digest, Number256

__all__ = ["AttemptRecord", "TransactionRecord", "TransactionStatus", "Transactions"]


class TransactionStatus(StrEnum):
    """How far a transaction has come.

    `sent` may be on its way or still to be broadcast; `displaced` lost its nonce to a transaction of somebody else's
    making; `refused` was never taken by a node.
    """

    SENT = "sent"
    MINED = "mined"
    REVERTED = "reverted"
    DISPLACED = "displaced"
    REFUSED = "refused"


class NonceRecord(Base):
    """The next nonce of an account that nobody has reserved."""

    __tablename__ = "nonces"

    chain_id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[Account] = mapped_column(primary_key=True)
    next: Mapped[int]


class AttemptRecord(Base):
    """One signed form of a transaction; several share its nonce when fees were raised.

    Attributes:
        hash: of the signed transaction.
        raw: the signed transaction.
        max_fee: wei per unit of gas at most.
        created_at: Unix seconds.
    """

    __tablename__ = "transaction_attempts"

    hash: Mapped[Digest] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(
        ForeignKey("transactions.id", ondelete="CASCADE"), index=True, init=False
    )
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    max_fee: Mapped[Number256]
    created_at: Mapped[int]


class TransactionRecord(Base):
    """One intent to change the chain.

    Attributes:
        sender: account that signs, EIP-55.
        key: the caller's name for the intent; while it stands here the intent is not sent twice.
        data: calldata.
        value: wei sent along.
        gas: limit.
        attempts: every signed form, cheapest and therefore oldest first.
        status: a `TransactionStatus`.
        created_at: Unix seconds.
    """

    __tablename__ = "transactions"
    __table_args__ = (UniqueConstraint("chain_id", "sender", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    chain_id: Mapped[int]
    sender: Mapped[Account] = mapped_column(index=True)
    nonce: Mapped[int] = mapped_column(index=True)
    key: Mapped[str | None] = mapped_column(String(200))
    to: Mapped[Account]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    value: Mapped[Number256]
    gas: Mapped[int]
    created_at: Mapped[int]
    attempts: Mapped[list[AttemptRecord]] = relationship(
        order_by=AttemptRecord.max_fee, lazy="selectin", cascade="all, delete-orphan", default_factory=list
    )
    status: Mapped[str] = mapped_column(String(20), default=TransactionStatus.SENT.value, index=True)


class Transactions:
    """Nonces and transactions of this service's accounts."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert

    def lock_account(self, chain_id: int, account: str) -> None:
        """Make every other sender of the account wait until this unit of work ends."""
        self._session.execute(
            self._insert(NonceRecord).values(chain_id=chain_id, account=account, next=0).on_conflict_do_nothing()
        )
        self._session.get_one(NonceRecord, (chain_id, account), with_for_update=True)

    def reserve_nonce(self, chain_id: int, account: str, floor: int) -> int:
        """Take the locked account's next nonce, never below `floor` (the chain's own count)."""
        row = self._session.get_one(NonceRecord, (chain_id, account))
        nonce = max(row.next, floor)
        row.next = nonce + 1
        self._session.flush()
        return nonce

    def return_nonce(self, chain_id: int, account: str, nonce: int) -> bool:
        """Give back the newest nonce; False when a later one is already taken, which leaves a gap to fill."""
        row = self._session.get(NonceRecord, (chain_id, account), with_for_update=True)
        if row is None or row.next != nonce + 1:
            return False
        row.next = nonce
        return True

    def add(self, transaction: TransactionRecord) -> TransactionRecord:
        """Keep a transaction with its first attempt."""
        self._session.add(transaction)
        self._session.flush()
        return transaction

    def get(self, number: int) -> TransactionRecord:
        """A transaction that this process has added."""
        return self._session.get_one(TransactionRecord, number)

    def by_key(self, chain_id: int, sender: str, key: str) -> TransactionRecord | None:
        """The transaction that carries out this intent, or None."""
        return self._session.scalar(
            select(TransactionRecord).where(
                TransactionRecord.chain_id == chain_id,
                TransactionRecord.sender == sender,
                TransactionRecord.key == key,
            )
        )

    def unsettled(self, chain_id: int, sender: str) -> Sequence[TransactionRecord]:
        """Transactions whose fate is open, lowest nonce first."""
        return self._session.scalars(
            select(TransactionRecord)
            .where(
                TransactionRecord.chain_id == chain_id,
                TransactionRecord.sender == sender,
                TransactionRecord.status == TransactionStatus.SENT.value,
            )
            .order_by(TransactionRecord.nonce)
        ).all()

    def mined_from(self, chain_id: int, sender: str, nonce: int) -> Sequence[TransactionRecord]:
        """Transactions that were mined under this nonce or a higher one, lowest first."""
        return self._session.scalars(
            select(TransactionRecord)
            .where(
                TransactionRecord.chain_id == chain_id,
                TransactionRecord.sender == sender,
                TransactionRecord.nonce >= nonce,
                TransactionRecord.status.in_((TransactionStatus.MINED.value, TransactionStatus.REVERTED.value)),
            )
            .order_by(TransactionRecord.nonce)
        ).all()
