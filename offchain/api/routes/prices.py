"""Prices: what a work's licences should cost, why, and a picture of each."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from offchain.api.deps import ServicesDep
from offchain.api.schemas.fields import WorkId, to_work
from offchain.api.schemas.prices import PricesOut, prices_out
from offchain.chain import work_hex
from offchain.pricing import PriceKey
from offchain.pricing.curve import price_curve, price_curves
from offchain.pricing.picture import picture
from offchain.workflows.prices import explain_work

__all__ = ["router"]

router = APIRouter(prefix="/v1/works/{work}/prices", tags=["sales"])

_SVG: Final = "image/svg+xml"

_Currency = Annotated[str | None, Query(description="CAIP-19; the work's own when not given")]


@router.get("", operation_id="getPrices")
def get_prices(work: Annotated[WorkId, Path()], services: ServicesDep, currency: _Currency = None) -> PricesOut:
    """Every price that may be quoted for a work now: the reason, the curve behind it, and the proof with its input."""
    number = to_work(work)
    found = explain_work(services, number, currency)
    return prices_out(number, found, services.currency(found.solution.currency))


@router.get(
    "/{tier}/{segment}/picture",
    operation_id="getPricePicture",
    response_class=Response,
    responses={200: {"content": {_SVG: {"schema": {"type": "string"}}}, "description": "An SVG document"}},
)
def get_price_picture(
    work: Annotated[WorkId, Path()],
    tier: Annotated[str, Path()],
    segment: Annotated[str, Path()],
    services: ServicesDep,
    currency: _Currency = None,
) -> Response:
    """One price as a picture: demand with its interval, net revenue, the price and its runner-up, floor and ceiling."""
    number = to_work(work)
    found = explain_work(services, number, currency)
    curves = price_curves(found.problem, found.solution, found.evidence)
    curve = price_curve(curves, PriceKey(work_hex(number), tier, segment))
    drawn = picture(curve, services.currency(found.solution.currency).symbol)
    # A browser that opens it alone must neither load nor run anything.
    return Response(
        drawn, media_type=_SVG, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    )
