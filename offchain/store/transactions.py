"""Transactions that the sender makes: the nonce that each holds, and every signed attempt at it.

An attempt is committed before it is broadcast, so whatever a node has seen stands here too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from offchain.store.rows import insert_absent
from offchain.store.schema import Account, Base, Digest, Number256

__all__ = ["AttemptRecord", "TransactionRecord", "TransactionStatus", "Transactions"]


class TransactionStatus(StrEnum):
    """How far a transaction has come.

    `sent` may be on its way or still to be broadcast; `displaced` lost its nonce to a transaction of somebody else's
    making; `refused` was never taken by a node; `expired` was not mined in time, and nothing was done under its nonce.
    """

    SENT = "sent"
    MINED = "mined"
    REVERTED = "reverted"
    DISPLACED = "displaced"
    REFUSED = "refused"
    EXPIRED = "expired"


class NonceRecord(Base):
    """The next nonce of an account that nobody has reserved."""

    __tablename__ = "nonces"

    chain_id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[Account] = mapped_column(primary_key=True)
    next: Mapped[int]


class IntentRecord(Base):
    """Which of several accounts an intent is with; its row is locked by whoever decides that."""

    __tablename__ = "intents"

    chain_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    sender: Mapped[Account]


class SpendingRecord(Base):
    """What an account spends in one UTC day: real costs of what is settled, highest costs of what is not yet."""

    __tablename__ = "spending"

    chain_id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[Account] = mapped_column(primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    wei: Mapped[Number256]


class AttemptRecord(Base):
    """One signed form of a transaction; several share its nonce when fees were raised.

    Attributes:
        hash: of the signed transaction.
        raw: the signed transaction.
        max_fee: wei per unit of gas at most.
        created_at: Unix seconds.
        void: whether it does nothing but use up the nonce.
    """

    __tablename__ = "transaction_attempts"

    hash: Mapped[Digest] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(
        ForeignKey("transactions.id", ondelete="CASCADE"), index=True, init=False
    )
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    max_fee: Mapped[Number256]
    created_at: Mapped[int]
    void: Mapped[bool] = mapped_column(default=False)


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
        expires_at: Unix seconds after which it can do no more than fail; None for never.
        day: of the reservation, in days since 1970-01-01 UTC; its cost counts towards that day.
        cost: wei that count: at most, until it is settled; then what it was.
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
    expires_at: Mapped[int | None] = mapped_column(default=None)
    day: Mapped[int] = mapped_column(default=0)
    cost: Mapped[Number256] = mapped_column(default=0)


class Transactions:
    """Nonces and transactions of this service's accounts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock_account(self, chain_id: int, account: str) -> None:
        """Make every other sender of the account wait until this unit of work ends."""
        insert_absent(self._session, NonceRecord(chain_id=chain_id, account=account, next=0))
        self._session.get_one(NonceRecord, (chain_id, account), with_for_update=True)

    def lock_intent(self, chain_id: int, key: str, sender: str) -> IntentRecord:
        """Make every other sender of the intent wait until this unit of work ends; a new one is with `sender`."""
        insert_absent(self._session, IntentRecord(chain_id=chain_id, key=key, sender=sender))
        return self._session.get_one(IntentRecord, (chain_id, key), with_for_update=True)

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

    def hold(self, number: int) -> TransactionRecord:
        """A transaction that nobody else changes until this unit of work ends."""
        return self._session.get_one(TransactionRecord, number, with_for_update=True, populate_existing=True)

    def by_key(self, chain_id: int, sender: str | Collection[str], key: str) -> TransactionRecord | None:
        """The transaction by which the account, or one of the accounts, carries out this intent; None without one."""
        senders = [sender] if isinstance(sender, str) else sender
        return self._session.scalar(
            select(TransactionRecord).where(
                TransactionRecord.chain_id == chain_id,
                TransactionRecord.sender.in_(senders),
                TransactionRecord.key == key,
            )
        )

    def intended(self, chain_id: int, key: str) -> str | None:
        """The account that an intent is with, or None."""
        row = self._session.get(IntentRecord, (chain_id, key))
        return None if row is None else row.sender

    def waiting(self, chain_id: int, senders: Collection[str]) -> dict[str, tuple[int, int]]:
        """How many transactions each account has on their way, and when the oldest was made; without idle ones."""
        rows = self._session.execute(
            select(TransactionRecord.sender, func.count(), func.min(TransactionRecord.created_at))
            .where(
                TransactionRecord.chain_id == chain_id,
                TransactionRecord.sender.in_(senders),
                TransactionRecord.status == TransactionStatus.SENT.value,
            )
            .group_by(TransactionRecord.sender)
        )
        return {sender: (count, oldest) for sender, count, oldest in rows}

    def spent(self, chain_id: int, account: str, day: int) -> int:
        """Wei that the account spends on a day at most; see `SpendingRecord`."""
        row = self._session.get(SpendingRecord, (chain_id, account, day))
        return 0 if row is None else row.wei

    def spend(self, chain_id: int, account: str, day: int, wei: int) -> int:
        """Add to the day's spending, or take off it; what it is then. Others of that day wait for this unit of work."""
        insert_absent(self._session, SpendingRecord(chain_id=chain_id, account=account, day=day, wei=0))
        row = self._session.get_one(
            SpendingRecord, (chain_id, account, day), with_for_update=True, populate_existing=True
        )
        row.wei = max(0, row.wei + wei)
        return row.wei

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
