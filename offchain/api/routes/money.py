"""Money: what an account earned, what it can claim, and how money moved from work to work."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response

from offchain.api.deps import ServicesDep
from offchain.api.links import next_page
from offchain.api.negotiation import preferred
from offchain.api.schemas.fields import Account, WorkId, to_work
from offchain.api.schemas.money import (
    ClaimOut,
    ClaimsOut,
    EntriesOut,
    FlowsOut,
    StatementOut,
    claim_out,
    entry_out,
    flows_out,
    statement_out,
)
from offchain.chain.address import parse_address
from offchain.workflows.accounting import Period, PeriodStatement, draw_statement, entry_times
from offchain.workflows.claiming import newest_change, plan
from offchain.workflows.flows import flows_around, flows_picture
from offchain.workflows.statement_page import MOST_PRINTED, print_statement
from offchain.workflows.statement_table import statement_csv

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["money"])

AccountPath = Annotated[Account, Path()]
CurrencyQuery = Annotated[str | None, Query(max_length=200, description="CAIP-19; every currency when not given")]

_JSON, _CSV, _PDF, _SVG = "application/json", "text/csv", "application/pdf", "image/svg+xml"
_FORMATS: Final = {"json": _JSON, "csv": _CSV, "pdf": _PDF}
_OTHERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {_CSV: {"schema": {"type": "string"}}, _PDF: {"schema": {"type": "string"}}}}
}
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {_SVG: {"schema": {"type": "string"}}}}}
_LAST: Final = 2**53


def _asked(  # noqa: PLR0913, PLR0917 - a route's query is its signature
    account: AccountPath,
    services: ServicesDep,
    since: Annotated[int | None, Query(alias="from", ge=0, lt=_LAST, description="Unix seconds, included")] = None,
    until: Annotated[int | None, Query(alias="to", ge=0, lt=_LAST, description="Unix seconds, not included")] = None,
    from_block: Annotated[int | None, Query(ge=0, lt=_LAST, description="included")] = None,
    to_block: Annotated[int | None, Query(ge=0, lt=_LAST, description="included")] = None,
    work: Annotated[WorkId | None, Query(description="every work when not given")] = None,
    currency: CurrencyQuery = None,
) -> PeriodStatement:
    """The statement that a request is about."""
    period = Period(since, until, from_block, to_block)
    wanted = None if work is None else to_work(work)
    return draw_statement(services, account, period, work=wanted, currency=currency)


StatementDep = Annotated[PeriodStatement, Depends(_asked)]


@router.get("/statements/{account}", operation_id="getStatement", response_model=StatementOut, responses=_OTHERS)
def get_statement(
    told: StatementDep,
    services: ServicesDep,
    shape: Annotated[str | None, Query(alias="format", pattern="^(json|csv|pdf)$", description="before Accept")] = None,
    accept: Annotated[str, Header()] = "",
) -> Response:
    """What an account earned and withdrew in a period, by work and currency, folded from events alone.

    As JSON, as a table of every entry (`Accept: text/csv` or `format=csv`), or as a page to print (PDF).
    """
    chosen = _FORMATS[shape] if shape else preferred(accept, list(_FORMATS.values()))
    if chosen == _JSON:
        return _answer(statement_out(told).model_dump_json().encode(), _JSON)
    name = f"statement-{told.account}-{told.span.first}-{told.span.last}"
    if chosen == _CSV:
        return _answer(statement_csv(told, entry_times(services, told.entries)), _CSV, f"{name}.csv")
    times = entry_times(services, told.entries[:MOST_PRINTED])
    return _answer(print_statement(told, times), _PDF, f"{name}.pdf")


@router.get("/statements/{account}/entries", operation_id="listStatementEntries")
def get_entries(
    request: Request,
    response: Response,
    told: StatementDep,
    services: ServicesDep,
    cursor: Annotated[int, Query(ge=0, lt=_LAST, description="`next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> EntriesOut:
    """Every event that a statement rests on, oldest first; the `Link` header leads to the next page (RFC 8288)."""
    page = told.entries[cursor : cursor + limit]
    after = str(cursor + limit) if cursor + limit < len(told.entries) else None
    if after is not None:
        response.headers["Link"] = next_page(request, after)
    times = entry_times(services, page)
    items = [entry_out(entry, time, told.confirmed) for entry, time in zip(page, times, strict=True)]
    return EntriesOut(items=items, next=after)


@router.get("/claims/{account}", operation_id="getClaims")
def get_claims(account: AccountPath, services: ServicesDep, currency: CurrencyQuery = None) -> ClaimsOut:
    """What an account can claim, as transactions that its own wallet sends; nobody else can."""
    holder, ledger = parse_address(account), services.contracts.ledger
    services.advance()
    wanted = ledger.currencies() if currency is None else (services.currency(currency),)
    planned = [found for each in wanted if (found := plan(services, holder, each)).steps(ledger)]
    services.advance()  # a block that came meanwhile may be in the amounts
    standing = services.indexer.standing()
    claims: list[ClaimOut] = []
    for found in planned:
        confirmed = newest_change(services, found) <= standing.confirmed
        claims.append(claim_out(found, found.steps(ledger), services.client.chain_id, confirmed=confirmed))
    return ClaimsOut(account=holder, block=standing.block, confirmed_block=max(standing.confirmed, 0), claims=claims)


@router.get("/works/{work}/flows", operation_id="getFlows", response_model=FlowsOut, responses=_PICTURE)
def get_flows(
    work: Annotated[WorkId, Path()],
    services: ServicesDep,
    currency: Annotated[str | None, Query(max_length=200, description="CAIP-19, of the picture")] = None,
    accept: Annotated[str, Header()] = "",
) -> Response:
    """How much money moved over each edge around a work; with `Accept: image/svg+xml` a picture of one currency.

    The picture is of the currency that is named, else of the one that most edges carried.
    """
    flows = flows_around(services, to_work(work))
    if preferred(accept, [_JSON, _SVG]) == _JSON:
        return _answer(flows_out(flows).model_dump_json().encode(), _JSON)
    carried = [each.currency for each in flows.flows]
    busiest = max(carried, key=carried.count) if carried else services.currency()
    drawn = flows_picture(flows, busiest if currency is None else services.currency(currency))
    return _answer(drawn.encode(), _SVG)


def _answer(body: bytes, media_type: str, name: str | None = None) -> Response:
    headers = {"Vary": "Accept", "Cache-Control": "no-cache"}
    if name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if media_type == _SVG:
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return Response(body, media_type=media_type, headers=headers)
