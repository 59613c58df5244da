"""Answers that stream a file or a range of it (RFC 9110, section 14)."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Protocol

from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from offchain.api.conditional import ByteRange, wanted_range
from offchain.api.problems import MEDIA_TYPE, problem_of
from offchain.errors import ColophonError, InputError

__all__ = ["Source", "problem_response", "ranged", "streamed"]


class Source(Protocol):
    """What is streamed: content that hands out ranges of known bytes."""

    @property
    def size(self) -> int:
        """In bytes."""

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `end`."""


def ranged(request: Request, source: Source, kind: str, headers: dict[str, str]) -> Response:
    """The content, or the range of it that was asked for; `headers` name its `ETag`."""
    headers["Accept-Ranges"] = "bytes"
    asked = wanted_range(request.headers, headers["ETag"], source.size) if request.method == "GET" else None
    if asked is not None and not asked.satisfiable:
        said = InputError("range-unsatisfiable", f"the content has {source.size} bytes", "ask for a range within them")
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        return problem_response(request, said, status, {"Content-Range": asked.header(source.size)})
    part = asked or ByteRange(0, source.size)
    response = streamed(request, source.read(part.start, part.end), kind, headers, part.end - part.start)
    if asked is not None:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response.headers["Content-Range"] = asked.header(source.size)
    return response


def streamed(
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


def problem_response(request: Request, error: ColophonError, status: HTTPStatus, headers: dict[str, str]) -> Response:
    """A problem whose status is narrower than its kind's, with headers of its own."""
    problem = problem_of(error, request.url.path)
    problem.status = status
    return JSONResponse(problem.model_dump(), status, headers, MEDIA_TYPE)
