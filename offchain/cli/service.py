"""Asking a Colophon service over HTTP; its problems (RFC 9457) come back as the errors that they tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from offchain.errors import ColophonError, DeniedError, InputError, NotFoundError, RefusedError, UnavailableError

if TYPE_CHECKING:
    from pydantic import BaseModel
    from requests import Response

__all__ = ["post"]

Model = TypeVar("Model", bound="BaseModel")

_TIMEOUT: Final = 30.0
_LONGEST: Final = 2**20
"""Bytes of an answer."""

_KINDS: Final = {kind.http_status: kind for kind in (InputError, NotFoundError, RefusedError, DeniedError)}


def post(url: str, path: str, body: Mapping[str, Any], kind: type[Model]) -> Model:
    """Send a JSON document; what comes back.

    Args:
        url: of the service, e.g. `https://colophon.example`.
        path: of the route.
        body: the document.
        kind: model of the answer.

    Raises:
        ColophonError: as the service told it.
        InputError: `service-url-malformed`.
        UnavailableError: `service-down`, nobody answers there; `service-failed`, not a Colophon service.
    """
    import requests
    from pydantic import ValidationError

    if not url.startswith(("http://", "https://")):
        raise InputError("service-url-malformed", "this is not the URL of a service", "write https://HOST")
    try:
        with requests.post(
            url.rstrip("/") + path, json=body, timeout=_TIMEOUT, stream=True, allow_redirects=False
        ) as response:
            document = _read(response)
    except (requests.RequestException, ValueError, RecursionError) as error:
        if isinstance(error, requests.ConnectionError | requests.Timeout):
            raise UnavailableError("service-down", "the service does not answer", "check --service") from error
        raise _failed() from error
    if not response.ok:
        raise _told(response.status_code, document)
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise _failed() from error


def _read(response: Response) -> dict[str, Any]:
    data = bytearray()
    for piece in response.iter_content(2**16):
        data += piece
        if len(data) > _LONGEST:
            raise _failed()
    document = json.loads(bytes(data))
    if not isinstance(document, dict):
        raise _failed()
    return document


def _told(status: int, problem: Mapping[str, Any]) -> ColophonError:
    words = [problem.get(name) for name in ("code", "detail", "remedy")]
    facts = problem.get("facts")
    if not all(isinstance(word, str) for word in words) or not isinstance(facts, dict):
        return _failed()
    code, message, remedy = map(str, words)
    taken = {"self", "code", "message", "remedy"}  # names of the error's own, which a fact cannot have
    return _KINDS.get(status, UnavailableError)(
        code, message, remedy, **{name: fact for name, fact in facts.items() if name not in taken}
    )


def _failed() -> UnavailableError:
    return UnavailableError("service-failed", "what answers is no Colophon service", "check --service")
