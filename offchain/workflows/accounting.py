"""Statements for people: what an account earned in a period, with the titles, currencies and times they want."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from offchain.chain import Currency
from offchain.chain.address import parse_address
from offchain.chain.times import first_block_since, time_of
from offchain.errors import InputError
from offchain.indexer import Entry, Line, Span, account_statement
from offchain.workflows.guards import title_names
from offchain.workflows.services import Services

__all__ = ["ALWAYS", "MOST_ENTRIES", "Period", "PeriodStatement", "draw_statement", "entry_times"]

MOST_ENTRIES: Final = 10_000
"""Entries of a statement that is written out whole: each may ask the chain for the time of its block."""


@dataclass(frozen=True, slots=True)
class Period:
    """What a statement is about; None leaves an end open.

    Attributes:
        since: Unix seconds from which blocks count.
        until: Unix seconds from which blocks do not count any more.
        first: number of the first block that counts.
        last: number of the last one.
    """

    since: int | None = None
    until: int | None = None
    first: int | None = None
    last: int | None = None


ALWAYS: Final = Period()


@dataclass(frozen=True, slots=True)
class PeriodStatement:
    """A statement and what explains it to a reader.

    Attributes:
        account: EIP-55.
        period: as it was asked for.
        span: blocks that it covers.
        lines: by work, series and currency.
        entries: of these lines, oldest first.
        titles: of the works, as far as this catalogue knows.
        currencies: by CAIP-19.
        drawn: Unix seconds of its last block.
        confirmed: last block that counted as confirmed when it was drawn; above its own end where all of it is.
    """

    account: str
    period: Period
    span: Span
    lines: tuple[Line, ...]
    entries: tuple[Entry, ...]
    titles: Mapping[int, str]
    currencies: Mapping[str, Currency]
    drawn: int
    confirmed: int

    @property
    def last(self) -> int:
        """Number of its last block; what the period asks of blocks that are still to come is not in it."""
        return 0 if self.span.last is None else self.span.last

    @property
    def final(self) -> bool:
        """Whether all of its blocks are confirmed, so that it stays what it is."""
        return self.last <= self.confirmed

    @property
    def unconfirmed(self) -> int:
        """How many of its entries a reorganisation may still take away."""
        return sum(entry.block > self.confirmed for entry in self.entries)


def draw_statement(
    services: Services, account: str, period: Period = ALWAYS, *, work: int | None = None, currency: str | None = None
) -> PeriodStatement:
    """The statement of an account, after bringing the index level with the chain.

    Args:
        services: of this process.
        account: whose.
        period: which blocks count.
        work: only this work, or all.
        currency: only this currency (CAIP-19), or all.

    Raises:
        InputError: `address-malformed`, or `period-malformed` where its end is before its beginning.
        NotFoundError: `unknown-currency`.
        UnavailableError: the chain does not answer.
    """
    holder, wanted = parse_address(account), None if currency is None else services.currency(currency).caip19
    _require_ordered(period)
    services.advance()
    confirmed = services.indexer.standing().confirmed  # before what it is said of is read: blocks only get deeper
    with services.store.snapshot() as tx:
        newest = tx.events.last_block()
    head = services.contracts.deployment.block - 1 if newest is None else newest.number
    span = _span(services, period, head)
    told = account_statement(services.store, services.contracts, holder, span)

    def counts(each: Line | Entry) -> bool:
        return work in (None, each.work) and wanted in (None, each.currency)

    lines = tuple(filter(counts, told.lines))
    last = services.client.block(head if span.last is None else max(span.last, 0))
    return PeriodStatement(
        account=holder,
        period=period,
        span=replace(span, last=head if span.last is None else span.last),
        lines=lines,
        entries=tuple(filter(counts, told.entries)),
        titles=title_names(services, sorted({line.work for line in lines})),
        currencies={each.caip19: each for each in services.contracts.ledger.currencies()},
        drawn=0 if last is None else last.timestamp,
        confirmed=confirmed,
    )


def entry_times(services: Services, entries: Sequence[Entry]) -> list[int]:
    """Unix seconds of each entry's block.

    Raises:
        InputError: `statement-oversized`, more than `MOST_ENTRIES`.
        UnavailableError: the chain does not answer, or `chain-unstable`.
    """
    if len(entries) > MOST_ENTRIES:
        raise InputError(
            "statement-oversized",
            f"the statement has {len(entries)} entries, more than {MOST_ENTRIES}",
            "ask for a shorter period, or for one work or currency",
            entries=len(entries),
        )
    return [time_of(services.client, entry.block_hash) for entry in entries]


def _span(services: Services, period: Period, head: int) -> Span:
    """The blocks of a period among those that are indexed."""
    origin = services.contracts.deployment.block
    first, last = max(period.first or 0, origin), head if period.last is None else min(period.last, head)
    if period.since is not None:
        first = max(first, first_block_since(services.client, period.since, origin, head))
    if period.until is not None:
        last = min(last, first_block_since(services.client, period.until, origin, head) - 1)
    return Span(first, last)


def _require_ordered(period: Period) -> None:
    times = (period.since, period.until)
    blocks = (period.first, period.last)
    for name, (start, end) in {"times": times, "blocks": blocks}.items():
        if start is not None and end is not None and end < start:
            raise InputError(
                "period-malformed", f"the period's {name} end before they begin", "swap them", start=start, end=end
            )
