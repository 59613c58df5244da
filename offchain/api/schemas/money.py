"""Statements and claims."""

from __future__ import annotations

from pydantic import BaseModel

from offchain.api.schemas.fields import Account, Amount, Bytes, WorkId
from offchain.chain import Call, work_hex
from offchain.workflows.claiming import ClaimPlan

__all__ = ["ClaimOut", "ClaimsOut", "LineOut", "StatementOut", "TotalOut", "claim_out"]


class LineOut(BaseModel):
    """What one series of a work's royalty shares earned for an account in one currency; minor units.

    A work has a single series, 0, unless a judgement gave its title away and began the next.
    """

    work: WorkId
    title: str | None
    series: int
    currency: str
    decimals: int
    earned: Amount
    claimed: Amount
    claimable: Amount


class TotalOut(BaseModel):
    """The sum of an account's lines in one currency; minor units."""

    currency: str
    decimals: int
    earned: Amount
    claimed: Amount
    claimable: Amount


class StatementOut(BaseModel):
    """Earnings of an account, recomputed from the contracts' events up to a block.

    What derivatives owe upstream counts once it is pulled; see the account's claims for what a pull would bring.
    """

    account: Account
    block: int
    lines: list[LineOut]
    totals: list[TotalOut]


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


class ClaimOut(BaseModel):
    """What one transaction would pay out in one currency, edges pulled first."""

    currency: str
    symbol: str
    decimals: int
    amount: Amount
    works: list[WorkId]
    pulls: list[PullOut]
    transaction: TransactionOut


class ClaimsOut(BaseModel):
    """What an account can claim, one transaction for each currency; none where there is nothing."""

    account: Account
    claims: list[ClaimOut]


def claim_out(plan: ClaimPlan, call: Call, chain_id: int) -> ClaimOut:
    """A claim as it goes out."""
    return ClaimOut(
        currency=plan.currency.caip19,
        symbol=plan.currency.symbol,
        decimals=plan.currency.decimals,
        amount=str(plan.amount),
        works=list(map(work_hex, plan.works)),
        pulls=[PullOut(child=work_hex(pull.child), edge=pull.edge, currency=pull.currency) for pull in plan.pulls],
        transaction=TransactionOut(to=call.to, data="0x" + call.data.hex(), value=str(call.value), chain_id=chain_id),
    )
