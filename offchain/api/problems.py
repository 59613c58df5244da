"""Errors as problem details (RFC 9457): one shape for everything that goes wrong.

`type` is `urn:colophon:error:CODE`; `remedy` and `facts` come from the error. What nobody foresaw is logged with its
request id and told as `internal-error`, without its text.
"""

from __future__ import annotations

import json
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from offchain.api.logs import HEADER, REQUEST
from offchain.api.sniffing import NO_SNIFFING
from offchain.errors import ColophonError, InputError

__all__ = ["HTTP_PROBLEMS", "PROBLEMS", "STATUSES", "Problem", "install_problems", "problem_of"]

MEDIA_TYPE: Final = "application/problem+json"

_LARGE: Final = 413
_UNKNOWN_CALLER: Final = 401
STATUSES: Final = {
    "rate-limited": 429,
    "content-withheld": 451,
    "file-oversized": _LARGE,
    "sign-in-required": _UNKNOWN_CALLER,
    "sign-in-refused": _UNKNOWN_CALLER,
    "session-ended": _UNKNOWN_CALLER,
    "api-key-refused": _UNKNOWN_CALLER,
}
"""Codes whose HTTP status is narrower than their kind's."""

HTTP_PROBLEMS: Final = {
    400: ("request-malformed", "send the body as the documentation says"),
    404: ("no-such-route", "see /docs for the routes"),
    405: ("method-not-allowed", "see /docs for the routes and their methods"),
    _LARGE: ("file-oversized", "submit a smaller file, or raise COLOPHON_MAX_UPLOAD"),
}

_log = structlog.get_logger("colophon.api")


class Problem(BaseModel):
    """A problem (RFC 9457)."""

    type: str = Field(description="`urn:colophon:error:CODE`")
    title: str = Field(description="the kind of problem")
    status: int
    detail: str = Field(description="what is wrong")
    code: str
    remedy: str = Field(description="what to do about it")
    facts: dict[str, Any] = Field(description="the values that explain it")
    instance: str = Field(description="the request's path")


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "content": {MEDIA_TYPE: {}}, "description": description}
    for status, description in (
        (400, "The request is malformed"),
        (401, "The caller must sign in"),
        (403, "The caller may not do this"),
        (404, "Nothing stands under that name"),
        (409, "A rule of rights or money forbids it"),
        (413, "The file is too large"),
        (422, "The caller's data is wrong"),
        (429, "Asked too often"),
        (503, "A node or service does not answer"),
    )
}
"""Responses that every route may give, for the OpenAPI document."""


def problem_of(error: ColophonError, instance: str) -> Problem:
    """The problem that tells an error."""
    return Problem(
        type=f"urn:colophon:error:{error.code}",
        title=_TITLES.get(error.http_status, "Internal error"),
        status=STATUSES.get(error.code, error.http_status),
        detail=error.message,
        code=error.code,
        remedy=error.remedy,
        facts=jsonable_encoder(error.facts),
        instance=instance,
    )


_TITLES: Final = {
    422: "The caller's data is wrong",
    404: "Nothing stands under that name",
    409: "A rule of rights or money forbids it",
    403: "The caller may not do this",
    503: "A node or service does not answer",
}


def install_problems(app: FastAPI) -> None:
    """Answer every error of the app as a problem."""
    app.add_exception_handler(ColophonError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unforeseen)


class _ProblemResponse(JSONResponse):
    """A problem quotes what the caller sent, which need not be text that UTF-8 can carry."""

    media_type = MEDIA_TYPE

    def render(self, content: object) -> bytes:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def _answer(request: Request, error: ColophonError, status: int | None = None) -> JSONResponse:
    problem = problem_of(error, request.url.path)
    if status is not None:
        problem.status = status
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == _UNKNOWN_CALLER else None
    return _ProblemResponse(problem.model_dump(), problem.status, headers)


async def _answer_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ColophonError)  # noqa: S101 - registered for this class alone
    return _answer(request, error)


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    wrong = [{"at": "/".join(map(str, each["loc"])), "why": each["msg"]} for each in error.errors()]
    first = wrong[0] if wrong else {"at": "body", "why": "unreadable"}
    said = InputError(
        "request-invalid", f"{first['at']}: {first['why']}", "correct the request; see /docs", errors=wrong
    )
    return _answer(request, said)


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    code, remedy = HTTP_PROBLEMS.get(error.status_code, ("request-refused", "see /docs"))
    return _answer(request, InputError(code, str(error.detail), remedy), error.status_code)


async def _answer_unforeseen(request: Request, error: Exception) -> JSONResponse:
    # Answered outside of all that surrounds other answers.
    told = {HEADER: request.scope.get(REQUEST, ""), **NO_SNIFFING}
    _log.error("internal-error", request=told[HEADER], path=request.url.path, exc_info=error)
    said = ColophonError(
        "internal-error", "something went wrong that nobody foresaw", "report the request's X-Request-ID"
    )
    answer = _answer(request, said)
    answer.headers.update(told)
    return answer
