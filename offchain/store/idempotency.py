"""Answers that were already given: the same request under the same key is carried out once."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.errors import RefusedError
from offchain.store.schema import Base, Digest

__all__ = ["PATIENCE", "IdempotencyKeys", "IdempotencyRecord"]

PATIENCE: Final = 300
"""Seconds after which a request without an answer is taken for one that was cut short."""


class IdempotencyRecord(Base):
    """A request under a key.

    Attributes:
        scope: who asked for what, e.g. account and route.
        request: sha256 of the request.
        status: HTTP status of the answer, None while the request is being carried out.
        answer: the answer's JSON.
        created_at: Unix seconds.
    """

    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request: Mapped[Digest]
    created_at: Mapped[int]
    status: Mapped[int | None] = mapped_column(default=None)
    answer: Mapped[object | None] = mapped_column(JSON, default=None)


class IdempotencyKeys:
    """Keys by scope."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, scope: str, key: str, request: bytes, now: int) -> IdempotencyRecord | None:
        """Take a key for a request.

        Returns:
            None when the key was free and is taken now, else the record of the same request made before.

        Raises:
            RefusedError: `idempotency-key-reused`, the key stands for another request.
        """
        found = self._session.get(IdempotencyRecord, (scope, key), with_for_update=True)
        if found is None:
            self._session.add(IdempotencyRecord(scope=scope, key=key, request=request, created_at=now))
            self._session.flush()
            return None
        if found.request != request:
            raise RefusedError(
                "idempotency-key-reused", "this key was used for another request", "choose a new key", key=key
            )
        if found.status is None and found.created_at < now - PATIENCE:
            found.created_at = now  # whoever began it is gone
            return None
        return found

    def answer(self, scope: str, key: str, since: int, status: int, answer: object) -> None:
        """Keep the answer to a key that was claimed at `since`; not where another request has taken it over."""
        record = self._claimed(scope, key, since)
        if record is not None:
            record.status, record.answer = status, answer

    def release(self, scope: str, key: str, since: int) -> None:
        """Free a key, claimed at `since`, whose request was not carried out; not where another has taken it over."""
        record = self._claimed(scope, key, since)
        if record is not None:
            self._session.delete(record)
            self._session.flush()

    def sweep(self, before: int) -> None:
        """Forget keys that were taken before a time."""
        self._session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at < before))

    def _claimed(self, scope: str, key: str, since: int) -> IdempotencyRecord | None:
        record = self._session.get(IdempotencyRecord, (scope, key), with_for_update=True)
        return record if record is not None and record.status is None and record.created_at == since else None
