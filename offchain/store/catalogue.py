"""The catalogue as readers search it: registered works by what is wanted of them, in pages that do not shift.

A page continues after the work that ended the one before, by (score, order of arrival); neither changes when other
works come, so a walk meets every work that was there when it began exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, literal, or_, select
from sqlalchemy.orm import Session

from offchain.store.events import TitleRecord
from offchain.store.words import CREATOR, IDENTITY, fold, having, iscc_word, matching
from offchain.store.works import WorkRecord, WorkStatus

__all__ = ["Catalogue", "Place", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader looks for; all that is given must hold.

    Attributes:
        holder: who holds the title, EIP-55.
        registrant: who registered it, EIP-55.
        creator: every word of it stands in the creator's name.
        question: every word of it, or one that begins so, stands in title, creator's name or description.
        iscc: the ISCC-CODE, or one unit of it.
        media_types: its media type begins with one of these.
    """

    holder: str | None = None
    registrant: str | None = None
    creator: str | None = None
    question: str | None = None
    iscc: str | None = None
    media_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the order of arrival of its last work, and that work's score, zero without a question."""

    sequence: int
    score: int = 0


class Catalogue:
    """Registered works, found."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def page(
        self, wanted: Wanted, limit: int, after: Place | None = None
    ) -> list[tuple[Place, WorkRecord, TitleRecord]]:
        """The best matches of a question, or the newest works; of equals the newest first, at most `limit`."""
        scored = None if wanted.question is None else matching(wanted.question).subquery()
        score: ColumnElement[int] = literal(0) if scored is None else scored.c.score
        query = select(WorkRecord, TitleRecord, score.label("rank")).join(
            TitleRecord, TitleRecord.work == WorkRecord.id
        )
        if scored is not None:
            query = query.join(scored, scored.c.work == WorkRecord.id).order_by(score.desc())
        if after is not None:
            earlier = WorkRecord.sequence < after.sequence
            query = query.where(
                earlier if scored is None else or_(score < after.score, and_(score == after.score, earlier))
            )
        query = query.where(*_conditions(wanted)).order_by(WorkRecord.sequence.desc())
        found = self._session.execute(query.limit(limit))
        return [(Place(work.sequence, rank), work, title) for work, title, rank in found]


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield WorkRecord.status == WorkStatus.REGISTERED.value
    if wanted.holder is not None:
        yield TitleRecord.holder == wanted.holder
    if wanted.registrant is not None:
        yield TitleRecord.registrant == wanted.registrant
    if wanted.iscc is not None:
        yield WorkRecord.id.in_(having(IDENTITY, iscc_word(wanted.iscc)))
    if wanted.creator is not None:
        words = dict.fromkeys(fold(wanted.creator))
        yield and_(*(WorkRecord.id.in_(having(CREATOR, word)) for word in words)) if words else false()
    if wanted.media_types:
        yield or_(*(WorkRecord.media_type.startswith(each, autoescape=True) for each in wanted.media_types))
