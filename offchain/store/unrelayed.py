"""Registrations whose transactions their registrants send themselves, for as long as the chain may bring them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.store.schema import Base, Digest, Number256

__all__ = ["UnrelayedRecord", "UnrelayedRegistrations"]


class UnrelayedRecord(Base):
    """A job that awaits the chain.

    Attributes:
        job: its id.
        work: what it registers.
        commitment: that its registrant sends first.
        since: number of a block before which the commitment need not be looked for.
        deadline: Unix seconds until which it is looked for.
        reserved: whether the job has gone on because the commitment was seen.
    """

    __tablename__ = "unrelayed_registrations"

    job: Mapped[str] = mapped_column(String(100), primary_key=True)
    work: Mapped[Number256]
    commitment: Mapped[Digest]
    since: Mapped[int]
    deadline: Mapped[int]
    reserved: Mapped[bool] = mapped_column(default=False)


class UnrelayedRegistrations:
    """Them by job."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> Sequence[UnrelayedRecord]:
        """Every one, those that end first before the others."""
        query = select(UnrelayedRecord).order_by(UnrelayedRecord.deadline, UnrelayedRecord.job)
        return self._session.scalars(query).all()

    def put(self, record: UnrelayedRecord) -> None:
        """Keep one, in the place of an earlier one of the same job."""
        self._session.execute(delete(UnrelayedRecord).where(UnrelayedRecord.job == record.job))
        self._session.add(record)
        self._session.flush()

    def mark(self, job: str, *, reserved: bool) -> None:
        """Note that a job has gone on, or has gone back."""
        record = self._session.get(UnrelayedRecord, job)
        if record is not None:
            record.reserved = reserved

    def remove(self, job: str, deadline: int) -> None:
        """Forget the one with this deadline; one of the same job that was begun anew stays."""
        which = (UnrelayedRecord.job == job) & (UnrelayedRecord.deadline == deadline)
        self._session.execute(delete(UnrelayedRecord).where(which))
