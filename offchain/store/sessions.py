"""Who is signed in: sign-in messages, sessions, and API keys. Of every message and secret only its sha256 is kept."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import JSON, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.store.schema import Account, Base, Digest

__all__ = ["ApiKeyRecord", "ApiKeys", "Challenges", "SessionRecord", "Sessions", "SignInNonceRecord"]


class SignInNonceRecord(Base):
    """A sign-in message that was handed out and serves once, before `expiry` (Unix seconds).

    Attributes:
        nonce: sha256 of the whole message, hex.
    """

    __tablename__ = "sign_in_nonces"

    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    expiry: Mapped[int] = mapped_column(index=True)


class SessionRecord(Base):
    """A wallet that signed in.

    Attributes:
        id: names the session; no secret.
        access: sha256 of the access token.
        access_until: Unix seconds.
        refresh: sha256 of the refresh token that counts.
        refresh_until: Unix seconds.
        created_at: Unix seconds.
    """

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[Account] = mapped_column(index=True)
    access: Mapped[Digest] = mapped_column(unique=True)
    access_until: Mapped[int]
    refresh: Mapped[Digest] = mapped_column(unique=True)
    refresh_until: Mapped[int] = mapped_column(index=True)
    created_at: Mapped[int]


class ApiKeyRecord(Base):
    """A key with which a server acts for an account.

    Attributes:
        id: names the key; no secret.
        name: given by its owner.
        digest: sha256 of the key.
        scopes: what it may do.
        expiry: Unix seconds, None for a key that lasts until it is revoked.
        used_at: when it was last used, Unix seconds, to the minute.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[Account] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[Digest] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[int]
    expiry: Mapped[int | None] = mapped_column(default=None)
    used_at: Mapped[int | None] = mapped_column(default=None)


class Challenges:
    """Sign-in messages that were handed out and not used yet, by their sha256."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, digest: bytes, expiry: int) -> None:
        """Keep one that was handed out."""
        self._session.add(SignInNonceRecord(nonce=digest.hex(), expiry=expiry))
        self._session.flush()

    def use(self, digest: bytes, now: int) -> bool:
        """Use one up; False when it was never handed out, is used, or has expired."""
        query = delete(SignInNonceRecord).where(SignInNonceRecord.nonce == digest.hex())
        expiry = self._session.scalar(query.returning(SignInNonceRecord.expiry))
        return expiry is not None and expiry > now

    def sweep(self, now: int) -> None:
        """Forget those that have expired."""
        self._session.execute(delete(SignInNonceRecord).where(SignInNonceRecord.expiry <= now))


class Sessions:
    """Sessions by their tokens."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: SessionRecord) -> None:
        """Keep a new session."""
        self._session.add(record)
        self._session.flush()

    def by_access(self, token: bytes) -> SessionRecord | None:
        """The session whose access token has this sha256, expired or not."""
        return self._session.scalar(select(SessionRecord).where(SessionRecord.access == token))

    def by_id(self, number: str) -> SessionRecord | None:
        """A session, locked: of two who show the same refresh token, the second finds it spent."""
        return self._session.scalar(select(SessionRecord).where(SessionRecord.id == number).with_for_update())

    def end(self, number: str) -> None:
        """Forget a session."""
        self._session.execute(delete(SessionRecord).where(SessionRecord.id == number))

    def sweep(self, now: int) -> None:
        """Forget those that nobody can refresh any more."""
        self._session.execute(delete(SessionRecord).where(SessionRecord.refresh_until <= now))


class ApiKeys:
    """API keys by their sha256 and by account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: ApiKeyRecord) -> None:
        """Keep a new key."""
        self._session.add(record)
        self._session.flush()

    def by_digest(self, digest: bytes) -> ApiKeyRecord | None:
        """The key with this sha256, expired or not."""
        return self._session.scalar(select(ApiKeyRecord).where(ApiKeyRecord.digest == digest))

    def of(self, account: str) -> Sequence[ApiKeyRecord]:
        """An account's keys, oldest first."""
        query = select(ApiKeyRecord).where(ApiKeyRecord.account == account)
        return self._session.scalars(query.order_by(ApiKeyRecord.created_at, ApiKeyRecord.id)).all()

    def revoke(self, account: str, number: str) -> bool:
        """Forget a key; False when the account has none of that id."""
        query = delete(ApiKeyRecord).where(ApiKeyRecord.account == account, ApiKeyRecord.id == number)
        return self._session.scalar(query.returning(ApiKeyRecord.id)) is not None

    def touch(self, number: str, now: int) -> None:
        """Note that a key was used."""
        record = self._session.get(ApiKeyRecord, number)
        if record is not None:
            record.used_at = now
