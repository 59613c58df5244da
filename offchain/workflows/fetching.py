"""Fetching from strangers' servers: bounded in bytes, seconds and redirects, and never from this machine's own network.

Only http and https are spoken, without a proxy, which would look names up again. A name is looked up once for every
request, its addresses are checked, and the connection goes to one of the very addresses that were checked: a name that
leads elsewhere a moment later (DNS rebinding) leads nowhere. The server that the user named, the origin, may be in a
private network, at the addresses that its name had when the user named it.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from offchain.errors import InputError, UnavailableError

if TYPE_CHECKING:
    import httpx

__all__ = ["MAX_URL", "Answer", "Origin", "fetched", "fetched_if_changed", "origin_of"]

MAX_URL: Final = 2_000

_SECONDS: Final = 300.0
"""On the clock, for one file with all its redirects."""

_SILENCE: Final = 10.0
_REDIRECTS: Final = 5
_ADDRESSES: Final = 4
"""Of one name that are tried, in the resolver's order."""

_PORTS: Final = {"http": 80, "https": 443}
_NOT_MODIFIED: Final = 304


@dataclass(frozen=True, slots=True)
class Origin:
    """A server that the user named.

    Attributes:
        host: its name.
        port: its TCP port.
        addresses: that the name had then.
    """

    host: str
    port: int
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server has now.

    Attributes:
        body: None where it is what it was.
        validators: to ask for it next time, request headers of RFC 9110 §13.1; empty where the server gives none.
    """

    body: bytes | None
    validators: Mapping[str, str]


def origin_of(url: str) -> Origin:
    """The server of a URL that the user named.

    Raises:
        InputError: `url-refused`.
        UnavailableError: `feed-unreachable`.
    """
    host, port = _server(_parsed(url))
    return Origin(host, port, frozenset(_looked_up(host, port)))


def fetched(url: str, origin: Origin, limit: int) -> Iterator[bytes]:
    """The body of an answer, piece by piece.

    Args:
        url: of the file.
        origin: the only server that may be in a private network.
        limit: bytes.

    Raises:
        InputError: `url-refused`, `url-oversized`.
        UnavailableError: `feed-unreachable`.
    """
    with _answered(url, origin, {}) as answer:
        yield from _body(answer, limit)


def fetched_if_changed(url: str, origin: Origin, limit: int, validators: Mapping[str, str]) -> Answer:
    """The body of an answer, unless the server says that it has not changed.

    Args:
        url: of the file.
        origin: the only server that may be in a private network.
        limit: bytes.
        validators: of the last answer, if there was one.

    Raises:
        InputError: `url-refused`, `url-oversized`.
        UnavailableError: `feed-unreachable`.
    """
    with _answered(url, origin, validators) as answer:
        if validators and answer.status_code == _NOT_MODIFIED:
            return Answer(None, validators)
        told = {"If-None-Match": answer.headers.get("etag"), "If-Modified-Since": answer.headers.get("last-modified")}
        return Answer(b"".join(_body(answer, limit)), {name: value for name, value in told.items() if value})


@contextmanager
def _answered(url: str, origin: Origin, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
    """The answer to a GET, after at most `_REDIRECTS` redirects; what goes wrong while it is read is told as ours."""
    import httpx  # noqa: PLC0415 - needed by feeds alone

    with httpx.Client(timeout=_SILENCE, follow_redirects=False, trust_env=False) as client, _ending(client):
        for _ in range(_REDIRECTS + 1):
            target = _parsed(url)
            addresses = _allowed(target, origin)
            try:
                answer = _asked(client, target, addresses, headers)
                try:
                    if not answer.has_redirect_location:
                        yield answer
                        return
                    url = urljoin(url, answer.headers["location"])
                finally:
                    answer.close()
            # The client says by a RuntimeError that it was closed, which happens when the time is over.
            except (httpx.HTTPError, ValueError, RuntimeError) as error:
                raise _unreachable(type(error).__name__) from error
    raise _refused("it redirects too often")


def _asked(client: httpx.Client, target: httpx.URL, addresses: list[str], headers: Mapping[str, str]) -> httpx.Response:
    """The answer of the first address that takes a connection; name and certificate are those of the host."""
    import httpx  # noqa: PLC0415 - needed by feeds alone

    sent = {**headers, "Accept-Encoding": "identity", "Host": target.netloc.decode("ascii")}
    for last, address in enumerate(addresses, 1 - len(addresses)):
        request = client.build_request("GET", target.copy_with(host=address), headers=sent)
        request.extensions["sni_hostname"] = target.raw_host.decode("ascii")
        try:
            return client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if not last:
                raise
    raise _unreachable("its host has no address")


@contextmanager
def _ending(client: httpx.Client) -> Iterator[None]:
    """Close the client after `_SECONDS`: its own time-out starts anew with every byte, in the head too."""
    timer = threading.Timer(_SECONDS, client.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _body(answer: httpx.Response, limit: int) -> Iterator[bytes]:
    if not answer.is_success:
        raise _unreachable(f"HTTP status {answer.status_code}")
    size = 0
    for piece in answer.iter_raw():  # as it comes: what is still compressed is not inflated here
        size += len(piece)
        if size > limit:
            raise InputError("url-oversized", f"the answer has more than {limit} bytes", "fetch it by other means")
        yield piece


def _parsed(url: str) -> httpx.URL:
    import httpx  # noqa: PLC0415 - needed by feeds alone

    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise _refused("it is malformed") from error
    if target.scheme not in _PORTS or not target.host or len(url) > MAX_URL:
        raise _refused("it is no http or https address of usual length")
    return target


def _server(target: httpx.URL) -> tuple[str, int]:
    return target.raw_host.decode("ascii"), target.port or _PORTS[target.scheme]


def _allowed(target: httpx.URL, origin: Origin) -> list[str]:
    """Addresses of a host, if all of them may be asked."""
    host, port = _server(target)
    known = origin.addresses if (host, port) == (origin.host, origin.port) else frozenset()
    found = _looked_up(host, port)
    if not all(address in known or ipaddress.ip_address(address.partition("%")[0]).is_global for address in found):
        raise _refused("its host is in a private network")
    return found[:_ADDRESSES]


def _looked_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _unreachable("its host has no address") from error
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _refused(why: str) -> InputError:
    return InputError("url-refused", f"an address is not asked: {why}", "fetch the file by other means")


def _unreachable(why: str) -> UnavailableError:
    return UnavailableError("feed-unreachable", f"no answer from the feed or its file: {why}", "try again later")
