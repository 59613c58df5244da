"""Content keys of sealed works, wrapped under the service's master key, and to whom they were released."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import LargeBinary, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.store.schema import Account, Base, Digest, Number256

__all__ = ["ContentKeyRecord", "ContentKeys", "KeyReleaseRecord", "KeyReleases"]


class ContentKeyRecord(Base):
    """The content key of one work.

    Attributes:
        master: id of the master key that it is wrapped under.
        wrapped: as `offchain.storage.master_key` wraps it.
        salt: of the work's sealed rendition, 16 bytes.
        created_at: Unix seconds.
        cid: of the work's sealed rendition, None until it is pinned.
        digest: sha256 of that rendition where it was made after the registration, so that no metadata tells it.
    """

    __tablename__ = "content_keys"

    work: Mapped[Number256] = mapped_column(primary_key=True)
    master: Mapped[str] = mapped_column(String(16))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    created_at: Mapped[int]
    cid: Mapped[str | None] = mapped_column(String(100), default=None)
    digest: Mapped[Digest | None] = mapped_column(default=None)


class KeyReleaseRecord(Base):
    """One release of a work's content key; the row also makes the request's nonce used.

    Attributes:
        sequence: order of the releases; cursors of listings.
        account: who asked, EIP-55.
        licence: number of the licence, zero for the holder of the title.
        recipient: age recipient that the key was wrapped to.
        nonce: of the signed request; an account uses each once.
        block: newest block when the chain was asked whether the account may have the key.
        released_at: Unix seconds.
    """

    __tablename__ = "key_releases"
    __table_args__ = (UniqueConstraint("account", "nonce"),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    work: Mapped[Number256] = mapped_column(index=True)
    account: Mapped[Account]
    licence: Mapped[Number256]
    recipient: Mapped[str] = mapped_column(String(100))
    nonce: Mapped[Number256]
    block: Mapped[int]
    released_at: Mapped[int]


class ContentKeys:
    """Content keys by work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: ContentKeyRecord) -> None:
        """Keep a work's first key.

        Raises:
            RefusedError: `store-conflict`, it has one.
        """
        self._session.add(record)
        self._session.flush()

    def find(self, work: int) -> ContentKeyRecord | None:
        """The key of a work, or None."""
        return self._session.get(ContentKeyRecord, work)

    def all(self) -> Sequence[ContentKeyRecord]:
        """Every key, to be wrapped anew."""
        return self._session.scalars(select(ContentKeyRecord).order_by(ContentKeyRecord.work)).all()


class KeyReleases:
    """The log of releases; rows are only ever added."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: KeyReleaseRecord) -> None:
        """Log a release.

        Raises:
            RefusedError: `store-conflict`, the account used this nonce before.
        """
        self._session.add(record)
        self._session.flush()

    def is_used(self, account: str, nonce: int) -> bool:
        """Whether a request of the account under this nonce was answered."""
        query = select(KeyReleaseRecord.sequence).where(
            KeyReleaseRecord.account == account, KeyReleaseRecord.nonce == nonce
        )
        return self._session.scalar(query) is not None

    def was_released(self, account: str, work: int, licence: int, recipient: str, since: int) -> bool:
        """Whether a recipient of the account's got this work by this right since a moment, Unix seconds."""
        query = select(KeyReleaseRecord.sequence).where(
            KeyReleaseRecord.account == account,
            KeyReleaseRecord.work == work,
            KeyReleaseRecord.licence == licence,
            KeyReleaseRecord.recipient == recipient,
            KeyReleaseRecord.released_at >= since,
        )
        return self._session.scalar(query.limit(1)) is not None

    def count(self, work: int, licence: int, since: int) -> int:
        """Releases by one licence (zero: by the title) of a work since a moment, Unix seconds."""
        query = select(func.count()).where(
            KeyReleaseRecord.work == work, KeyReleaseRecord.licence == licence, KeyReleaseRecord.released_at >= since
        )
        return self._session.scalar(query) or 0

    def of_work(self, work: int, limit: int, before: int | None = None) -> Sequence[KeyReleaseRecord]:
        """The newest releases of a work's key; `before` is the sequence of the last one that was seen."""
        query = select(KeyReleaseRecord).where(KeyReleaseRecord.work == work)
        if before is not None:
            query = query.where(KeyReleaseRecord.sequence < before)
        return self._session.scalars(query.order_by(KeyReleaseRecord.sequence.desc()).limit(limit)).all()
