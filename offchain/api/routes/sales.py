"""Sales: quotes, orders, licences, terms."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from offchain.api.checks import require_chain
from offchain.api.deps import EngineDep, ServicesDep
from offchain.api.once import OnceDep
from offchain.api.schemas.fields import Digest, Number, to_bytes, to_work
from offchain.api.schemas.jobs import JobOut, job_out
from offchain.api.schemas.sales import (
    LicenceOut,
    OrderIn,
    QuoteIn,
    QuoteOut,
    TermsListOut,
    licence_out,
    quote_out,
    terms_out,
)
from offchain.errors import RefusedError
from offchain.workflows.licences import describe_licence, licence_confirmed
from offchain.workflows.ordering import draft_order
from offchain.workflows.purchasing import start_purchase
from offchain.workflows.quoting import QuoteRequest, SignedQuote, make_quote, quote_by_digest
from offchain.workflows.services import Services
from offchain.workflows.terms import standard_terms

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["sales"])


@router.post("/quotes", operation_id="makeQuote", status_code=201, response_model=QuoteOut)
def make_quote_(body: QuoteIn, services: ServicesDep, once: OnceDep) -> Response:
    """A signed price for a work under a tier's terms, with everything that a wallet needs to accept it."""

    def produce() -> QuoteOut:
        request = QuoteRequest(to_work(body.work), body.tier, body.buyer, body.segment, body.currency, body.seconds)
        signed = make_quote(services, request)
        if body.buyer is None or signed.currency.token is None:
            return quote_out(signed, None)
        return quote_out(signed, draft_order(services, signed, body.buyer, recipient=body.recipient))

    return once(body, 201, produce)


@router.get("/quotes/{digest}", operation_id="getQuote")
def get_quote(digest: Annotated[Digest, Path()], services: ServicesDep) -> QuoteOut:
    """A quote that was made here."""
    return quote_out(quote_by_digest(services, to_bytes(digest)), None)


@router.post("/orders", operation_id="placeOrder", status_code=202, response_model=JobOut)
def place_order(body: OrderIn, engine: EngineDep, once: OnceDep) -> Response:
    """Place a buyer's signed order; the service submits it and pays the gas."""

    def produce() -> JobOut:
        require_chain(engine.services, body.chain_id)
        signed = quote_by_digest(engine.services, to_bytes(body.quote))
        _require_currency(engine.services, signed, body.currency)
        order, permit = body.order.struct(), body.permit_struct()
        return job_out(start_purchase(engine, signed, order, to_bytes(body.signature), permit))

    return once(body, 202, produce)


@router.get("/licences/{licence}", operation_id="getLicence")
def get_licence(licence: Annotated[Number, Path()], services: ServicesDep) -> LicenceOut:
    """A licence as the chain has it now; `live` is what counts."""
    view = describe_licence(services, int(licence))
    return licence_out(view, confirmed=licence_confirmed(services, view.number))


@router.get("/terms", operation_id="listTerms")
def list_terms(services: ServicesDep) -> TermsListOut:
    """The standard terms of this chain."""
    known = [standard for standard in standard_terms() if standard.tier in services.terms]
    return TermsListOut(items=[terms_out(standard, services.terms[standard.tier]) for standard in known])


def _require_currency(services: Services, signed: SignedQuote, currency: str | None) -> None:
    if currency is None or services.currency(currency).index == signed.currency.index:
        return
    raise RefusedError(
        "wrong-currency",
        f"the quote is in {signed.currency.caip19}, not in {currency}",
        "ask for a quote in that currency",
        currency=currency,
        offered=[signed.currency.caip19],
    )
