"""One POST to a stranger's server: no redirect, no proxy, a few seconds, and only to the open internet.

A URL is judged when it is stated and at every POST. The name is looked up once; every address must be one of the open
internet, and the connection goes to one of the very addresses that were judged, so a name that leads elsewhere a moment
later (DNS rebinding) leads nowhere. On chains of development alone, http and loopback are let through.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from offchain.errors import InputError, UnavailableError
from offchain.workflows.fetching import asked, ending, is_public, looked_up, parsed_url, server_of

__all__ = ["Posted", "post", "require_postable"]

_SECONDS: Final = 15.0
_SILENCE: Final = 10.0
_KEPT: Final = 256
_ADDRESSES: Final = 2


@dataclass(frozen=True, slots=True)
class Posted:
    """How a POST went.

    Attributes:
        status: of HTTP, None where no answer came.
        milliseconds: until then.
        error: what went wrong on the way, in a word; None where an answer came.
        answer: its first bytes, as text.
    """

    status: int | None
    milliseconds: int
    error: str | None = None
    answer: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the server took it."""
        return self.status is not None and 200 <= self.status < 300


def require_postable(url: str, *, development: bool) -> list[str]:
    """The addresses to which a POST may go.

    Args:
        url: of the endpoint.
        development: whether http and loopback are let through.

    Raises:
        InputError: `url-refused`.
        UnavailableError: `feed-unreachable`, its host has no address now.
    """
    target = parsed_url(url)
    if target.userinfo or target.fragment:
        raise _refused("it holds a user, a password or a fragment")
    if target.scheme != "https" and not development:
        raise _refused("it is not https")
    addresses = looked_up(*server_of(target))
    if not all(is_public(each) or (development and _is_loopback(each)) for each in addresses):
        raise _refused("its host is in a private network")
    return addresses[:_ADDRESSES]


def post(url: str, body: bytes, headers: Mapping[str, str], *, development: bool) -> Posted:
    """Send it once; whatever goes wrong is told, and nothing is raised."""
    import httpx  # noqa: PLC0415 - needed by whoever delivers alone

    started = time.monotonic()
    try:
        addresses = require_postable(url, development=development)
        with (
            httpx.Client(timeout=_SILENCE, follow_redirects=False, trust_env=False) as client,
            ending(client, _SECONDS),
        ):
            answer = asked(client, parsed_url(url), addresses, headers, body)
            try:
                return Posted(answer.status_code, _since(started), answer=_beginning(answer))
            finally:
                answer.close()
    except (InputError, UnavailableError) as error:
        return Posted(None, _since(started), error.code)
    # The client says by a RuntimeError that it was closed, which happens when the time is over.
    except (httpx.HTTPError, ValueError, RuntimeError) as error:
        return Posted(None, _since(started), type(error).__name__)


def _beginning(answer: object) -> str:
    import httpx  # noqa: PLC0415 - as above

    assert isinstance(answer, httpx.Response)  # noqa: S101 - named so that the import stays inside
    data = b""
    try:
        for piece in answer.iter_raw(_KEPT):
            data += piece
            if len(data) >= _KEPT:
                break
    except httpx.HTTPError:
        pass  # the status was there, and decides
    return "".join(sign if sign.isprintable() else " " for sign in data[:_KEPT].decode("utf-8", "replace"))


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _refused(why: str) -> InputError:
    return InputError("url-refused", f"the URL is refused: {why}", "name a public https endpoint")
