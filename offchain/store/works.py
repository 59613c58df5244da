"""Works as this service knows them, and their similarity codes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.errors import NotFoundError
from offchain.store.contents import ContentRecord
from offchain.store.schema import Account, Base, Digest, Json, Number256, Uint256
from offchain.store.words import put_words, words_of

__all__ = ["SimilarityCodeRecord", "SimilarityCodes", "WorkRecord", "WorkStatus", "Works"]


class WorkStatus(StrEnum):
    """How far a registration has come; each step can be repeated without harm."""

    PREPARED = "prepared"
    PINNED = "pinned"
    SUBMITTED = "submitted"
    REGISTERED = "registered"


class WorkRecord(Base):
    """One work of the catalogue.

    Attributes:
        sequence: order of arrival; cursors of listings.
        id: uint256(sha256(master)).
        creator: registrant, EIP-55.
        media_type: by content, e.g. `image/png`.
        size: bytes of the master.
        iscc: `ISCC:…`, empty for featureless works.
        units: ISCC units META|CONTENT|DATA|INSTANCE as text.
        metadata_digest: sha256 of the metadata JSON; `metadata_cid` is its CIDv1.
        rendition_digest: sha256 of the bytes pinned under `rendition_cid`.
        provenance_digest: sha256 of the provenance record, None when there is none.
        parents: ids of the works it derives from, `0x` hex.
        details: whatever else the registrant states.
        tx_hash: transaction that registered it.
    """

    __tablename__ = "works"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    id: Mapped[Number256] = mapped_column(unique=True)
    creator: Mapped[Account] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    iscc: Mapped[str] = mapped_column(String(200), default="")
    units: Mapped[list[str]] = mapped_column(JSON, default_factory=list)
    metadata_digest: Mapped[Digest | None] = mapped_column(default=None)
    metadata_cid: Mapped[str | None] = mapped_column(String(100), default=None)
    rendition_digest: Mapped[Digest | None] = mapped_column(default=None, index=True)
    rendition_cid: Mapped[str | None] = mapped_column(String(100), default=None)
    provenance_digest: Mapped[Digest | None] = mapped_column(default=None)
    provenance_cid: Mapped[str | None] = mapped_column(String(100), default=None)
    parents: Mapped[list[str]] = mapped_column(JSON, default_factory=list)
    details: Mapped[Json] = mapped_column(default_factory=dict)
    status: Mapped[str] = mapped_column(String(20), default=WorkStatus.PREPARED.value)
    tx_hash: Mapped[Digest | None] = mapped_column(default=None)


class SimilarityCodeRecord(Base):
    """One similarity-preserving code of a work; `kind` says which codes may be compared."""

    __tablename__ = "similarity_codes"

    work: Mapped[int] = mapped_column(Uint256, ForeignKey("works.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    code: Mapped[bytes] = mapped_column(LargeBinary)


class Works:
    """The catalogue."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, work: WorkRecord) -> WorkRecord:
        """Add a work that is not there yet.

        Raises:
            RefusedError: `store-conflict`, it is there already.
        """
        self._session.add(work)
        self._session.flush()
        self._index(work)
        return work

    def replace(self, known: WorkRecord, work: WorkRecord) -> None:
        """Put another registration of a work in the place of the one that it had."""
        work.sequence = known.sequence
        self._session.merge(work)
        self._session.flush()
        self._index(work)

    def find(self, work: int) -> WorkRecord | None:
        """The work with this id, or None."""
        return self._session.scalar(select(WorkRecord).where(WorkRecord.id == work))

    def titled(self, works: Collection[int]) -> dict[int, str]:
        """Titles of those of these works that are known here, by id."""
        query = select(WorkRecord.id, WorkRecord.title).where(WorkRecord.id.in_(works))
        return {row.id: row.title for row in self._session.execute(query)}

    def get(self, work: int) -> WorkRecord:
        """The work with this id.

        Raises:
            NotFoundError: `unknown-work`.
        """
        found = self.find(work)
        if found is None:
            raise NotFoundError(
                "unknown-work", "no work with this id is known here", "check the id", work=f"0x{work:064x}"
            )
        return found

    def by_rendition(self, digest: bytes) -> WorkRecord | None:
        """The earliest work whose rendition, pinned here, has this sha256, or None.

        Metadata of works that others registered may claim anybody's file, so it is no evidence.
        """
        pinned = select(ContentRecord.sequence).where(
            ContentRecord.work == WorkRecord.id, ContentRecord.cid == WorkRecord.rendition_cid
        )
        query = select(WorkRecord).where(WorkRecord.rendition_digest == digest, pinned.exists())
        return self._session.scalar(query.order_by(WorkRecord.sequence).limit(1))

    def page(
        self,
        limit: int,
        before: int | None = None,
        creator: str | None = None,
        status: WorkStatus | None = None,
    ) -> Sequence[WorkRecord]:
        """The newest works, at most `limit`; `before` is the sequence of the last one that was seen."""
        query = select(WorkRecord).order_by(WorkRecord.sequence.desc()).limit(limit)
        if before is not None:
            query = query.where(WorkRecord.sequence < before)
        if creator is not None:
            query = query.where(WorkRecord.creator == creator)
        if status is not None:
            query = query.where(WorkRecord.status == status.value)
        return self._session.scalars(query).all()

    def numbers(self, after: int = 0) -> list[tuple[int, int]]:
        """(sequence, id) of the works that came after the `after`-th, in this order."""
        query = select(WorkRecord.sequence, WorkRecord.id).where(WorkRecord.sequence > after)
        return [(row.sequence, row.id) for row in self._session.execute(query.order_by(WorkRecord.sequence))]

    def _index(self, work: WorkRecord) -> None:
        put_words(self._session, work.id, words_of(work.title, work.details, [work.iscc, *work.units]))


class SimilarityCodes:
    """Codes and features by kind, from which the similarity index is filled."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, work: int, kind: str, code: bytes) -> None:
        """Keep a work's code, replacing the one of the same kind."""
        self._session.merge(SimilarityCodeRecord(work=work, kind=kind, code=code))
        self._session.flush()

    def find(self, work: int, kind: str) -> bytes | None:
        """A work's code of this kind, or None."""
        record = self._session.get(SimilarityCodeRecord, (work, kind))
        return None if record is None else record.code

    def at(self, number: int, kind: str) -> tuple[int, bytes] | None:
        """The work that came as the `number`-th, and its code of this kind; None if it has none."""
        query = select(SimilarityCodeRecord.work, SimilarityCodeRecord.code).join(WorkRecord)
        found = self._session.execute(query.where(WorkRecord.sequence == number, SimilarityCodeRecord.kind == kind))
        row = found.one_or_none()
        return None if row is None else (row.work, row.code)
