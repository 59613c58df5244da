"""What was looked at while watching for copies, and the cases that were opened."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.store.schema import Account, Base, Digest, Number256

__all__ = ["CaseRecord", "Cases", "SightingRecord", "Sightings"]


class SightingRecord(Base):
    """One place as it was when an account last looked there.

    Attributes:
        account: whose works were looked for, EIP-55.
        place: sha256 of the file's path, of the URL, or of the work's id: where, without telling it.
        stamp: sha256 of what would be different if looking again could tell anything new.
        outcome: word for what was found, or the code of the error that stood in the way.
        seen_at: Unix seconds.
    """

    __tablename__ = "sightings"

    account: Mapped[Account] = mapped_column(primary_key=True)
    place: Mapped[Digest] = mapped_column(primary_key=True)
    stamp: Mapped[Digest]
    outcome: Mapped[str] = mapped_column(String(60))
    seen_at: Mapped[int]


class CaseRecord(Base):
    """A copy that somebody may want to dispute, and where the evidence is.

    Attributes:
        sequence: order of opening.
        account: holder of the copied work's title when the case was opened, EIP-55.
        work: the copied work.
        found: sha256 of the copy.
        where: file name, URL or id of the work that is a copy; as it stands in the evidence.
        decision: `same` or `derived`.
        evidence: CID of the case file.
        exhibit: CID of the picture or text that shows both, None where none could be made.
        opened_at: Unix seconds.
    """

    __tablename__ = "cases"
    __table_args__ = (UniqueConstraint("account", "work", "found"),)

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    account: Mapped[Account]
    work: Mapped[Number256]
    found: Mapped[Number256]
    where: Mapped[str] = mapped_column(Text)
    decision: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[str] = mapped_column(String(100))
    exhibit: Mapped[str | None] = mapped_column(String(100))
    opened_at: Mapped[int]


class Sightings:
    """Places by account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, account: str, place: bytes) -> SightingRecord | None:
        """What the account last saw there, or None."""
        return self._session.get(SightingRecord, (account, place))

    def put(self, record: SightingRecord) -> None:
        """Keep what was seen, in place of what was seen there before."""
        self._session.merge(record)
        self._session.flush()


class Cases:
    """Cases by account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: CaseRecord) -> CaseRecord:
        """Keep a case.

        Raises:
            RefusedError: `store-conflict`, there is one about the same copy of the same work.
        """
        self._session.add(record)
        self._session.flush()
        return record

    def find(self, account: str, work: int, found: int) -> CaseRecord | None:
        """The account's case about this copy of this work, or None."""
        query = select(CaseRecord).where(CaseRecord.account == account, CaseRecord.work == work)
        return self._session.scalar(query.where(CaseRecord.found == found))

    def page(self, account: str, limit: int, before: int | None = None) -> Sequence[CaseRecord]:
        """The account's newest cases, at most `limit`; `before` is the sequence of the last one that was seen."""
        query = select(CaseRecord).where(CaseRecord.account == account)
        if before is not None:
            query = query.where(CaseRecord.sequence < before)
        return self._session.scalars(query.order_by(CaseRecord.sequence.desc()).limit(limit)).all()
