"""Media types by content: what the bytes are, whatever the file is called.

A name decides one thing only, between two kinds of the same bytes: text in a file ending in `.md` is Markdown.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from offchain.errors import InputError

__all__ = ["HEAD_SIZE", "SUPPORTED", "media_type"]

HEAD_SIZE: Final = 1024
"""Leading bytes that `media_type` looks at."""

SUPPORTED: Final = ("image/png", "image/jpeg", "image/webp", "text/plain", "text/markdown")
"""Every answer of `media_type`."""

# Signatures: PNG 3rd ed. §5.2; ITU-T T.81 §B.1.1.3, SOI and the start of the next marker. WebP (RFC 9649 §2.4) has two.
_IMAGES: Final = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))

# These may be valid UTF-8, yet registering their source as prose would fingerprint the markup.
_MARKUP: Final = (
    (b"gif8", "GIF"),
    (b"%pdf-", "PDF"),
    (b"%!ps", "PostScript"),
    (b"{\\rtf", "RTF"),
    (b"<!doctype", "HTML"),
    (b"<html", "HTML"),
    (b"<?xml", "XML"),
    (b"<svg", "SVG"),
)
_MARKDOWN_SUFFIXES: Final = frozenset({".md", ".markdown"})


def media_type(head: bytes, name: str | None = None) -> str:
    """Name the media type of a file.

    Args:
        head: its first `HEAD_SIZE` bytes, or all of them if it is shorter.
        name: its name, if it has one.

    Returns:
        One of `SUPPORTED`. Text is a promise that the caller's full decoding keeps or breaks.

    Raises:
        InputError: `media-unsupported`.
    """
    for signature, image in _IMAGES:
        if head.startswith(signature):
            return image
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower()
    for signature, markup in _MARKUP:
        if start.startswith(signature):
            raise _unsupported(f"this file is {markup}")
    if b"\x00" in head:
        raise _unsupported("this file is neither a supported image nor UTF-8 text")
    suffix = PurePath(name or "").suffix.lower()
    return "text/markdown" if suffix in _MARKDOWN_SUFFIXES else "text/plain"


def _unsupported(what: str) -> InputError:
    return InputError("media-unsupported", what, f"convert it to one of {', '.join(SUPPORTED)}")
