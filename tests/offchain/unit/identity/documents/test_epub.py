from __future__ import annotations

import zipfile

import pytest

from offchain.errors import InputError
from offchain.identity.documents.epub import read
from tests.offchain.unit.identity.documents.archives import epub, zipped

PAGES = {"b.xhtml": "<html><body>first</body></html>", "a.xhtml": "<html><body>second</body></html>"}


def test_read__pages__come_in_the_order_of_the_spine():
    assert read(epub(PAGES)) == "first\nsecond"
    assert read(epub(PAGES, spine='<itemref idref="p1"/><itemref idref="p0"/>')) == "second\nfirst"


def test_read__page_outside_the_spine__is_not_read():
    assert read(epub(PAGES, spine='<itemref idref="p1"/>')) == "second"


def test_read__page_repeated_in_the_spine__counts_once():
    """A spine of a million lines naming one page of a megabyte would stand for a terabyte."""
    assert read(epub(PAGES, spine='<itemref idref="p0"/>' * 10_000)) == "first"


def test_read__percent_encoded_reference__is_resolved():
    stored = {"mimetype": "application/epub+zip", "OEBPS/chapter 1.xhtml": "<html><body>x</body></html>"}
    with zipfile.ZipFile(epub({"chapter%201.xhtml": "other"})) as archive:
        stored |= {name: archive.read(name).decode() for name in ("META-INF/container.xml", "OEBPS/book.opf")}
    assert read(zipped(stored)) == "x"


@pytest.mark.parametrize(
    "href", ["../../etc/passwd", "%2e%2e/%2e%2e/secret", "/etc/passwd", "..\\x", "file:/etc/passwd"]
)
def test_read__reference_out_of_the_archive__is_malformed(href):
    with pytest.raises(InputError) as caught:
        read(epub({href: "x"}))
    assert caught.value.code == "document-malformed"


def test_read__no_package__is_malformed():
    with pytest.raises(InputError) as caught:
        read(epub(PAGES, package="../book.opf"))
    assert caught.value.code == "document-malformed"
