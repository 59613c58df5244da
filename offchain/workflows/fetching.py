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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from offchain.errors import InputError, UnavailableError

if TYPE_CHECKING:
    import httpx

__all__ = ["MAX_URL", "Answer", "Origin", "asked", "ending", "fetched", "fetched_if_changed", "is_public"]
__all__ += ["looked_up", "origin_of", "parsed_url", "server_of"]

MAX_URL: Final = 2_000

_SECONDS: Final = 300.0
"""On the clock, for one file with all its redirects."""

_SILENCE: Final = 10.0
_REDIRECTS: Final = 5
_ADDRESSES: Final = 4
"""Of one name that are tried, in the resolver's order."""

_WRAPPING: Final = tuple(
    ipaddress.IPv6Network(each)
    for each in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")
)
"""IPv6 addresses that stand for others, or for nothing outside a site."""

_UNROUTED: Final = tuple(
    ipaddress.ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "2001:20::/28", "3fff::/20")
)
"""Nobody's on the open internet, whatever the library's tables say (RFC 6890, 7526, 7343, 9637)."""

_ISATAP: Final = 0x5EFE
"""Begins the lower half of an IPv6 address that stands for the IPv4 one at its end (RFC 5214, §6.1)."""

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
    host, port = server_of(parsed_url(url))
    return Origin(host, port, frozenset(looked_up(host, port)))


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

    with httpx.Client(timeout=_SILENCE, follow_redirects=False, trust_env=False) as client, ending(client, _SECONDS):
        for _ in range(_REDIRECTS + 1):
            target = parsed_url(url)
            addresses = _allowed(target, origin)
            try:
                answer = asked(client, target, addresses, headers)
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


def asked(
    client: httpx.Client,
    target: httpx.URL,
    addresses: Sequence[str],
    headers: Mapping[str, str],
    body: bytes | None = None,
) -> httpx.Response:
    """The answer of the first address that takes a connection; name and certificate are those of the host.

    It is a GET, or with a body a POST. Nothing is looked up again and no redirect is followed.
    """
    import httpx  # noqa: PLC0415 - needed by feeds and webhooks alone

    sent = {**headers, "Accept-Encoding": "identity", "Host": target.netloc.decode("ascii")}
    method = "GET" if body is None else "POST"
    for last, address in enumerate(addresses, 1 - len(addresses)):
        request = client.build_request(method, target.copy_with(host=address), headers=sent, content=body)
        request.extensions["sni_hostname"] = target.raw_host.decode("ascii")
        try:
            return client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if not last:
                raise
    raise _unreachable("its host has no address")


@contextmanager
def ending(client: httpx.Client, seconds: float) -> Iterator[None]:
    """Close the client after some seconds: its own time-out starts anew with every byte, in the head too."""
    timer = threading.Timer(seconds, client.close)
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


def parsed_url(url: str) -> httpx.URL:
    """A URL of http or https, of usual length.

    Raises:
        InputError: `url-refused`.
    """
    import httpx  # noqa: PLC0415 - needed by feeds alone

    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise _refused("it is malformed") from error
    if target.scheme not in _PORTS or not target.host or len(url) > MAX_URL:
        raise _refused("it is no http or https address of usual length")
    if target.port is not None and not 0 < target.port < 2**16:
        raise _refused("it has no TCP port")
    return target


def server_of(target: httpx.URL) -> tuple[str, int]:
    """Host and TCP port of a URL."""
    return target.raw_host.decode("ascii"), target.port or _PORTS[target.scheme]


def _allowed(target: httpx.URL, origin: Origin) -> list[str]:
    """Addresses of a host, if all of them may be asked."""
    host, port = server_of(target)
    known = origin.addresses if (host, port) == (origin.host, origin.port) else frozenset()
    found = looked_up(host, port)
    if not all(address in known or is_public(address) for address in found):
        raise _refused("its host is in a private network")
    return found[:_ADDRESSES]


def is_public(address: str) -> bool:
    """Whether an IP address is one host of the open internet, also where IPv6 only wraps an IPv4 address.

    A gateway unwraps such an address (NAT64, RFC 6052; 6to4, RFC 3056; Teredo, RFC 4380), so that the wrapping of a
    loopback or metadata address would lead there although IPv6 calls it global.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if not found.is_global or found.is_multicast or found.is_reserved:
        return False
    if any(found in network for network in _UNROUTED):
        return False
    return found.version == 4 or not (int(found) >> 32 & 0xFCFF_FFFF == _ISATAP or _is_wrapped(found))


def _is_wrapped(address: ipaddress.IPv6Address) -> bool:
    return any(address in network for network in _WRAPPING)


def looked_up(host: str, port: int) -> list[str]:
    """The addresses of a host, in the resolver's order.

    Raises:
        UnavailableError: `feed-unreachable`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _unreachable("its host has no address") from error
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _refused(why: str) -> InputError:
    return InputError("url-refused", f"an address is not asked: {why}", "fetch the file by other means")


def _unreachable(why: str) -> UnavailableError:
    return UnavailableError("feed-unreachable", f"no answer from the feed or its file: {why}", "try again later")
