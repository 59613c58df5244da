"""One text from any kind of document."""

from __future__ import annotations

from importlib import import_module
from typing import BinaryIO, Final

from offchain.identity.documents.bounds import MAX_CHARACTERS, oversized
from offchain.identity.text import decode_text

__all__ = ["document_text"]

_READERS: Final = {
    "text/html": "html",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/epub+zip": "epub",
}


def document_text(stream: BinaryIO, kind: str) -> str:
    """The text of a document.

    Args:
        stream: the document, from its start.
        kind: its media type, one of text.

    Raises:
        InputError: `text-malformed`, `text-oversized`, `document-malformed` or `document-encrypted`.
    """
    reader = _READERS.get(kind)
    if reader is None:
        text = decode_text(stream.read())
    else:
        text = str(import_module(f"offchain.identity.documents.{reader}").read(stream))
    if len(text) > MAX_CHARACTERS:
        raise oversized()
    return text
