"""Webhooks: where accounts want to be told what happens, what is still to be told, and how each try went.

Messages of an endpoint leave in order. Whoever delivers holds the endpoint's lease meanwhile, so that several processes
never send to one endpoint at once; a lease runs out, so that a process that died keeps nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, UniqueConstraint, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.store.schema import Account, Base

__all__ = ["WebhookAttemptRecord", "WebhookCursorRecord", "WebhookMessageRecord", "WebhookRecord", "Webhooks"]


class WebhookRecord(Base):
    """An endpoint.

    Attributes:
        account: whose it is, EIP-55.
        events: types that it is told; empty for all.
        works: ids, `0x` and hex, of works that it follows whoever holds them.
        secret: signing secret, wrapped under the master key.
        created_at: Unix seconds.
        former: the secret before it, wrapped; signs too until `former_until`.
        enabled: whether anything is sent.
        reason: why it was disabled, None where its owner did it or nobody.
        failures: tries of its first waiting message that failed.
        next_at: Unix seconds before which nothing is sent.
        leased_until: Unix seconds until which a process delivers to it.
    """

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[Account] = mapped_column(index=True)
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[list[str]] = mapped_column(JSON)
    works: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int]
    former: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    former_until: Mapped[int] = mapped_column(default=0)
    enabled: Mapped[bool] = mapped_column(default=True)
    reason: Mapped[str | None] = mapped_column(String(200), default=None)
    failures: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[int] = mapped_column(default=0)


class WebhookMessageRecord(Base):
    """Something to be told to an endpoint, in the order of `sequence`.

    Attributes:
        id: `webhook-id` of every try.
        source: what it is about; an endpoint is told each once.
        body: the bytes that are signed and sent, as text.
        created_at: Unix seconds.
        delivered_at: Unix seconds, None while it waits.
    """

    __tablename__ = "webhook_messages"
    __table_args__ = (UniqueConstraint("webhook", "source"),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    webhook: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int]
    delivered_at: Mapped[int | None] = mapped_column(default=None, index=True)


class WebhookAttemptRecord(Base):
    """A try: `status` of HTTP, or `error` where no answer came; the answer's first bytes, as text."""

    __tablename__ = "webhook_attempts"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    message: Mapped[int] = mapped_column(ForeignKey("webhook_messages.sequence", ondelete="CASCADE"), index=True)
    at: Mapped[int]
    milliseconds: Mapped[int]
    status: Mapped[int | None] = mapped_column(default=None)
    error: Mapped[str | None] = mapped_column(String(100), default=None)
    answer: Mapped[str] = mapped_column(String(256), default="")


class WebhookCursorRecord(Base):
    """How far what happened has been turned into messages: a block, or a sequence."""

    __tablename__ = "webhook_cursors"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    position: Mapped[int]


class Webhooks:
    """Endpoints, their messages, and the tries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: WebhookRecord) -> None:
        """Keep a new endpoint."""
        self._session.add(record)
        self._session.flush()

    def of(self, account: str) -> Sequence[WebhookRecord]:
        """An account's endpoints, oldest first."""
        query = select(WebhookRecord).where(WebhookRecord.account == account)
        return self._session.scalars(query.order_by(WebhookRecord.created_at, WebhookRecord.id)).all()

    def find(self, account: str, number: str) -> WebhookRecord | None:
        """An account's endpoint, locked where the transaction writes."""
        query = select(WebhookRecord).where(WebhookRecord.account == account, WebhookRecord.id == number)
        return self._session.scalar(query.with_for_update())

    def get(self, number: str) -> WebhookRecord | None:
        """An endpoint whoever has it, locked where the transaction writes."""
        return self._session.scalar(select(WebhookRecord).where(WebhookRecord.id == number).with_for_update())

    def remove(self, record: WebhookRecord) -> None:
        """Forget an endpoint with everything that was to be told to it."""
        messages = select(WebhookMessageRecord.sequence).where(WebhookMessageRecord.webhook == record.id)
        self._session.execute(delete(WebhookAttemptRecord).where(WebhookAttemptRecord.message.in_(messages)))
        self._session.execute(delete(WebhookMessageRecord).where(WebhookMessageRecord.webhook == record.id))
        self._session.execute(delete(WebhookRecord).where(WebhookRecord.id == record.id))

    def all(self) -> Sequence[WebhookRecord]:
        """Every endpoint, for the fanning out of what happened."""
        return self._session.scalars(select(WebhookRecord).order_by(WebhookRecord.id)).all()

    def any(self) -> bool:
        """Whether anybody asked to be told anything."""
        return self._session.scalar(select(WebhookRecord.id).limit(1)) is not None

    def tell(self, message: WebhookMessageRecord) -> None:
        """Put a message behind those that wait, unless the endpoint has one of the same source."""
        query = select(WebhookMessageRecord.sequence).where(
            WebhookMessageRecord.webhook == message.webhook, WebhookMessageRecord.source == message.source
        )
        if self._session.scalar(query) is None:
            self._session.add(message)
            self._session.flush()

    def due(self, now: int, limit: int) -> Sequence[str]:
        """Endpoints that nobody delivers to and that have something waiting, longest first."""
        waiting = select(WebhookMessageRecord.webhook).where(WebhookMessageRecord.delivered_at.is_(None))
        query = select(WebhookRecord.id).where(
            WebhookRecord.enabled,
            WebhookRecord.next_at <= now,
            WebhookRecord.leased_until <= now,
            WebhookRecord.id.in_(waiting),
        )
        return self._session.scalars(query.order_by(WebhookRecord.next_at, WebhookRecord.id).limit(limit)).all()

    def lease(self, number: str, now: int, until: int) -> bool:
        """Take an endpoint's lease; False when another process was faster, or it is not to be sent to any more."""
        free = (WebhookRecord.id == number, WebhookRecord.leased_until <= now, WebhookRecord.enabled)
        taken = update(WebhookRecord).where(*free).values(leased_until=until).returning(WebhookRecord.id)
        return self._session.scalar(taken) is not None

    def first_waiting(self, number: str) -> WebhookMessageRecord | None:
        """The oldest message of an endpoint that was not delivered."""
        query = select(WebhookMessageRecord).where(
            WebhookMessageRecord.webhook == number, WebhookMessageRecord.delivered_at.is_(None)
        )
        return self._session.scalar(query.order_by(WebhookMessageRecord.sequence).limit(1))

    def waiting_of(self, number: str, type_: str) -> int:
        """How many messages of a type wait at an endpoint."""
        query = select(func.count()).where(
            WebhookMessageRecord.webhook == number,
            WebhookMessageRecord.type == type_,
            WebhookMessageRecord.delivered_at.is_(None),
        )
        return self._session.scalars(query).one()

    def message(self, number: str, message: str) -> WebhookMessageRecord | None:
        """A message of an endpoint by its id."""
        query = select(WebhookMessageRecord).where(
            WebhookMessageRecord.webhook == number, WebhookMessageRecord.id == message
        )
        return self._session.scalar(query)

    def messages(self, number: str, limit: int, before: int | None = None) -> Sequence[WebhookMessageRecord]:
        """An endpoint's newest messages; `before` is the sequence of the last one that was seen."""
        query = select(WebhookMessageRecord).where(WebhookMessageRecord.webhook == number)
        if before is not None:
            query = query.where(WebhookMessageRecord.sequence < before)
        return self._session.scalars(query.order_by(WebhookMessageRecord.sequence.desc()).limit(limit)).all()

    def attempts(self, messages: Collection[int]) -> Sequence[WebhookAttemptRecord]:
        """How the tries of some messages went, oldest first."""
        query = select(WebhookAttemptRecord).where(WebhookAttemptRecord.message.in_(messages))
        return self._session.scalars(query.order_by(WebhookAttemptRecord.sequence)).all()

    def log(self, attempt: WebhookAttemptRecord) -> None:
        """Keep how a try went."""
        self._session.add(attempt)
        self._session.flush()

    def cursor(self, name: str) -> WebhookCursorRecord | None:
        """How far the fanning out has come, locked where the transaction writes."""
        query = select(WebhookCursorRecord).where(WebhookCursorRecord.name == name)
        return self._session.scalar(query.with_for_update())

    def begin(self, name: str, position: int) -> None:
        """Start to fan out from here on."""
        self._session.add(WebhookCursorRecord(name=name, position=position))
        self._session.flush()

    def waiting(self) -> int:
        """Messages that are still to be delivered, of endpoints that are enabled."""
        query = (
            select(func.count())
            .select_from(WebhookMessageRecord)
            .join(WebhookRecord, WebhookRecord.id == WebhookMessageRecord.webhook)
        )
        query = query.where(WebhookMessageRecord.delivered_at.is_(None), WebhookRecord.enabled)
        return self._session.scalar(query) or 0

    def sweep(self, before: int) -> None:
        """Forget messages that were delivered, or made for endpoints that are disabled, before a time."""
        disabled = select(WebhookRecord.id).where(~WebhookRecord.enabled)
        old = select(WebhookMessageRecord.sequence).where(
            or_(
                WebhookMessageRecord.delivered_at < before,
                (WebhookMessageRecord.created_at < before) & WebhookMessageRecord.webhook.in_(disabled),
            )
        )
        self._session.execute(delete(WebhookAttemptRecord).where(WebhookAttemptRecord.message.in_(old)))
        self._session.execute(delete(WebhookMessageRecord).where(WebhookMessageRecord.sequence.in_(old)))
