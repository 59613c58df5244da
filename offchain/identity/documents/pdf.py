"""PDF: the text of every page, by pypdf (ISO 32000-2 §9.10).

pypdf meets damaged files with whatever error comes first, among them those of Python itself; all of them mean the same
here. A scan without text gives none and is featureless.
"""

from __future__ import annotations

import logging
from typing import BinaryIO, Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from offchain.errors import InputError
from offchain.identity.documents.bounds import MAX_CHARACTERS, malformed, oversized

__all__ = ["read"]

MAX_PAGES: Final = 10_000

_DAMAGE: Final = (
    *(PyPdfError, ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, OSError),
    *(RecursionError, TypeError, ValueError),
)

logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def read(stream: BinaryIO) -> str:
    """The text of a document; one that an empty password opens is read.

    Raises:
        InputError: `document-malformed`, `document-encrypted` or `text-oversized`.
    """
    try:
        return _pages(PdfReader(stream))
    except _DAMAGE as error:
        raise malformed(f"{type(error).__name__}: {str(error)[:200]}") from error


def _pages(reader: PdfReader) -> str:
    if reader.is_encrypted and not reader.decrypt(""):
        raise InputError("document-encrypted", "the document is encrypted", "submit it without a password")
    if len(reader.pages) > MAX_PAGES:
        raise malformed(f"it has {len(reader.pages)} pages, more than {MAX_PAGES}")
    texts: list[str] = []
    length = 0
    for page in reader.pages:
        texts.append(page.extract_text())
        length += len(texts[-1])
        if length > MAX_CHARACTERS:
            raise oversized()
    return "\n".join(texts)
