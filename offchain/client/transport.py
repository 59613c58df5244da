"""How the client speaks HTTP: credentials, idempotency keys, patience, and problems as the errors that they tell."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final, TypeVar, cast

import httpx

from offchain.errors import ColophonError, DeniedError, InputError, NotFoundError, RefusedError, UnavailableError

__all__ = ["Request", "Transport"]

T = TypeVar("T")

_KINDS: Final[Mapping[int, type[ColophonError]]] = {
    400: InputError,
    401: DeniedError,
    403: DeniedError,
    404: NotFoundError,
    409: RefusedError,
    412: RefusedError,
    413: InputError,
    416: InputError,
    422: InputError,
    451: RefusedError,
}
_PASSING: Final = frozenset({429, 503})
"""Statuses after which the same request may well succeed."""

_TRIES: Final = 4
_LONGEST_WAIT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Request:
    """What an operation sends.

    Attributes:
        method: of HTTP.
        path: with its parameters filled in.
        query: parameters; those that are None are left out, here and in `form` and `files`.
        body: sent as JSON.
        form: fields beside the files; what is no text is sent as JSON.
        files: file name and open file, by field.
        keyed: whether the operation takes an idempotency key.
        key: that key; None for one of our own.
    """

    method: str
    path: str
    query: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    form: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, tuple[str, IO[bytes]] | None] = field(default_factory=dict)
    keyed: bool = False
    key: str | None = None


class Transport:
    """Sends requests to one service.

    What may pass (no answer, 429, 503) is tried again, with the same idempotency key, so a POST counts once.

    Args:
        url: of the service, e.g. `https://colophon.example`.
        token: an API key, or a session's access token.
        http: a client of your own, for proxies, certificates or tests; its base URL is not used.
        timeout: seconds without a byte.
    """

    def __init__(
        self, url: str, *, token: str | None = None, http: httpx.Client | None = None, timeout: float = 60.0
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise InputError("service-url-malformed", "this is not the URL of a service", "write https://HOST")
        self._url = url.rstrip("/")
        self._token = token
        self._http = http or httpx.Client(timeout=timeout)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _ask(self, request: Request) -> Any:  # noqa: ANN401 - what the operation says comes back
        """Send a request; its answer as JSON, None where it has no body."""
        answer = self._patiently(request, "application/json", stream=False)
        return answer.json() if answer.content else None

    def _stream(self, request: Request, accept: str = "*/*") -> Iterator[bytes]:
        """The answer's bytes as they come."""
        answer = self._patiently(request, accept, stream=True)
        try:
            yield from answer.iter_bytes()
        finally:
            answer.close()

    def _events(self, request: Request) -> Iterator[Any]:
        """The JSON of each server-sent event (HTML standard, section 9.2)."""
        data: list[str] = []
        for line in _lines(self._stream(request, "text/event-stream")):
            if line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
            elif not line and data:
                yield json.loads("\n".join(data))
                data.clear()

    def _built(self, request: Request, accept: str) -> httpx.Request:
        headers = {"Accept": accept}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if request.keyed:
            headers["Idempotency-Key"] = request.key or uuid.uuid4().hex
        return self._http.build_request(
            request.method,
            self._url + request.path,
            params=cast("dict[str, str]", _given(request.query)),
            json=request.body,
            data={name: _field(value) for name, value in _given(request.form).items()} or None,
            files=_given(request.files) or None,
            headers=headers,
        )

    def _patiently(self, request: Request, accept: str, *, stream: bool) -> httpx.Response:
        built = self._built(request, accept)
        # A file was read to its end by the first try.
        for pause in (*_pauses(1 if request.files else _TRIES), None):
            try:
                answer = self._http.send(built, stream=stream)
            except httpx.TransportError as error:
                if pause is None:
                    raise UnavailableError("service-down", "the service does not answer", "check the URL") from error
                time.sleep(pause)
                continue
            if answer.status_code in _PASSING and pause is not None:
                answer.close()
                time.sleep(_asked_pause(answer, pause))
                continue
            if answer.is_success:
                return answer
            answer.read()
            raise _told(answer)
        raise AssertionError("the last try returns or raises")


def _pauses(tries: int) -> Iterator[float]:
    return (0.25 * 2**number for number in range(tries - 1))


def _asked_pause(answer: httpx.Response, pause: float) -> float:
    asked = answer.headers.get("retry-after", "")
    return min(float(asked) if asked.isdecimal() else pause, _LONGEST_WAIT)


def _given(named: Mapping[str, T | None]) -> dict[str, T]:
    return {name: value for name, value in named.items() if value is not None}


def _field(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.removesuffix(b"\r").decode() for line in whole)


def _told(answer: httpx.Response) -> ColophonError:
    """The error that a problem (RFC 9457) tells."""
    try:
        problem = answer.json()
        code, message, remedy = (str(problem[name]) for name in ("code", "detail", "remedy"))
        facts = {name: fact for name, fact in dict(problem.get("facts") or {}).items() if name.isidentifier()}
    except (ValueError, KeyError, TypeError):
        return UnavailableError(
            "service-failed", f"the service answered {answer.status_code} without saying why", "check the URL"
        )
    for taken in ("self", "code", "message", "remedy"):
        facts.pop(taken, None)
    return _KINDS.get(answer.status_code, UnavailableError)(code, message, remedy, **facts)
