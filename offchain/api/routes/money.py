"""Money: what an account earned, and what it can claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query

from offchain.api.deps import ServicesDep
from offchain.api.schemas.fields import Account
from offchain.api.schemas.money import ClaimOut, ClaimsOut, LineOut, StatementOut, TotalOut, claim_out
from offchain.chain import work_hex
from offchain.chain.address import parse_address
from offchain.indexer import Line, account_statement
from offchain.workflows.claiming import plan
from offchain.workflows.guards import title_names
from offchain.workflows.services import Services

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["money"])

AccountPath = Annotated[Account, Path()]


@router.get("/statements/{account}", operation_id="getStatement")
def get_statement(account: AccountPath, services: ServicesDep) -> StatementOut:
    """What an account earned and withdrew, by work and currency, folded from events alone."""
    holder = parse_address(account)
    services.advance()
    found = account_statement(services.store, services.contracts, holder)
    with services.store.snapshot() as tx:
        last = tx.events.last_block()
    lines = _lines(services, found.lines)
    return StatementOut(account=holder, block=last.number if last else 0, lines=lines, totals=_totals(lines))


@router.get("/claims/{account}", operation_id="getClaims")
def get_claims(
    account: AccountPath,
    services: ServicesDep,
    currency: Annotated[str | None, Query(description="CAIP-19; every currency when not given")] = None,
) -> ClaimsOut:
    """What an account can claim, as transactions that its own wallet sends; nobody else can."""
    holder, ledger = parse_address(account), services.contracts.ledger
    services.advance()
    wanted = ledger.currencies() if currency is None else (services.currency(currency),)
    claims: list[ClaimOut] = []
    for each in wanted:
        found = plan(services, holder, each)
        call = found.call(ledger)
        if call is not None:
            claims.append(claim_out(found, call, services.client.chain_id))
    return ClaimsOut(account=holder, claims=claims)


def _lines(services: Services, lines: Sequence[Line]) -> list[LineOut]:
    titles = title_names(services, [line.work for line in lines])
    return [
        LineOut(
            work=work_hex(line.work),
            title=titles.get(line.work),
            series=line.series,
            currency=line.currency,
            decimals=services.currency(line.currency).decimals,
            earned=str(line.earned),
            claimed=str(line.claimed),
            claimable=str(line.claimable),
        )
        for line in lines
    ]


def _totals(lines: Iterable[LineOut]) -> list[TotalOut]:
    by_currency: dict[str, list[LineOut]] = {}
    for line in lines:
        by_currency.setdefault(line.currency, []).append(line)
    return [
        TotalOut(
            currency=currency,
            decimals=each[0].decimals,
            earned=str(sum(int(line.earned) for line in each)),
            claimed=str(sum(int(line.claimed) for line in each)),
            claimable=str(sum(int(line.claimable) for line in each)),
        )
        for currency, each in sorted(by_currency.items())
    ]
