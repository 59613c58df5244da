"""`colophon statement` and `claim`: what an account earned, and paying it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import reading_session, signing_session
from offchain.cli.options import Account, AsJson, DryRun, Keystore, OptionalCurrency, PasswordFile
from offchain.cli.output import aligned, money, show
from offchain.money import format_amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from offchain.chain import Currency
    from offchain.chain.sender import Cost
    from offchain.indexer import Statement
    from offchain.workflows.claiming import ClaimPlan

__all__ = ["claim", "statement"]


def statement(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="0x and 40 hex digits.")],
    as_json: AsJson = False,
) -> None:
    """Show what an account earned and claimed.

    By work and currency, recomputed from the ledger's events alone. What derivatives owe but nobody pulled yet is not
    in it; colophon claim pulls it first.
    """
    from offchain.chain.address import parse_address
    from offchain.indexer import account_statement

    with reading_session() as services:
        holder = parse_address(account)
        told = account_statement(services.store, services.contracts, holder)
        currencies = {known.caip19: known for known in services.contracts.ledger.currencies()}
    show(_statement_json(told), _statement_lines(told, currencies), as_json=as_json)


def claim(
    currency: OptionalCurrency = None,
    dry_run: DryRun = False,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw what your royalty shares have earned.

    Everything, in one transaction of yours. What derivatives owe your works is pulled first, from the last derivative
    up.
    """
    from offchain.workflows.claiming import plan

    with signing_session(Key(account, keystore, password_file)) as session:
        services = session.services
        planned = plan(services, session.signer.address, services.currency(currency))
        call = planned.call(services.contracts.ledger)
        document = _plan_json(planned)
        if call is not None and dry_run:
            document |= _cost_json(services.sender.dry_run(call, session.signer.address))
        elif call is not None:
            document["transaction"] = "0x" + services.sender.send(call, session.signer).tx_hash.hex()
    show(document, aligned(_claim_rows(planned, document)), as_json=as_json)


def _statement_json(told: Statement) -> dict[str, Any]:
    from offchain.chain import work_hex

    lines = [
        {
            "work": work_hex(line.work),
            "series": line.series,
            "currency": line.currency,
            "units": line.units,
            "earned": str(line.earned),
            "claimed": str(line.claimed),
            "claimable": str(line.claimable),
        }
        for line in told.lines
    ]
    return {"account": told.account, "lines": lines}


def _statement_lines(told: Statement, currencies: Mapping[str, Currency]) -> Iterator[str]:
    from offchain.chain import work_hex

    if not told.lines:
        yield f"{told.account} has earned nothing"
    for line in told.lines:
        currency = currencies[line.currency]
        yield work_hex(line.work) + (f", series {line.series}" if line.series else "")
        amounts = {"earned": line.earned, "claimed": line.claimed, "claimable": line.claimable}
        yield from (f"  {row}" for row in aligned((name, money(part, currency)) for name, part in amounts.items()))


def _plan_json(planned: ClaimPlan) -> dict[str, Any]:
    from offchain.chain import work_hex

    return {
        "account": planned.account,
        "currency": planned.currency.caip19,
        "amount": str(planned.amount),
        "works": [work_hex(work) for work in planned.works],
        "pulls": [{"child": work_hex(pull.child), "edge": pull.edge} for pull in planned.pulls],
        "transaction": None,
    }


def _cost_json(cost: Cost) -> dict[str, Any]:
    return {"gas": cost.gas, "fee": str(cost.fee)}


def _claim_rows(planned: ClaimPlan, document: dict[str, Any]) -> list[tuple[str, str]]:
    amount = money(planned.amount, planned.currency)
    if planned.amount == 0:
        return [("nothing", f"{planned.account} has nothing to claim in {planned.currency.symbol}")]
    sent = document["transaction"]
    rows = [("claimed" if sent else "would claim", f"{amount}, paid to {planned.account}")]
    rows.append(("from", "\n".join(document["works"])))
    if planned.pulls:
        rows.append(("pulled", f"{len(planned.pulls)} edges first"))
    if sent:
        return [*rows, ("transaction", sent)]
    return [*rows, ("gas", f"{document['gas']}, at most {format_amount(int(document['fee']), 18)} ETH")]
