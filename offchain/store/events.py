"""What the indexer read from the chain: blocks, events, and the two views that are folded from events.

Everything here can be rebuilt from the chain alone, and everything carries the block it came from, so that a
reorganisation removes exactly what it must.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Index,
    LargeBinary,
    Select,
    String,
    and_,
    delete,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from offchain.store.rows import insert_all
from offchain.store.schema import Account, Base, Digest, Json, Number256

__all__ = ["BlockRecord", "EventRecord", "Events", "LicenceRecord", "TitleRecord"]

_EARNING = ("WorkRegistered", "Retitled", "SharesActivated", "Diverted", "AdvancePaid")
"""Events whose account may earn from their work from then on."""


_LINKS = ("EdgeLinked", "EdgesCleared")


class BlockRecord(Base):
    """A block whose hash is remembered: each that holds events, and the last of each window."""

    __tablename__ = "blocks"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[Digest] = mapped_column(unique=True)


class EventRecord(Base):
    """One event of our contracts.

    Attributes:
        contract: name of the contract.
        work: the work it is about; of `Pulled` the parent, which is credited; of what happens to shares the id of their
            series, which is the work for the first.
        related: the other work: child of `Pulled`, parent of `EdgeLinked`; of `Retitled` the id of the series that it
            began.
        licence: number of the licence it is about.
        account: who it is about: registrant, holder, payer, receiver.
        counterparty: the other account: payer of a sale, sender of a transfer.
        currency: index into the ledger's list.
        amount: minor units of the currency, or units of a share transfer.
        args: all named values; numbers as decimal strings, bytes as hex.
    """

    __tablename__ = "events"
    __table_args__ = (Index(None, "block", "log_index"),)

    block_hash: Mapped[Digest] = mapped_column(primary_key=True)
    tx_hash: Mapped[Digest] = mapped_column(primary_key=True)
    log_index: Mapped[int] = mapped_column(primary_key=True)
    block: Mapped[int]
    contract: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40), index=True)
    args: Mapped[Json]
    work: Mapped[Number256 | None] = mapped_column(default=None, index=True)
    related: Mapped[Number256 | None] = mapped_column(default=None, index=True)
    licence: Mapped[Number256 | None] = mapped_column(default=None, index=True)
    account: Mapped[Account | None] = mapped_column(default=None, index=True)
    counterparty: Mapped[Account | None] = mapped_column(default=None)
    currency: Mapped[int | None] = mapped_column(default=None)
    amount: Mapped[Number256 | None] = mapped_column(default=None)


class TitleRecord(Base):
    """A work as the chain has it; `final_at` in Unix seconds, `upstream` in parts per million.

    `series` numbers the current series of shares, `disputed` is whether a dispute is open.
    """

    __tablename__ = "titles"

    work: Mapped[Number256] = mapped_column(primary_key=True)
    registrant: Mapped[Account] = mapped_column(index=True)
    holder: Mapped[Account] = mapped_column(index=True)
    metadata_digest: Mapped[Digest]
    provenance_digest: Mapped[Digest]
    iscc: Mapped[bytes] = mapped_column(LargeBinary)
    upstream: Mapped[int]
    final_at: Mapped[int]
    epoch: Mapped[int]
    block: Mapped[int]
    tx_hash: Mapped[Digest]
    series: Mapped[int] = mapped_column(default=0)
    disputed: Mapped[bool] = mapped_column(default=False)


class LicenceRecord(Base):
    """A licence that was sold and not given back; `price` in minor units of `currency`, `expiry` in Unix seconds."""

    __tablename__ = "licences"

    number: Mapped[Number256] = mapped_column(primary_key=True)
    work: Mapped[Number256] = mapped_column(index=True)
    holder: Mapped[Account] = mapped_column(index=True)
    payer: Mapped[Account]
    offer: Mapped[int]
    terms: Mapped[int]
    currency: Mapped[int]
    price: Mapped[Number256]
    expiry: Mapped[int]
    block: Mapped[int]
    tx_hash: Mapped[Digest]


class Events:
    """The indexer's memory; other rooms read it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def last_block(self) -> BlockRecord | None:
        """The newest block that was indexed; None before the first."""
        return self._session.scalar(select(BlockRecord).order_by(BlockRecord.number.desc()).limit(1))

    def blocks_below(self, number: int, limit: int) -> Sequence[BlockRecord]:
        """Remembered blocks below a number, newest first."""
        query = select(BlockRecord).where(BlockRecord.number < number).order_by(BlockRecord.number.desc())
        return self._session.scalars(query.limit(limit)).all()

    def add(self, blocks: Iterable[BlockRecord], events: Iterable[EventRecord]) -> None:
        """Keep new blocks and events.

        Raises:
            RefusedError: `store-conflict`, one of them is there already.
        """
        insert_all(self._session, BlockRecord, blocks)
        insert_all(self._session, EventRecord, events)

    def change_alone(self) -> None:
        """Let nobody else change blocks until this transaction ends; readers do not wait.

        SQLite has one writer at a time anyway. PostgreSQL would let a window be kept that stands on blocks which
        another process removes at the same moment.
        """
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(text("LOCK TABLE blocks IN SHARE ROW EXCLUSIVE MODE"))

    def remove_above(self, block: int) -> int:
        """Forget every block and event above a block; how many events went."""
        gone = self._session.execute(delete(EventRecord).where(EventRecord.block > block))
        self._session.execute(delete(BlockRecord).where(BlockRecord.number > block))
        return cast("CursorResult[Any]", gone).rowcount

    def touched_above(self, block: int) -> tuple[set[int], set[int]]:
        """Works whose titles, and licences, events above a block are about."""
        works = select(EventRecord.work).where(EventRecord.block > block, EventRecord.contract == "WorkRegistry")
        licences = select(EventRecord.licence).where(EventRecord.block > block)
        return self._numbers(works), self._numbers(licences)

    def folded(self) -> tuple[set[int], set[int]]:
        """Works and licences that a view or an event names: all that can be folded."""
        works, licences = self.touched_above(-1)
        return works | self._numbers(select(TitleRecord.work)), licences | self._numbers(select(LicenceRecord.number))

    def between(self, first: int, last: int) -> Sequence[EventRecord]:
        """Events of the blocks from `first` to `last`, oldest first."""
        return self._in_order(EventRecord.block.between(first, last))

    def blocks_between(self, first: int, last: int) -> dict[int, bytes]:
        """Hash by number of the remembered blocks from `first` to `last`."""
        query = select(BlockRecord.number, BlockRecord.hash).where(BlockRecord.number.between(first, last))
        return {row.number: row.hash for row in self._session.execute(query)}

    def of_titles(self, works: Collection[int]) -> Sequence[EventRecord]:
        """Events of the registry about these works, oldest first."""
        return self._in_order(EventRecord.work.in_(works) & (EventRecord.contract == "WorkRegistry"))

    def updated(self, works: Collection[int]) -> set[int]:
        """Those of these works whose metadata were updated."""
        about = EventRecord.work.in_(works) & (EventRecord.name == "MetadataUpdate")
        return self._numbers(select(EventRecord.work).where(about))

    def of_licences(self, numbers: Collection[int]) -> Sequence[EventRecord]:
        """Events about these licences, oldest first, and the sales that made them, which stand beside transfers."""
        about = EventRecord.licence.in_(numbers)
        made = select(EventRecord.block_hash, EventRecord.tx_hash).where(
            about, EventRecord.contract == "Licensing", EventRecord.name == "Transfer"
        )
        beside = made.distinct().subquery()
        sales = select(EventRecord).join(
            beside, and_(EventRecord.block_hash == beside.c.block_hash, EventRecord.tx_hash == beside.c.tx_hash)
        )
        sold = self._session.scalars(sales.where(EventRecord.name == "LicenceSold")).all()
        others = self._session.scalars(select(EventRecord).where(about, EventRecord.name != "LicenceSold")).all()
        return sorted([*sold, *others], key=lambda event: (event.block, event.log_index))

    def licences(self, numbers: Collection[int]) -> Sequence[LicenceRecord]:
        """Licences of these numbers, those that there are."""
        return self._session.scalars(select(LicenceRecord).where(LicenceRecord.number.in_(numbers))).all()

    def named(self, names: Collection[str]) -> Sequence[EventRecord]:
        """Events of these names, oldest first."""
        return self._in_order(EventRecord.name.in_(names))

    def committed(self, commitments: Collection[bytes], since: int = 0) -> dict[bytes, EventRecord]:
        """The newest event of each of these commitments, where one stands in block `since` or above."""
        told = EventRecord.args["commitment"].as_string()
        wanted = {"0x" + each.hex(): each for each in commitments}
        of_those = (EventRecord.name == "Committed") & (EventRecord.block >= since) & told.in_(wanted)
        return {wanted[event.args["commitment"]]: event for event in self._in_order(of_those)}

    def of_work(self, work: int) -> Sequence[EventRecord]:
        """Events about a work, as child, parent or itself, oldest first."""
        return self._in_order(or_(EventRecord.work == work, EventRecord.related == work))

    def about_works(self, works: Collection[int]) -> Sequence[EventRecord]:
        """Events about any of these works, as child, parent or itself, oldest first."""
        return self._in_order(or_(EventRecord.work.in_(works), EventRecord.related.in_(works)))

    def links_of(self, children: Collection[int]) -> Sequence[EventRecord]:
        """What linked these works to their parents, or undid it, oldest first."""
        return self._in_order(EventRecord.name.in_(_LINKS) & EventRecord.work.in_(children))

    def children_of(self, parents: Collection[int], limit: int | None = None) -> list[int]:
        """Works that were linked to one of these, all or at most `limit`, by id; some may have given way."""
        query = select(EventRecord.work).where(EventRecord.name == "EdgeLinked", EventRecord.related.in_(parents))
        found = self._session.scalars(query.distinct().order_by(EventRecord.work).limit(limit))
        return [work for work in found if work is not None]

    def titles(self, works: Collection[int]) -> Sequence[TitleRecord]:
        """Works as the chain has them, those that it has."""
        return self._session.scalars(select(TitleRecord).where(TitleRecord.work.in_(works))).all()

    def of_licence(self, number: int) -> Sequence[EventRecord]:
        """Events about a licence, oldest first; the sale that it was one of names the first number only."""
        sold = (
            select(EventRecord.licence)
            .where(EventRecord.name == "LicenceSold", EventRecord.licence <= number)
            .order_by(EventRecord.licence.desc())  # PostgreSQL has no max() of bytes
            .limit(1)
        )
        sale = (EventRecord.name == "LicenceSold") & (EventRecord.licence == sold.scalar_subquery())
        return self._in_order((EventRecord.licence == number) & (EventRecord.name != "LicenceSold") | sale)

    def of_works(self, works: Collection[int]) -> Sequence[EventRecord]:
        """Events whose `work` is one of these, and what was pulled out of them, oldest first."""
        pulled = (EventRecord.name == "Pulled") & EventRecord.related.in_(works)
        return self._in_order(EventRecord.work.in_(works) | pulled)

    def pulls_out_of(self, children: Collection[int]) -> Sequence[EventRecord]:
        """What was pulled out of these works over their edges, oldest first."""
        return self._in_order((EventRecord.name == "Pulled") & EventRecord.related.in_(children))

    def paid(self, works: Collection[int], currency: int) -> set[int]:
        """Those of these works whose account at the ledger had any event in one currency."""
        ledgers = (EventRecord.contract == "RoyaltyLedger") & (EventRecord.currency == currency)
        return self._numbers(select(EventRecord.work).where(ledgers, EventRecord.work.in_(works)))

    def shares_of(self, account: str) -> dict[int, int]:
        """Ids of all series of shares of the works that the account may have earned from, and the work of each."""
        began = select(EventRecord.related, EventRecord.work).where(EventRecord.name == "Retitled")
        later = {share: work for share, work in self._session.execute(began) if share is not None and work is not None}
        query = select(EventRecord.work).where(
            EventRecord.account == account,
            or_(
                EventRecord.name.in_(_EARNING),
                (EventRecord.name == "Transfer") & (EventRecord.contract == "RoyaltyLedger"),
            ),
        )
        works = {later.get(share, share) for share in self._session.scalars(query) if share is not None}
        return {work: work for work in works} | {share: work for share, work in later.items() if work in works}

    def title(self, work: int) -> TitleRecord | None:
        """A work as the chain has it, or None."""
        return self._session.get(TitleRecord, work)

    def works_held_by(self, holder: str) -> Sequence[int]:
        """Works whose title an account holds, in the order of their ids."""
        return self._session.scalars(
            select(TitleRecord.work).where(TitleRecord.holder == holder).order_by(TitleRecord.work)
        ).all()

    def works_not_held_by(self, holder: str) -> list[tuple[int, bytes]]:
        """Works whose title another account holds, in the order of their ids, and the digest of their metadata."""
        query = select(TitleRecord.work, TitleRecord.metadata_digest).where(TitleRecord.holder != holder)
        return [(row.work, row.metadata_digest) for row in self._session.execute(query.order_by(TitleRecord.work))]

    def works_between(self, lowest: int, highest: int) -> Sequence[int]:
        """Registered works whose ids lie between two numbers, both inclusive, the earliest registered first."""
        registration = and_(
            EventRecord.tx_hash == TitleRecord.tx_hash,
            EventRecord.work == TitleRecord.work,
            EventRecord.name == "WorkRegistered",
        )
        query = select(TitleRecord.work).outerjoin(EventRecord, registration)
        return self._session.scalars(
            query.where(TitleRecord.work.between(lowest, highest)).order_by(
                TitleRecord.block, EventRecord.log_index, TitleRecord.work
            )
        ).all()

    def licence(self, number: int) -> LicenceRecord | None:
        """A licence, or None."""
        return self._session.get(LicenceRecord, number)

    def licences_of(self, holder: str) -> Sequence[LicenceRecord]:
        """Licences that an account holds, lowest number first."""
        query = select(LicenceRecord).where(LicenceRecord.holder == holder).order_by(LicenceRecord.number)
        return self._session.scalars(query).all()

    def licences_for(self, work: int) -> Sequence[LicenceRecord]:
        """Licences that a work has sold, lowest number first."""
        query = select(LicenceRecord).where(LicenceRecord.work == work).order_by(LicenceRecord.number)
        return self._session.scalars(query).all()

    def put_titles(self, works: Collection[int], titles: Iterable[TitleRecord]) -> None:
        """Keep the folded state of these works' titles; works without one are removed."""
        self._session.execute(delete(TitleRecord).where(TitleRecord.work.in_(works)))
        insert_all(self._session, TitleRecord, titles)

    def put_licences(self, numbers: Collection[int], licences: Iterable[LicenceRecord]) -> None:
        """Keep the folded state of these licences; numbers without one are removed."""
        self._session.execute(delete(LicenceRecord).where(LicenceRecord.number.in_(numbers)))
        insert_all(self._session, LicenceRecord, licences)

    def _numbers(self, query: Select[int | None]) -> set[int]:
        return {number for number in self._session.scalars(query.distinct()) if number is not None}

    def _in_order(self, condition: ColumnElement[bool]) -> Sequence[EventRecord]:
        query = select(EventRecord).where(condition).order_by(EventRecord.block, EventRecord.log_index)
        return self._session.scalars(query).all()
