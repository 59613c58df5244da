"""Feeds: what they name, and what strangers' servers may and may not do."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler

import pytest

from offchain.errors import ColophonError
from offchain.workflows import feeds
from offchain.workflows.feeds import Entry, is_url, parse_feed
from tests.offchain.serving import Answer, serving

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
    assert time.process_time() - before < 2


def test_is_url__paths_are_none():
    assert [is_url(each) for each in ("http://a/f", "HTTPS://a", "file:///etc", "a/http://b", "ftp://a")] == [
        *(True, True),
        *(False, False, False),
    ]


def test_shown__password_of_the_feed__is_not_told():
    assert feeds._shown("https://ann:pw@example.org/a@b?c=1") == "https://example.org/a@b?c=1"


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(4_096):
        handler.wfile.write(b"<" * 2**14)


def looping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path + "x")
    handler.end_headers()


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        handler.wfile.write(b"X: y\r\n")
        handler.wfile.flush()
        time.sleep(0.05)


def redirecting(to: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(301)
        handler.send_header("Location", to)
        handler.end_headers()

    return answer


def code_of(url: str, feed: str | None = None) -> str:
    with pytest.raises(ColophonError) as caught:
        b"".join(feeds._fetched(url, feed or url, 2**20))
    return caught.value.code


def test_fetched__endless_body__ends_at_the_limit():
    with serving(endless) as url:
        assert code_of(url) == "url-oversized"


def test_fetched__redirect_loop__refused():
    with serving(looping) as url:
        assert code_of(url) == "url-refused"


def test_fetched__head_that_never_ends__given_up_in_time(monkeypatch):
    monkeypatch.setattr(feeds, "_SECONDS", 0.5)
    with serving(dripping) as url:
        before = time.monotonic()
        assert code_of(url) == "feed-unreachable"
        assert time.monotonic() - before < 4  # the head alone takes five seconds


def test_fetched__not_there__unreachable():
    with serving(lambda handler: handler.send_error(404)) as url:
        assert code_of(url) == "feed-unreachable"


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://example.org/a", "http://10.0.0.1/admin"])
def test_fetched__redirected_to_what_must_not_be_asked__refused(to):
    with serving(redirecting(to)) as url:
        assert code_of(url) == "url-refused"


def test_fetched__redirected_to_what_is_no_address__unreachable():
    with serving(redirecting("http://[::1/")) as url:
        assert code_of(url) == "feed-unreachable"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/latest", "http://0/"]
)
def test_fetched__address_of_a_private_network_in_a_strangers_feed__refused(url):
    assert code_of(url, "https://example.org/feed") == "url-refused"
