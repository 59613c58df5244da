"""Jobs that wait for a trouble to pass, and when they are tried again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.store.schema import Base

__all__ = ["PostponedJobs", "PostponedRecord"]


class PostponedRecord(Base):
    """A workflow that a trouble ended which is expected to pass.

    Attributes:
        workflow: its id.
        step: at which it ended.
        tries: how often that step was given up so far.
        since: Unix seconds of the first time.
        due: Unix seconds at which it is tried again.
        cancelled: whether its owner does not want that any more.
    """

    __tablename__ = "postponed_jobs"

    workflow: Mapped[str] = mapped_column(String(120), primary_key=True)
    step: Mapped[str] = mapped_column(String(100))
    tries: Mapped[int]
    since: Mapped[int]
    due: Mapped[int]
    cancelled: Mapped[bool] = mapped_column(default=False)


class PostponedJobs:
    """Them by workflow."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, workflow: str) -> PostponedRecord | None:
        """The one of a workflow, or None."""
        return self._session.get(PostponedRecord, workflow)

    def put(self, record: PostponedRecord) -> None:
        """Keep one, in the place of an earlier one of the same workflow."""
        self.remove(record.workflow)
        self._session.add(record)
        self._session.flush()

    def due(self, now: int, latest: int) -> Sequence[str]:
        """Workflows that are wanted still and whose time has come, the longest due first.

        Args:
            now: Unix seconds.
            latest: for which one may wait now; what is due later was written by a clock that was wrong.
        """
        come = (PostponedRecord.due <= now) | (PostponedRecord.due > latest)
        query = select(PostponedRecord.workflow).where(come & ~PostponedRecord.cancelled)
        return self._session.scalars(query.order_by(PostponedRecord.due, PostponedRecord.workflow)).all()

    def waiting(self) -> Sequence[str]:
        """Workflows that are wanted still, by id."""
        query = select(PostponedRecord.workflow).where(~PostponedRecord.cancelled)
        return self._session.scalars(query.order_by(PostponedRecord.workflow)).all()

    def hasten(self, now: int) -> None:
        """Let all that are wanted still be due."""
        later = (PostponedRecord.due > now) & ~PostponedRecord.cancelled
        self._session.execute(update(PostponedRecord).where(later).values(due=now))

    def cancel(self, workflow: str) -> None:
        """Note that one is not wanted any more."""
        self._session.execute(
            update(PostponedRecord).where(PostponedRecord.workflow == workflow).values(cancelled=True)
        )

    def remove(self, workflow: str) -> None:
        """Forget the one of a workflow."""
        self._session.execute(delete(PostponedRecord).where(PostponedRecord.workflow == workflow))
