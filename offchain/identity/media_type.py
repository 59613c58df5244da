"""Media types by content: what the bytes are, whatever the file is called.

The first bytes decide, so a file that is valid as several things is what it starts as. A container is looked into. A
name decides only between kinds of the same bytes: text in a file ending in `.md` is Markdown, in `.html` HTML.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import BinaryIO, Final, Literal

from offchain.errors import InputError
from offchain.identity.containers import matroska_type, midi_type, mp4_type, mpeg_audio_type, ogg_type, zip_type

__all__ = ["SCORE", "SUPPORTED", "Mode", "is_recording", "media_type", "mode_of"]

SCORE: Final = "audio/midi"
"""Notes without sound: such a work has no Content-Code, so it is known again by its bytes alone."""

SUPPORTED: Final = (
    *("image/png", "image/jpeg", "image/webp", "image/tiff", "image/gif"),
    *("text/plain", "text/markdown", "text/html", "application/pdf"),
    *("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/epub+zip"),
    *("audio/wav", "audio/mpeg", "audio/flac", "audio/ogg", "audio/mp4", SCORE),
    *("video/mp4", "video/webm", "video/matroska"),
)
"""Every answer of `media_type`."""

_NAMES: Final = (
    "PNG, JPEG, WebP, TIFF, GIF; text, Markdown, HTML, PDF, DOCX, EPUB; "
    "WAV, MP3, FLAC, Ogg, M4A, MIDI; MP4, WebM, Matroska"
)
_HEAD_SIZE: Final = 4096

# PNG 3rd ed. §5.2; ITU-T T.81 §B.1.1.3, SOI and the start of the next marker; TIFF 6.0 §2; GIF89a §17; RFC 9639 §6;
# ISO 32000-2 §7.5.2. RIFF files (WebP: RFC 9649 §2.4) carry a second signature.
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"fLaC", "audio/flac"),
    (b"%PDF-", "application/pdf"),
)
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}

_RECORDINGS: Final = (b"RIFF", b"ID3", b"fLaC", b"OggS", b"\x1aE\xdf\xa3")

_HTML: Final = re.compile(
    rb"(?:\s|<!--.{0,2000}?-->|<\?.{0,500}?\?>)*<(?:!doctype\s+html|html)\b", re.DOTALL | re.IGNORECASE
)

# These may be valid UTF-8, yet registering their source as prose would fingerprint the markup.
_MARKUP: Final = (
    (b"%pdf-", "a damaged PDF"),
    (b"%!ps", "PostScript"),
    (b"{\\rtf", "RTF"),
    (b"<!doctype", "markup other than HTML"),
    (b"<?xml", "XML"),
    (b"<svg", "SVG"),
)
_BY_SUFFIX: Final = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
}

Mode = Literal["text", "image", "audio", "video"]


def media_type(stream: BinaryIO, name: str | None = None) -> str:
    """Name the media type of a file.

    Args:
        stream: the file, from its start.
        name: its name, if it has one.

    Returns:
        One of `SUPPORTED`: a promise that the caller's full decoding keeps or breaks.

    Raises:
        InputError: `media-unsupported`, or `document-malformed` for a damaged zip archive.
    """
    head = stream.read(_HEAD_SIZE)
    found = _signed(head) or _contained(stream, head) or _written(head, name)
    if found not in SUPPORTED:
        raise InputError("media-unsupported", f"this file is {found}", f"convert it to one of {_NAMES}")
    return found


def mode_of(kind: str) -> Mode:
    """How a medium is fingerprinted."""
    for mode in ("image", "audio", "video"):
        if kind.startswith(mode):
            return mode
    return "text"


def is_recording(head: bytes) -> bool:
    """Whether a file that starts like this may be sound or moving pictures, which take longer than anything else."""
    return head.startswith(_RECORDINGS) or head[4:8] == b"ftyp" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")


def _signed(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    return next((kind for signature, kind in _SIGNATURES if head.startswith(signature)), None)


def _contained(stream: BinaryIO, head: bytes) -> str | None:
    """Look into a container; what comes back may be a phrase for what it is instead."""
    if head[:4] == b"PK\x03\x04":
        return zip_type(stream)
    if head[4:8] == b"ftyp":
        return mp4_type(stream)
    if head[:4] == b"\x1aE\xdf\xa3":
        return matroska_type(head)
    if head[:8] == b"MThd\x00\x00\x00\x06":
        return midi_type(stream)
    if head[:4] == b"OggS":
        return ogg_type(head)
    return mpeg_audio_type(stream, head)


def _written(head: bytes, name: str | None) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text in UTF-16, not in UTF-8"
    if _HTML.match(start):
        return "text/html"
    for signature, markup in _MARKUP:
        if start.lstrip()[:16].lower().startswith(signature):
            return markup
    if b"\x00" in head:
        return "in none of the formats that Colophon reads"
    return _BY_SUFFIX.get(PurePath(name or "").suffix.lower(), "text/plain")
