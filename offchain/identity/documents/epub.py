"""EPUB: the pages of the spine in reading order (EPUB 3.3 §5.7 and OCF §4.2)."""

from __future__ import annotations

from typing import BinaryIO, Final
from urllib.parse import unquote

from offchain.identity.documents.archive import Archive, opened, resolved
from offchain.identity.documents.bounds import malformed
from offchain.identity.documents.html import page_text

__all__ = ["read"]

_CONTAINER: Final = "META-INF/container.xml"
_ROOTFILE: Final = "{urn:oasis:names:tc:opendocument:xmlns:container}rootfile"
_PACKAGE: Final = "application/oebps-package+xml"
_OPF: Final = "{http://www.idpf.org/2007/opf}"
_PAGES: Final = frozenset(("application/xhtml+xml", "text/html"))


def read(stream: BinaryIO) -> str:
    """The text of a book.

    Raises:
        InputError: `document-malformed`, `document-encrypted` or `document-oversized`.
    """
    with opened(stream) as archive:
        return "\n".join(filter(None, (page_text(archive.read(page)) for page in _spine(archive))))


def _spine(archive: Archive) -> list[str]:
    package = _package(archive)
    root = archive.xml(package)
    pages = {
        item.get("id"): resolved(package, unquote(item.get("href", "").partition("#")[0]))
        for item in root.iter(_OPF + "item")
        if item.get("media-type") in _PAGES
    }
    order = (pages.get(reference.get("idref")) for reference in root.iter(_OPF + "itemref"))
    # A page counts once, however often the spine repeats it: a small file must not stand for a long book.
    return list(dict.fromkeys(page for page in order if page is not None))


def _package(archive: Archive) -> str:
    for rootfile in archive.xml(_CONTAINER).iter(_ROOTFILE):
        if rootfile.get("media-type") == _PACKAGE:
            return resolved("", rootfile.get("full-path", ""))
    raise malformed("it names no package")
