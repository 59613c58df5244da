"""Feeds: files that RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 name.

    RSS         <enclosure url>, and <media:content url> of Media RSS
    Atom        <link rel="enclosure" href>, and the same <media:content>
    JSON Feed   items[].attachments[].url, and items[].image

A feed is asked for only if it has changed since the last time, where its server says so (ETag, Last-Modified); until
then its copy in the home folder stands. How strangers' servers are asked is in `fetching`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from offchain.errors import InputError, UnavailableError
from offchain.identity.durable import replace_file
from offchain.workflows.casefiles import Where
from offchain.workflows.fetching import MAX_URL, Origin, fetched, fetched_if_changed, origin_of
from offchain.workflows.places import Place
from offchain.workflows.services import Services

__all__ = ["MAX_ENTRIES", "MAX_FEED", "Entry", "is_url", "media_of", "parse_feed"]

MAX_FEED: Final = 4 * 2**20
"""Bytes of a feed."""

MAX_ENTRIES: Final = 1_000
"""Files of a feed that are looked at, the first ones."""

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
        UnavailableError: `feed-unreachable`, `disk-failed`.
    """
    origin = origin_of(url)
    entries = _entries(services.settings.home / "feeds", url, origin)
    for entry in list({entry.url: entry for entry in entries}.values())[:MAX_ENTRIES]:
        key = hashlib.sha256(f"url:{entry.url}".encode(errors="replace")).digest()
        opened = partial(_downloaded, services, entry.url, origin)
        yield Place(key, entry.version, Where("url", _shown(entry.url)), opened)


def _entries(folder: Path, url: str, origin: Origin) -> list[Entry]:
    """What a feed names now; its copy in the folder is kept level with it."""
    copy = folder / hashlib.sha256(url.encode(errors="replace")).hexdigest()
    validators, body = _copied(copy)
    answer = fetched_if_changed(url, origin, MAX_FEED, validators)
    if answer.body is None:
        return parse_feed(body, url)
    entries = parse_feed(answer.body, url)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(copy, json.dumps(dict(answer.validators)).encode() + b"\n" + answer.body)
    except OSError as error:
        raise UnavailableError(
            "disk-failed", f"the copy of a feed cannot be written: {error.strerror}", "make room on the disk"
        ) from error
    return entries


def _copied(copy: Path) -> tuple[Mapping[str, str], bytes]:
    """Validators and body of a copy; none where there is none that can be read."""
    try:
        head, _, body = copy.read_bytes().partition(b"\n")
        told = json.loads(head)
        return {str(name): str(value) for name, value in told.items()}, body
    except (OSError, ValueError, AttributeError):
        return {}, b""


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
def _downloaded(services: Services, url: str, origin: Origin) -> Iterator[Path]:
    """The file behind a URL.

    Raises:
        InputError: `url-refused`, `url-oversized`.
        UnavailableError: `feed-unreachable`, `disk-failed`.
    """
    spooled = services.vault.spool(b"", PurePosixPath(urlsplit(url).path).name)
    try:
        with spooled.open("wb") as out:
            for piece in fetched(url, origin, services.settings.max_upload):
                out.write(piece)
        yield spooled
    finally:
        services.vault.drop(spooled)
