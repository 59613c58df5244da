"""Statements, claims, and how money moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Account, Amount, Bytes, Digest, WorkId
from offchain.chain import work_hex
from offchain.indexer import Entry
from offchain.workflows.accounting import PeriodStatement
from offchain.workflows.claiming import ClaimPlan, Step
from offchain.workflows.flows import Flows

__all__ = [
    "ClaimOut",
    "ClaimsOut",
    "EntriesOut",
    "FlowsOut",
    "StatementOut",
    "claim_out",
    "entry_out",
    "flows_out",
    "statement_out",
]


class LineOut(BaseModel):
    """What one series of a work's royalty shares earned for an account in one currency, in minor units.

    `opening` could be withdrawn at the beginning, `claimable` at the end: opening + earned − claimed = claimable.
    A work has a single series, 0, unless a judgement gave its title away and began the next.
    """

    work: WorkId
    title: str | None
    series: int
    currency: str
    decimals: int
    opening: Amount
    earned: Amount
    claimed: Amount
    claimable: Amount


class TotalOut(BaseModel):
    """The sum of an account's lines in one currency; minor units."""

    currency: str
    decimals: int
    opening: Amount
    earned: Amount
    claimed: Amount
    claimable: Amount


class StatementOut(BaseModel):
    """Earnings of an account in the blocks `first` to `block`, both included, recomputed from the contracts' events.

    What derivatives owe upstream counts once it is pulled; see the account's claims for what a pull would bring.
    """

    account: Account
    first: int
    block: int
    time: int = Field(description="Unix seconds of the last block")
    confirmed: bool = Field(description="whether all of its blocks are confirmed, so that it stays what it is")
    confirmed_block: int = Field(description="last of its blocks that is confirmed")
    unconfirmed: int = Field(description="its entries above that block, which a reorganisation may still take away")
    lines: list[LineOut]
    totals: list[TotalOut]


class EntryOut(BaseModel):
    """What one event changed in what the account may withdraw; minor units, `amount` negative where money left."""

    block: int
    time: int
    transaction: Digest
    log_index: int
    kind: Literal["deposit", "release", "pull", "claim", "advance", "judgement", "shares"]
    work: WorkId
    series: int
    currency: str
    amount: str = Field(pattern="^(0|-?[1-9][0-9]*)$")
    balance: Amount
    payer: Account | None = Field(description="who paid a deposit")
    source: WorkId | None = Field(description="the other work of a pull")
    confirmed: bool = Field(description="whether its block is; until then a reorganisation may take it away")


class EntriesOut(BaseModel):
    """Entries, oldest first; they add up to the statement's lines. `next` is the cursor of the next page."""

    items: list[EntryOut]
    next: str | None


class FlowWorkOut(BaseModel):
    """A work that money moved through; `title` is null where its metadata was not read."""

    work: WorkId
    title: str | None


class FlowOut(BaseModel):
    """What was pulled from a child to its parent so far in one currency; minor units."""

    child: WorkId
    parent: WorkId
    currency: str
    symbol: str
    decimals: int
    moved: Amount


class FlowsOut(BaseModel):
    """How money moved over the derivations around a work; `truncated`: the graph is larger."""

    work: WorkId
    works: list[FlowWorkOut]
    flows: list[FlowOut]
    truncated: bool


class PullOut(BaseModel):
    """An edge to pull: what `child` owes to its `edge`-th parent; `currency` is the index in the ledger's list."""

    child: WorkId
    edge: int
    currency: int


class TransactionOut(BaseModel):
    """A transaction for the account's own wallet to sign and send."""

    to: Account
    data: Bytes
    value: Amount
    chain_id: int
    gas: int = Field(description="upper bound")


class ClaimOut(BaseModel):
    """What a claim would pay out in one currency, edges pulled first.

    `transactions` are to be sent in this order; there is more than one only where one would be too large. `complete` is
    false where even these leave something: ask again afterwards.
    """

    currency: str
    symbol: str
    decimals: int
    amount: Amount
    works: list[WorkId]
    pulls: list[PullOut]
    transactions: list[TransactionOut]
    complete: bool
    confirmed: bool = Field(description="whether all that its amount rests on stands in confirmed blocks")


class ClaimsOut(BaseModel):
    """What an account can claim, by currency; none where there is nothing."""

    account: Account
    block: int = Field(description="newest block that is counted")
    confirmed_block: int = Field(description="last block that is confirmed")
    claims: list[ClaimOut]


def claim_out(plan: ClaimPlan, steps: Sequence[Step], chain_id: int, *, confirmed: bool) -> ClaimOut:
    """A claim as it goes out; `confirmed` tells whether all that it rests on is."""
    return ClaimOut(
        currency=plan.currency.caip19,
        symbol=plan.currency.symbol,
        decimals=plan.currency.decimals,
        amount=str(plan.amount),
        works=list(map(work_hex, plan.works)),
        pulls=[PullOut(child=work_hex(pull.child), edge=pull.edge, currency=pull.currency) for pull in plan.pulls],
        transactions=[
            TransactionOut(
                to=step.call.to,
                data="0x" + step.call.data.hex(),
                value=str(step.call.value),
                chain_id=chain_id,
                gas=step.gas,
            )
            for step in steps
        ],
        complete=plan.complete,
        confirmed=confirmed,
    )


def statement_out(told: PeriodStatement) -> StatementOut:
    """A statement as it goes out."""
    lines = [
        LineOut(
            work=work_hex(line.work),
            title=told.titles.get(line.work),
            series=line.series,
            currency=line.currency,
            decimals=told.currencies[line.currency].decimals,
            opening=str(line.opening),
            earned=str(line.earned),
            claimed=str(line.claimed),
            claimable=str(line.claimable),
        )
        for line in told.lines
    ]
    return StatementOut(
        account=told.account,
        first=told.span.first,
        block=told.last,
        time=told.drawn,
        confirmed=told.final,
        confirmed_block=max(min(told.last, told.confirmed), 0),
        unconfirmed=told.unconfirmed,
        lines=lines,
        totals=_totals(lines),
    )


def entry_out(entry: Entry, time: int, confirmed: int) -> EntryOut:
    """An entry as it goes out; `time` is that of its block, `confirmed` the last block that is confirmed."""
    return EntryOut(
        block=entry.block,
        time=time,
        transaction="0x" + entry.tx_hash.hex(),
        log_index=entry.log_index,
        kind=entry.kind,
        work=work_hex(entry.work),
        series=entry.series,
        currency=entry.currency,
        amount=str(entry.amount),
        balance=str(entry.balance),
        payer=entry.payer,
        source=None if entry.source is None else work_hex(entry.source),
        confirmed=entry.block <= confirmed,
    )


def flows_out(flows: Flows) -> FlowsOut:
    """Flows as they go out."""
    return FlowsOut(
        work=work_hex(flows.work),
        works=[FlowWorkOut(work=work_hex(work), title=title) for work, title in flows.works.items()],
        flows=[
            FlowOut(
                child=work_hex(each.child),
                parent=work_hex(each.parent),
                currency=each.currency.caip19,
                symbol=each.currency.symbol,
                decimals=each.currency.decimals,
                moved=str(each.moved),
            )
            for each in flows.flows
        ],
        truncated=flows.truncated,
    )


def _totals(lines: Iterable[LineOut]) -> list[TotalOut]:
    by_currency: dict[str, list[LineOut]] = {}
    for line in lines:
        by_currency.setdefault(line.currency, []).append(line)
    return [
        TotalOut(
            currency=currency,
            decimals=each[0].decimals,
            opening=str(sum(int(line.opening) for line in each)),
            earned=str(sum(int(line.earned) for line in each)),
            claimed=str(sum(int(line.claimed) for line in each)),
            claimable=str(sum(int(line.claimable) for line in each)),
        )
        for currency, each in sorted(by_currency.items())
    ]
