"""Works that may not be offered here any more, and everything that was said and done about that, in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import ForeignKey, String, Text, bindparam, exists, func, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from offchain.store.contents import ContentRecord
from offchain.store.schema import Account, Base, Number256

__all__ = ["TakedownActRecord", "TakedownRecord", "Takedowns"]


class TakedownRecord(Base):
    """A notice about a work.

    Attributes:
        sequence: order of arrival; cursors of listings.
        id: names it; no secret.
        kind: whose notice it is: `court`, `rights-holder` or `operator`.
        reference: of the court, or of whoever sent it, for people to look up.
        reason: told in public.
        active: whether it is in force; a lifted one stays in the list.
        settled: whether the nodes have done what follows from `active`.
        created_at: Unix seconds.
    """

    __tablename__ = "takedowns"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    work: Mapped[Number256] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    settled: Mapped[bool] = mapped_column(default=False)


class TakedownActRecord(Base):
    """What somebody said or did about a notice; rows are only ever added.

    Attributes:
        act: `issued`, `answered`, `lifted`, `withheld` (the nodes have forgotten the content) or `restored`.
        account: who; None for the service itself.
        text: what they said.
        at: Unix seconds.
    """

    __tablename__ = "takedown_acts"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    takedown: Mapped[int] = mapped_column(ForeignKey("takedowns.sequence"), index=True)
    act: Mapped[str] = mapped_column(String(20))
    account: Mapped[Account | None]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[int]


_IN_FORCE: Final = (
    select(TakedownRecord)
    .where(TakedownRecord.work == bindparam("work"), TakedownRecord.active)
    .order_by(TakedownRecord.sequence)
    .limit(1)
)
"""Asked at every quote and every delivery, and therefore written once."""


class Takedowns:
    """Notices by work, and what happened about each."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: TakedownRecord) -> None:
        """Keep a new notice."""
        self._session.add(record)
        self._session.flush()

    def log(self, record: TakedownActRecord) -> None:
        """Add to what happened."""
        self._session.add(record)
        self._session.flush()

    def find(self, number: str) -> TakedownRecord | None:
        """The notice with this id, locked where the transaction writes; None when there is none."""
        return self._session.scalar(select(TakedownRecord).where(TakedownRecord.id == number).with_for_update())

    def acts(self, takedown: int) -> Sequence[TakedownActRecord]:
        """What happened about a notice, oldest first."""
        query = select(TakedownActRecord).where(TakedownActRecord.takedown == takedown)
        return self._session.scalars(query.order_by(TakedownActRecord.sequence)).all()

    def last_act(self) -> int:
        """Sequence of the newest act; 0 before the first."""
        return self._session.scalar(select(func.max(TakedownActRecord.sequence))) or 0

    def acts_after(self, sequence: int, limit: int) -> Sequence[tuple[TakedownActRecord, TakedownRecord]]:
        """Acts that are newer than one, with their notices, oldest first."""
        query = select(TakedownActRecord, TakedownRecord).join(
            TakedownRecord, TakedownRecord.sequence == TakedownActRecord.takedown
        )
        newer = query.where(TakedownActRecord.sequence > sequence).order_by(TakedownActRecord.sequence).limit(limit)
        return [(act, record) for act, record in self._session.execute(newer)]

    def in_force(self, work: int) -> TakedownRecord | None:
        """The oldest notice that is in force about a work, or None."""
        return self._session.scalar(_IN_FORCE, {"work": work})

    def taken_down(self, works: Collection[int]) -> frozenset[int]:
        """Those of the works about which a notice is in force, by one query."""
        query = select(TakedownRecord.work).where(TakedownRecord.active, TakedownRecord.work.in_(works))
        return frozenset(self._session.scalars(query.distinct()))

    def unsettled(self) -> Sequence[TakedownRecord]:
        """Notices whose consequences the nodes have not drawn yet, oldest first."""
        query = select(TakedownRecord).where(~TakedownRecord.settled)
        return self._session.scalars(query.order_by(TakedownRecord.sequence)).all()

    def page(self, limit: int, *, before: int | None = None, work: int | None = None) -> Sequence[TakedownRecord]:
        """The newest notices, at most `limit`; `before` is the sequence of the last one that was seen."""
        query = select(TakedownRecord)
        if before is not None:
            query = query.where(TakedownRecord.sequence < before)
        if work is not None:
            query = query.where(TakedownRecord.work == work)
        return self._session.scalars(query.order_by(TakedownRecord.sequence.desc()).limit(limit)).all()

    def withholds(self, cid: str) -> bool:
        """Whether every work that has this content is taken down; content that two works share is served for one."""
        held = aliased(ContentRecord)
        in_force = exists().where(TakedownRecord.work == held.work, TakedownRecord.active)
        free = select(held.sequence).where(held.cid == cid, ~in_force).limit(1)
        known = select(held.sequence).where(held.cid == cid).limit(1)
        return self._session.scalar(known) is not None and self._session.scalar(free) is None
