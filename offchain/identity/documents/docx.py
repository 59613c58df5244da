"""DOCX: body text, footnotes and endnotes (ECMA-376-1, WordprocessingML §17)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import BinaryIO, Final

from offchain.identity.containers import DOCX_MAIN_PART
from offchain.identity.documents.archive import Archive, opened, resolved
from offchain.identity.documents.bounds import malformed

__all__ = ["read"]

_TYPES: Final = "[Content_Types].xml"
_CONTENT_TYPES: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_WORD: Final = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",  # ISO/IEC 29500 Strict
)
_NOTES: Final = ("footnotes.xml", "endnotes.xml")

_TEXT: Final = {space + "t" for space in _WORD}
_ENDS: Final = {space + name: "\n" for space in _WORD for name in ("p", "br", "cr")} | {
    space + name: "\t" for space in _WORD for name in ("tab", "tc")
}
# What a reader does not see: text deleted or moved away under change tracking, and a shape's copy for old programs.
_UNSEEN: Final = {space + name for space in _WORD for name in ("del", "moveFrom")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}


def read(stream: BinaryIO) -> str:
    """The text of a document.

    Raises:
        InputError: `document-malformed`, `document-encrypted` or `document-oversized`.
    """
    with opened(stream) as archive:
        main = _main_part(archive)
        beside = (posixpath.join(posixpath.dirname(main), name) for name in _NOTES)
        return "".join(archive.parsed(part, _Text()) for part in (main, *beside) if part in archive or part == main)


def _main_part(archive: Archive) -> str:
    for override in archive.xml(_TYPES).iter(_CONTENT_TYPES + "Override"):
        if override.get("ContentType") == DOCX_MAIN_PART:
            return resolved("", override.get("PartName", "").removeprefix("/"))
    raise malformed("it has no main part")


class _Text:
    """Collects runs in document order as the parser meets them: a tree would take forty times the bytes."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._unseen = 0
        self._in_text = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002 - the parser passes them
        self._unseen += tag in _UNSEEN
        self._in_text = tag in _TEXT

    def data(self, text: str) -> None:
        if self._in_text and not self._unseen:
            self._pieces.append(text)

    def end(self, tag: str) -> None:
        self._in_text = False
        self._unseen -= tag in _UNSEEN
        if tag in _ENDS and not self._unseen:
            self._pieces.append(_ENDS[tag])

    def close(self) -> str:
        return "".join(self._pieces)
