"""Feeds: what they name, and that they are asked for only when they have changed."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace
from typing import Any

import pytest

from offchain.errors import ColophonError
from offchain.workflows import feeds
from offchain.workflows.feeds import Entry, is_url, parse_feed
from tests.offchain.serving import serving

BASE = "https://example.org/feeds/all"

RSS = b"""<?xml version="1.0"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>t</title>
<item><guid>one</guid><pubDate>Sun, 22 Nov 2026</pubDate><link>https://example.org/one</link>
<enclosure url="/sound.mp3" length="5" type="audio/mpeg"/></item>
<item><guid>two</guid>
<media:group><media:content url="https://cdn.example.org/p.jpg" fileSize="7"/></media:group></item>
</channel></rss>"""

ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:1</id><updated>2026-11-22</updated>
<link rel="alternate" href="https://example.org/page"/>
<link rel="enclosure" href="film.mp4" length="9"/></entry></feed>"""

JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [
            {"id": "1", "image": "https://example.org/i.png", "attachments": [{"url": "b.ogg", "size_in_bytes": 3}]}
        ],
    }
).encode()

BOMB = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">%s]><rss><channel><item>
<enclosure url="&j;"/></item></channel></rss>""" % b"".join(
    b'<!ENTITY %c "%s">' % (98 + at, b"&%c;" % (97 + at) * 10) for at in range(9)
)


def test_parse_feed__rss__enclosures_and_media_with_what_changes_with_them():
    assert parse_feed(RSS, BASE) == [
        Entry("https://example.org/sound.mp3", "one:Sun, 22 Nov 2026:5"),
        Entry("https://cdn.example.org/p.jpg", "two:7"),
    ]


def test_parse_feed__atom__enclosures_but_no_pages():
    assert parse_feed(ATOM, BASE) == [Entry("https://example.org/feeds/film.mp4", "urn:1:2026-11-22:9")]


def test_parse_feed__json__attachments_and_images():
    assert [each.url for each in parse_feed(JSON_FEED, BASE)] == [
        "https://example.org/feeds/b.ogg",
        "https://example.org/i.png",
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html></html>",
        RSS[:-10],
        b"{}",
        b'{"version": 1, "items": []}',
        b'{"version": "https://jsonfeed.org/version/1", "items": [1]}',
        b'{"a":' * 50_000,
        BOMB,
        b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel>&x;</channel></rss>',
        b"\xff\xfe\x00",
    ],
)
def test_parse_feed__no_feed_or_an_attack__malformed(data):
    with pytest.raises(ColophonError) as caught:
        parse_feed(data, BASE)
    assert caught.value.code == "feed-malformed"


def test_parse_feed__entries_within_entries__take_no_time():
    """Going through each of 100,000 nested entries with all that is in it would take hours."""
    depth = 100_000
    feed = b"<rss><channel>" + b"<item>" * depth + b"<enclosure url='a'/>" + b"</item>" * depth + b"</channel></rss>"
    before = time.process_time()
    assert [each.url for each in parse_feed(feed, BASE)] == ["https://example.org/feeds/a"]
    assert time.process_time() - before < 30


def test_is_url__paths_are_none():
    assert [is_url(each) for each in ("http://a/f", "HTTPS://a", "file:///etc", "a/http://b", "ftp://a")] == [
        *(True, True),
        *(False, False, False),
    ]


def test_shown__password_of_the_feed__is_not_told():
    assert feeds._shown("https://ann:pw@example.org/a@b?c=1") == "https://example.org/a@b?c=1"


class Publisher:
    """Serves a feed with validators, and counts how often it had to send it."""

    def __init__(self, *bodies: bytes, header: str = "ETag") -> None:
        self.bodies = list(bodies)
        self.header = header
        self.sent: list[int] = []

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        version = {"ETag": f'"{len(self.bodies)}"', "Last-Modified": f"Sun, 22 Nov 2026 10:00:0{len(self.bodies)} GMT"}
        asked = handler.headers.get("If-None-Match" if self.header == "ETag" else "If-Modified-Since")
        self.sent.append(304 if asked == version[self.header] else 200)
        handler.send_response(self.sent[-1])
        handler.send_header(self.header, version[self.header])
        handler.end_headers()
        handler.wfile.write(self.bodies[0] if self.sent[-1] == 200 else b"")


def service(home) -> Any:
    return SimpleNamespace(settings=SimpleNamespace(home=home))


def names(home, url: str) -> list[str]:
    return [place.where.name.rpartition("/")[2] for place in feeds.media_of(service(home), url)]


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_media_of__feed_has_not_changed__is_not_sent_again_and_names_the_same(tmp_path, header):
    publisher = Publisher(ATOM, header=header)
    with serving(publisher) as url:
        assert names(tmp_path, url) == names(tmp_path, url) == ["film.mp4"]
    assert publisher.sent == [200, 304]


def test_media_of__feed_has_changed__names_the_new_ones(tmp_path):
    publisher = Publisher(ATOM, JSON_FEED)
    with serving(publisher) as url:
        names(tmp_path, url)
        del publisher.bodies[0]
        assert names(tmp_path, url) == ["b.ogg", "i.png"]
    assert publisher.sent == [200, 200]


def test_media_of__feeds_of_two_addresses__are_kept_apart(tmp_path):
    with serving(Publisher(ATOM)) as one, serving(Publisher(JSON_FEED)) as other:
        for _ in range(2):
            assert names(tmp_path, one) == ["film.mp4"]
            assert names(tmp_path, other) == ["b.ogg", "i.png"]


def test_media_of__copy_that_cannot_be_read__is_asked_for_again(tmp_path):
    publisher = Publisher(ATOM)
    with serving(publisher) as url:
        names(tmp_path, url)
        for copy in (tmp_path / "feeds").iterdir():
            copy.write_bytes(b"[]\n")
        assert names(tmp_path, url) == ["film.mp4"]
    assert publisher.sent == [200, 200]


def test_media_of__malformed__is_not_kept(tmp_path):
    """Its validators would let the next scan believe that there is a copy."""
    publisher = Publisher(b"<html/>")
    with serving(publisher) as url:
        for _ in range(2):
            with pytest.raises(ColophonError):
                names(tmp_path, url)
    assert publisher.sent == [200, 200]
