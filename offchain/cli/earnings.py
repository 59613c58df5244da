"""`colophon statement` and `claim`: what an account earned, and paying it out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import reading_session, signing_session
from offchain.cli.options import Account, AsJson, DryRun, Keystore, OptionalCurrency, PasswordFile
from offchain.cli.output import aligned, money, show, write_file
from offchain.errors import InputError
from offchain.money import format_amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from offchain.workflows.accounting import PeriodStatement
    from offchain.workflows.claiming import ClaimPlan, Step
    from offchain.workflows.services import Services

__all__ = ["claim", "statement"]

_TIME: Final = "2026-11-22, 2026-11-22T14:00+01:00 or Unix seconds"


def statement(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="0x and 40 hex digits.")],
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help=f"Only from then on: {_TIME}.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only before then; as --from.")] = None,
    table: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write every entry as a table.")] = None,
    page: Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="Write it as a page to print.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what an account earned and claimed.

    By work and currency, recomputed from the ledger's events alone, over all time or a period. What derivatives owe but
    nobody pulled yet is not in it; colophon claim pulls it first.
    """
    from offchain.workflows.accounting import Period, draw_statement, entry_times

    period = Period(since=_seconds(since), until=_seconds(until))
    with reading_session() as services:
        told = draw_statement(services, account, period)
        times = entry_times(services, told.entries) if table or page else []
    if table is not None:
        from offchain.workflows.statement_table import statement_csv

        write_file(table, statement_csv(told, times))
    if page is not None:
        from offchain.workflows.statement_page import print_statement

        write_file(page, print_statement(told, times))
    show(_statement_json(told), _statement_lines(told), as_json=as_json)


def claim(
    currency: OptionalCurrency = None,
    dry_run: DryRun = False,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw what your royalty shares have earned.

    Everything, in one transaction of yours, or in several where that would be too large. What derivatives owe your
    works is pulled first, from the last derivative up.
    """
    from offchain.workflows.claiming import plan

    with signing_session(Key(account, keystore, password_file)) as session:
        services = session.services
        planned = plan(services, session.signer.address, services.currency(currency))
        steps = planned.steps(services.contracts.ledger)
        document = _plan_json(planned)
        if dry_run:
            document |= _cost_json(services, steps, session.signer.address)
        else:
            sent = [services.sender.send(step.call, session.signer) for step in steps]
            document["transactions"] = ["0x" + each.tx_hash.hex() for each in sent]
    show(document, aligned(_claim_rows(planned, document)), as_json=as_json)


def _seconds(text: str | None) -> int | None:
    """A time as Unix seconds; a day is its beginning, and what names no zone is UTC."""
    if text is None or (text.isascii() and text.isdecimal()):
        return None if text is None else int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError("time-malformed", f"{text!r} is no time", f"write {_TIME}") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _statement_json(told: PeriodStatement) -> dict[str, Any]:
    from offchain.chain import work_hex

    lines = [
        {
            "work": work_hex(line.work),
            "series": line.series,
            "currency": line.currency,
            "units": line.units,
            "opening": str(line.opening),
            "earned": str(line.earned),
            "claimed": str(line.claimed),
            "claimable": str(line.claimable),
        }
        for line in told.lines
    ]
    return {
        "account": told.account,
        "first": told.span.first,
        "last": told.span.last,
        "confirmed": told.final,
        "unconfirmed": told.unconfirmed,
        "lines": lines,
    }


def _statement_lines(told: PeriodStatement) -> Iterator[str]:
    from offchain.chain import work_hex

    if not told.lines:
        yield f"{told.account} has earned nothing"
    for line in told.lines:
        currency = told.currencies[line.currency]
        yield work_hex(line.work) + (f", series {line.series}" if line.series else "")
        amounts = {"opening": line.opening} if line.opening else {}
        amounts |= {"earned": line.earned, "claimed": line.claimed, "claimable": line.claimable}
        yield from (f"  {row}" for row in aligned((name, money(part, currency)) for name, part in amounts.items()))
    if not told.final:
        yield f"not confirmed above block {max(told.confirmed, 0)}: {told.unconfirmed} entries may still change"


def _plan_json(planned: ClaimPlan) -> dict[str, Any]:
    from offchain.chain import work_hex

    return {
        "account": planned.account,
        "currency": planned.currency.caip19,
        "amount": str(planned.amount),
        "works": [work_hex(work) for work in planned.works],
        "pulls": [{"child": work_hex(pull.child), "edge": pull.edge} for pull in planned.pulls],
        "complete": planned.complete,
        "transactions": [],
    }


def _cost_json(services: Services, steps: Sequence[Step], account: str) -> dict[str, Any]:
    """What one transaction would cost; of several, what they can cost at most, since each builds on those before it."""
    if not steps:
        return {}
    if len(steps) == 1:
        cost = services.sender.dry_run(steps[0].call, account)
        return {"gas": cost.gas, "fee": str(cost.fee)}
    gas = sum(step.gas for step in steps)
    return {"gas": gas, "fee": str(gas * services.client.fees().most), "steps": len(steps)}


def _claim_rows(planned: ClaimPlan, document: dict[str, Any]) -> list[tuple[str, str]]:
    amount = money(planned.amount, planned.currency)
    if planned.amount == 0 and planned.complete:
        return [("nothing", f"{planned.account} has nothing to claim in {planned.currency.symbol}")]
    sent = document["transactions"]
    rows = [("claimed" if sent else "would claim", f"{amount}, paid to {planned.account}")]
    rows.append(("from", "\n".join(document["works"])))
    if planned.pulls:
        rows.append(("pulled", f"{len(planned.pulls)} edges first"))
    if not planned.complete:
        rows.append(("note", "there is more: claim again afterwards"))
    if sent:
        return [*rows, ("transaction", "\n".join(sent))]
    steps = f" in {document['steps']} transactions" if "steps" in document else ""
    return [*rows, ("gas", f"{document['gas']}{steps}, at most {format_amount(int(document['fee']), 18)} ETH")]
