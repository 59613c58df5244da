"""What this service pinned for the works it registered: what it answers for, and what it may be asked for by CID.

Metadata of works that others registered names CIDs too, but nobody here pinned those, so they do not stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.store.schema import Base, Number256

__all__ = ["ContentRecord", "Contents"]


class ContentRecord(Base):
    """One pinned file of a work.

    Attributes:
        sequence: order of arrival; cursors of listings.
        cid: CIDv1 in base32.
        work: whose it is; works that share a file have a row each.
        role: `metadata`, `provenance`, or that of a rendition.
        media_type: as it is served: `application/octet-stream` for sealed bytes.
    """

    __tablename__ = "contents"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    cid: Mapped[str] = mapped_column(String(100), index=True)
    work: Mapped[Number256] = mapped_column(ForeignKey("works.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(100))


class Contents:
    """Pinned files by CID."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, work: int, contents: Iterable[ContentRecord]) -> None:
        """Keep what was pinned for a work, but for what is kept already."""
        kept = {each.cid for each in self.of_work(work)}
        self._session.add_all(each for each in contents if each.cid not in kept)
        self._session.flush()

    def of_work(self, work: int) -> Sequence[ContentRecord]:
        """What was pinned for a work, oldest first."""
        query = select(ContentRecord).where(ContentRecord.work == work).order_by(ContentRecord.sequence)
        return self._session.scalars(query).all()

    def find(self, cid: str) -> ContentRecord | None:
        """The file with this CID, as the work that came first has it; None when nothing of ours has it."""
        query = select(ContentRecord).where(ContentRecord.cid == cid).order_by(ContentRecord.sequence).limit(1)
        return self._session.scalar(query)

    def page(self, limit: int, after: int = 0) -> Sequence[ContentRecord]:
        """The oldest files, at most `limit`; `after` is the sequence of the last one that was seen."""
        query = select(ContentRecord).where(ContentRecord.sequence > after).order_by(ContentRecord.sequence)
        return self._session.scalars(query.limit(limit)).all()
