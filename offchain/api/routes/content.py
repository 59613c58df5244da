"""Pinned content of registered works, as a CDN wants it: immutable, in ranges, every byte verified against its CID.

Only what this service pinned for works that were registered here is served: it is no gateway to the rest of IPFS.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from offchain.api.conditional import is_current, is_refused
from offchain.api.deps import ServicesDep
from offchain.api.negotiation import preferred
from offchain.api.streaming import problem_response, ranged, streamed
from offchain.errors import NotFoundError, RefusedError, UnavailableError
from offchain.storage import normal_cid
from offchain.storage.car import write_car
from offchain.storage.cid import parse_cid
from offchain.workflows.holdings import find_content
from offchain.workflows.services import Services
from offchain.workflows.takedowns import withheld

__all__ = ["router"]

router = APIRouter(prefix="/v1/content", tags=["content"])

_CAR: Final = "application/vnd.ipld.car"
_RAW: Final = "application/vnd.ipld.raw"
_OCTETS: Final = "application/octet-stream"

_PATIENCE: Final = 15.0
"""Seconds that a reader waits for a node which is silent."""

_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_PASSIVE: Final = re.compile(r"(audio|video)/.*|image/(png|jpeg|webp|gif|avif|tiff)|text/plain|application/json")
"""Types that a browser shows without running anything; all others are saved."""

_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; sandbox",
}

Cid = Annotated[str, Path(max_length=100, description="CID of metadata, provenance or a rendition")]

_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The content", "content": {_OCTETS: {}, _CAR: {}, _RAW: {}}},
    206: {"description": "The range that was asked for"},
    304: {"description": "The caller has it"},
    412: {"description": "The caller wants other content"},
    416: {"description": "The content ends before the range"},
}


@router.get("/{cid}", operation_id="getContent", response_class=Response, responses=_ANSWERS)
def get_content(cid: Cid, request: Request, services: ServicesDep) -> Response:
    """Pinned content, or a range of it.

    With `Accept: application/vnd.ipld.car` the file comes with the tree that proves it, with `application/vnd.ipld.raw`
    its root block alone (IPFS trustless gateway specification).
    """
    return _answer(normal_cid(cid), request, services)


@router.head("/{cid}", operation_id="headContent", response_class=Response, responses=_ANSWERS)
def head_content(cid: Cid, request: Request, services: ServicesDep) -> Response:
    """What a GET would say about pinned content, without its bytes."""
    return _answer(normal_cid(cid), request, services)


def _answer(cid: str, request: Request, services: Services) -> Response:
    known = find_content(services.store, cid)
    if known is None:
        raise NotFoundError(
            "unknown-content",
            "no work that was registered here has this content",
            "ask an IPFS gateway, or the service that registered the work",
            cid=cid,
        )
    if withheld(services, cid):
        said = RefusedError(
            "content-withheld", "every work with this content is taken down", "see /v1/takedowns", cid=cid
        )
        return problem_response(request, said, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS, {"Cache-Control": "no-store"})
    own = known.media_type if _MEDIA_TYPE.fullmatch(known.media_type) else _OCTETS
    kind = preferred(request.headers.get("accept", ""), (own, _CAR, _RAW))
    tag = {_CAR: f'W/"{cid}.car"', _RAW: f'"{cid}.raw"'}.get(kind, f'"{cid}"')
    headers = {**_HEADERS, "ETag": tag}
    if is_refused(request.headers, tag):
        said = RefusedError("precondition-failed", f"this content's tag is {tag}", "leave If-Match out", tag=tag)
        return problem_response(request, said, HTTPStatus.PRECONDITION_FAILED, {})
    if is_current(request.headers, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if not _PASSIVE.fullmatch(kind):
        headers["Content-Disposition"] = "attachment"
    return _represented(request, services, cid, kind, headers)


def _represented(request: Request, services: Services, cid: str, kind: str, headers: dict[str, str]) -> Response:
    pins = services.ipfs.patient(_PATIENCE)
    try:
        if kind == _RAW:
            block = pins.block(cid)
            return streamed(request, iter([block]), kind, headers, len(block))
        file = pins.open(cid)
        if kind == _CAR:
            return streamed(request, write_car([parse_cid(cid)], file.blocks()), kind, headers, None)
        return ranged(request, file, kind, headers)
    except NotFoundError as error:
        raise UnavailableError(
            "content-lost", f"the IPFS nodes have lost {cid}", "run colophon storage repair", cid=cid
        ) from error
