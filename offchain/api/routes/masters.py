"""Masters of sealed works, for callers who hold a live licence or the title."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from offchain.api.callers import Caller, Scope, signed_in
from offchain.api.deps import ServicesDep
from offchain.api.schemas.fields import Number, WorkId, to_work
from offchain.api.streaming import ranged
from offchain.chain import work_hex
from offchain.workflows.delivering import deliver

__all__ = ["router"]

router = APIRouter(prefix="/v1/works", tags=["content"])

_OCTETS: Final = "application/octet-stream"
_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The master", "content": {_OCTETS: {}}},
    206: {"description": "The range that was asked for"},
    416: {"description": "The master ends before the range"},
}


@router.get("/{work}/master", operation_id="getMaster", response_class=Response, responses=_ANSWERS)
def get_master(
    work: Annotated[WorkId, Path()],
    request: Request,
    services: ServicesDep,
    caller: Annotated[Caller, Depends(signed_in(Scope.WORKS))],
    licence: Annotated[Number, Query(description="by which licence; 0 for the holder of the title")] = "0",
) -> Response:
    """The exact bytes of a work that was sealed here, or a range of them, under the rules of POST /v1/keys.

    The chain is asked at every request. Deliveries stand in the work's log of releases, one entry an hour.
    """
    assert caller.account is not None  # noqa: S101 - whoever has signed in has one
    number = to_work(work)
    delivery = deliver(services, caller.account, number, int(licence))
    kind = delivery.media_type if _MEDIA_TYPE.fullmatch(delivery.media_type) else _OCTETS
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": f'"{work_hex(number)}"',
    }
    return ranged(request, delivery.content, kind, headers)
