"""Pinned content of registered works, as a CDN wants it: immutable, in ranges, every byte verified against its CID.

Only what this service pinned for works that were registered here is served: it is no gateway to the rest of IPFS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from offchain.api.conditional import ByteRange, is_current, is_refused, wanted_range
from offchain.api.deps import ServicesDep
from offchain.api.negotiation import preferred
from offchain.api.problems import MEDIA_TYPE, problem_of
from offchain.errors import ColophonError, InputError, NotFoundError, RefusedError, UnavailableError
from offchain.storage import normal_cid
from offchain.storage.car import write_car
from offchain.storage.cid import parse_cid
from offchain.storage.reading import RemoteFile
from offchain.workflows.holdings import find_content
from offchain.workflows.services import Services

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
    "X-Content-Type-Options": "nosniff",
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
    own = known.media_type if _MEDIA_TYPE.fullmatch(known.media_type) else _OCTETS
    kind = preferred(request.headers.get("accept", ""), (own, _CAR, _RAW))
    tag = {_CAR: f'W/"{cid}.car"', _RAW: f'"{cid}.raw"'}.get(kind, f'"{cid}"')
    headers = {**_HEADERS, "ETag": tag}
    if is_refused(request.headers, tag):
        said = RefusedError("precondition-failed", f"this content's tag is {tag}", "leave If-Match out", tag=tag)
        return _problem(request, said, HTTPStatus.PRECONDITION_FAILED, {})
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
            return _streamed(request, iter([block]), kind, headers, len(block))
        file = pins.open(cid)
        if kind == _CAR:
            return _streamed(request, write_car([parse_cid(cid)], file.blocks()), kind, headers, None)
        return _ranged(request, file, kind, headers)
    except NotFoundError as error:
        raise UnavailableError(
            "content-lost", f"the IPFS nodes have lost {cid}", "run colophon storage repair", cid=cid
        ) from error


def _ranged(request: Request, file: RemoteFile, kind: str, headers: dict[str, str]) -> Response:
    headers["Accept-Ranges"] = "bytes"
    asked = wanted_range(request.headers, headers["ETag"], file.size) if request.method == "GET" else None
    if asked is not None and not asked.satisfiable:
        said = InputError("range-unsatisfiable", f"the content has {file.size} bytes", "ask for a range within them")
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        return _problem(request, said, status, {"Content-Range": asked.header(file.size)})
    part = asked or ByteRange(0, file.size)
    response = _streamed(request, file.read(part.start, part.end), kind, headers, part.end - part.start)
    if asked is not None:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response.headers["Content-Range"] = asked.header(file.size)
    return response


def _streamed(
    request: Request, pieces: Iterator[bytes], kind: str, headers: dict[str, str], size: int | None
) -> Response:
    """The verified pieces as they come; a lie further on breaks the answer off, short of its length."""
    if size is not None:
        headers["Content-Length"] = str(size)
    if request.method == "HEAD":
        return StreamingResponse(iter(()), headers=headers, media_type=kind)
    # Read before the status is sent, so that a node that lies at once becomes a problem.
    first = next(pieces, b"")

    def body() -> Iterator[bytes]:
        yield first
        yield from pieces

    return StreamingResponse(body(), headers=headers, media_type=kind)


def _problem(request: Request, error: ColophonError, status: HTTPStatus, headers: dict[str, str]) -> Response:
    problem = problem_of(error, request.url.path)
    problem.status = status
    return JSONResponse(problem.model_dump(), status, headers, MEDIA_TYPE)
