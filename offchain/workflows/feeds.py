"""Feeds: files that RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 name, and fetching them from strangers.

    RSS         <enclosure url>, and <media:content url> of Media RSS
    Atom        <link rel="enclosure" href>, and the same <media:content>
    JSON Feed   items[].attachments[].url, and items[].image

Everything here is bounded: bytes, seconds, redirects, entries. Only http and https are spoken. A feed cannot make this
machine ask its own network: a host with a private address is asked only if the user named it as the feed's host.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from offchain.errors import InputError, UnavailableError
from offchain.workflows.casefiles import Where
from offchain.workflows.places import Place
from offchain.workflows.services import Services

if TYPE_CHECKING:
    import httpx

__all__ = ["MAX_ENTRIES", "MAX_FEED", "Entry", "is_url", "media_of", "parse_feed"]

MAX_FEED: Final = 4 * 2**20
"""Bytes of a feed."""

MAX_ENTRIES: Final = 1_000
"""Files of a feed that are looked at, the first ones."""

MAX_URL: Final = 2_000

_SECONDS: Final = 300.0
"""On the clock, for one file with all its redirects."""

_SILENCE: Final = 10.0
_REDIRECTS: Final = 5
_PORTS: Final = {"http": 80, "https": 443}
_URL: Final = re.compile(r"https?://", re.IGNORECASE)
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_MEDIA: Final = "{http://search.yahoo.com/mrss/}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that a feed names.

    Attributes:
        url: of the file, absolute.
        version: what the feed says that changes with it: the entry's id, its time, the file's length.
    """

    url: str
    version: str


def is_url(text: str) -> bool:
    """Whether a place is a feed's address."""
    return _URL.match(text) is not None


def media_of(services: Services, url: str) -> Iterator[Place]:
    """The files that a feed names now, each once; one that may not be asked for fails when it is opened.

    Raises:
        InputError: `feed-malformed`, `url-refused`, `url-oversized`.
        UnavailableError: `feed-unreachable`.
    """
    entries = parse_feed(b"".join(_fetched(url, url, MAX_FEED)), url)
    for entry in list({entry.url: entry for entry in entries}.values())[:MAX_ENTRIES]:
        key = hashlib.sha256(f"url:{entry.url}".encode(errors="replace")).digest()
        yield Place(key, entry.version, Where("url", _shown(entry.url)), partial(_downloaded, services, entry.url, url))


def parse_feed(data: bytes, base: str) -> list[Entry]:
    """The files that a feed names, in its order.

    Args:
        data: the feed.
        base: its own address, to which the others may be relative.

    Raises:
        InputError: `feed-malformed`, also for XML that declares entities.
    """
    try:
        named = _of_json(json.loads(data)) if data.lstrip()[:1] == b"{" else _of_xml(data)
        return [Entry(urljoin(base, url.strip()), version) for url, version in named if url.strip()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, SyntaxError) as error:
        raise InputError(
            "feed-malformed", "this is no RSS, Atom or JSON feed that can be read", "check the feed's address"
        ) from error


def _of_json(feed: dict[str, Any]) -> list[tuple[str, str]]:
    if "jsonfeed.org" not in feed["version"]:
        raise ValueError("another format")
    named = []
    for item in feed["items"]:
        version = f"{item.get('id')}:{item.get('date_modified')}"
        urls = [(each["url"], each.get("size_in_bytes")) for each in item.get("attachments", [])]
        urls += [(item["image"], None)] if item.get("image") else []
        named += [(str(url), f"{version}:{size}") for url, size in urls]
    return named


def _of_xml(data: bytes) -> list[tuple[str, str]]:
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415 - needed by feeds alone

    root = fromstring(data)
    if root.tag not in ("rss", f"{_ATOM}feed"):
        raise ValueError("another format")
    named = []
    # Only where the formats have them: entries within entries would be gone through again and again.
    for entry in [*root.findall("channel/item"), *root.findall(f"{_ATOM}entry")]:
        told = [entry.findtext(name) for name in ("guid", "pubDate", f"{_ATOM}id", f"{_ATOM}updated")]
        version = ":".join(each.strip() for each in told if each)
        for media in entry.iter():
            url = _media_url(media.tag, media.attrib)
            if url:
                named.append((url, f"{version}:{media.get('length') or media.get('fileSize') or ''}"))
    return named


def _media_url(tag: str, attributes: dict[str, str]) -> str | None:
    if tag in ("enclosure", f"{_MEDIA}content"):
        return attributes.get("url")
    is_enclosure = tag == f"{_ATOM}link" and attributes.get("rel") == "enclosure"
    return attributes.get("href") if is_enclosure else None


def _shown(url: str) -> str:
    """A URL as a case file may tell it: of a feed that asks for a password, it would have that, too."""
    start, _, rest = url.encode(errors="replace").decode().partition("//")
    host, slash, path = rest.partition("/")
    return f"{start}//{host.rpartition('@')[2]}{slash}{path}"[:MAX_URL]


@contextmanager
def _downloaded(services: Services, url: str, feed: str) -> Iterator[Path]:
    """The file behind a URL.

    Raises:
        InputError: `url-refused`, `url-oversized`.
        UnavailableError: `feed-unreachable`, `disk-failed`.
    """
    spooled = services.vault.spool(b"", PurePosixPath(urlsplit(url).path).name)
    try:
        with spooled.open("wb") as out:
            for piece in _fetched(url, feed, services.settings.max_upload):
                out.write(piece)
        yield spooled
    finally:
        services.vault.drop(spooled)


def _fetched(url: str, feed: str, limit: int) -> Iterator[bytes]:
    """The body of an answer, piece by piece, after at most `_REDIRECTS` redirects."""
    import httpx  # noqa: PLC0415 - needed by feeds alone

    # A proxy would look names up again, so that checking addresses here would mean nothing.
    with httpx.Client(timeout=_SILENCE, follow_redirects=False, trust_env=False) as client, _ending(client):
        for _ in range(_REDIRECTS + 1):
            _require_allowed(url, feed)
            try:
                with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
                    if not answer.has_redirect_location:
                        yield from _body(answer, limit)
                        return
                    url = urljoin(url, answer.headers["location"])
            # The client says by a RuntimeError that it was closed, which happens when the time is over.
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, RuntimeError) as error:
                raise _unreachable(type(error).__name__) from error
    raise _refused("it redirects too often")


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


def _require_allowed(url: str, feed: str) -> None:
    """Refuse addresses that a stranger's feed has no business with.

    The name may be looked up differently a moment later; a machine whose own network must not be reached at all needs
    a firewall.
    """
    try:
        parts, own = urlsplit(url), urlsplit(feed)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme.lower(), 0)
        is_own = (host, port) == (own.hostname, own.port or _PORTS.get(own.scheme.lower(), 0))
    except ValueError as error:
        raise _refused("it is malformed") from error
    if parts.scheme.lower() not in _PORTS or not host or len(url) > MAX_URL:
        raise _refused("it is no http or https address of usual length")
    if is_own:
        return
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise _unreachable("its host has no address") from error
    if not all(ipaddress.ip_address(str(address).partition("%")[0]).is_global for address in found):
        raise _refused("its host is in a private network")


def _refused(why: str) -> InputError:
    return InputError("url-refused", f"an address is not asked: {why}", "fetch the file by other means")


def _unreachable(why: str) -> UnavailableError:
    return UnavailableError("feed-unreachable", f"no answer from the feed or its file: {why}", "try again later")
