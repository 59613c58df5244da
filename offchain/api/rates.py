"""How often somebody may ask: per address, per key or session, and less often what costs much.

An address has its allowance whatever it sends, so that inventing keys gains nothing; a key has one of its own, from
wherever it is used. What an allowance is stands in the headers of every answer (draft-ietf-httpapi-ratelimit-headers).
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

from limits import parse
from limits.errors import ConfigurationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from offchain.api.counting import Allowance, Counts
from offchain.api.problems import MEDIA_TYPE, problem_of
from offchain.config import RateSettings
from offchain.errors import ColophonError, InputError

__all__ = ["CODE", "RateLimits", "address_of", "networks"]

CODE: Final = "rate-limited"

_FREE: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_COSTLY: Final = (
    "/v1/works",
    "/v1/generations",
    "/v1/quotes",
    "/v1/orders",
    "/v1/keys",
    "/v1/auth/",
    "/v1/certificates",
)
"""What POSTs to these paths, or below them, start: decoding, models, proofs, signatures."""

_COSTLY_READ: Final = re.compile(r"^/v1/statements/|/certificate$|/flows$|/graph|/prices/|/master$")
"""Reads that set a page, draw a picture or open a master."""

_V6_PREFIX: Final = 64
"""A host has a whole /64 of IPv6 to itself."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class RateLimits:
    """Refuses whoever has used an allowance up, with 429 and the time to wait.

    Args:
        app: what is protected.
        settings: the allowances, where they are counted, and which proxies may say whom they speak for.

    Raises:
        InputError: `setting-malformed`.
    """

    def __init__(self, app: ASGIApp, settings: RateSettings) -> None:
        self._app = app
        try:
            self._counts = Counts(settings.storage)
            self._plain, self._costly = parse(settings.plain), parse(settings.costly)
            self._proxies = networks(settings.proxies)
        except (ValueError, ImportError, ConfigurationError) as error:
            raise InputError(
                "setting-malformed",
                "one of COLOPHON_RATE_LIMIT, _RATE_LIMIT_COSTLY, _RATE_STORAGE and _TRUSTED_PROXIES is malformed",
                "write 3000/minute, 300/minute, memory:// or redis://HOST, and networks like 10.0.0.0/8",
            ) from error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in _FREE:
            await self._app(scope, receive, send)
            return
        counted = await self._counts.spend(list(self._allowances(scope)))
        told = _headers(counted.told, counted.left, counted.wait)
        if counted.spent is not None:
            await _refuse(send, scope["path"], told)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in told.items():
                    headers.append(name, value)
            await send(message)

        await self._app(scope, receive, tell)

    def _allowances(self, scope: Scope) -> Iterator[Allowance]:
        headers = Headers(scope=scope)
        address = address_of(scope, self._proxies)
        costly = scope["path"].startswith(_COSTLY) if scope["method"] == "POST" else _COSTLY_READ.search(scope["path"])
        yield Allowance("address", self._plain, address)
        if costly:
            yield Allowance("costly", self._costly, address)
        if given := headers.get("authorization"):
            key = hashlib.sha256(given.partition(" ")[2].strip().encode()).hexdigest()[:32]
            yield Allowance("key", self._plain, key)
            if costly:
                yield Allowance("costly-key", self._costly, key)


@cache
def networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    """Networks as they are written in the settings.

    Raises:
        ValueError: one is malformed.
    """
    return tuple(ipaddress.ip_network(each) for each in proxies)


def address_of(scope: Scope, proxies: Sequence[Network]) -> str:
    """Who asks: the peer, or whom the nearest trusted proxy speaks for; of IPv6 the network of the host.

    `X-Forwarded-For` is read from its end, for as long as those who wrote it are trusted: what stands before is
    whatever a stranger wrote.
    """
    peer = (scope.get("client") or ("",))[0]
    return _address(peer, ",".join(Headers(scope=scope).getlist("x-forwarded-for")), tuple(proxies))


@lru_cache(maxsize=4096)
def _address(peer: str, given: str, proxies: tuple[Network, ...]) -> str:
    chain = [each.strip() for each in given.split(",") if each.strip()]
    while chain and _within(peer, proxies):
        peer = chain.pop()
    address = _parsed(peer)
    if address is None:
        return peer[:64]
    return str(ipaddress.ip_network((address, _V6_PREFIX), strict=False)) if address.version == 6 else str(address)


def _within(peer: str, proxies: Sequence[Network]) -> bool:
    address = _parsed(peer)
    return address is not None and any(address in network for network in proxies)


def _parsed(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address without its port; IPv4 within IPv6 is IPv4, else all of it would be one network."""
    bare = peer[1:].partition("]")[0] if peer.startswith("[") else peer
    bare = bare.partition(":")[0] if bare.count(":") == 1 else bare
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if address.version == 6 else address


def _headers(allowance: Allowance, left: int, wait: int) -> dict[str, str]:
    item = allowance.item
    return {
        "RateLimit-Policy": f'"{allowance.name}";q={item.amount};w={item.get_expiry()}',
        "RateLimit": f'"{allowance.name}";r={left};t={wait}',
    }


async def _refuse(send: Send, path: str, told: dict[str, str]) -> None:
    wait = told["RateLimit"].rpartition("t=")[2]
    problem = problem_of(
        ColophonError(CODE, "you ask more often than you may", f"ask again in {wait} s", seconds=int(wait)), path
    )
    body = json.dumps(problem.model_dump()).encode()
    headers = {**told, "Retry-After": wait, "Content-Type": MEDIA_TYPE, "Content-Length": str(len(body))}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
