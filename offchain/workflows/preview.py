"""Previews: the one rendition that everybody may see, made so that it cannot stand in for the master.

An image is shrunk to at most 512 pixels and at most half of its longer side, as JPEG without metadata; of a film one of
the first 100 frames is. A text, a document too, is its first words, at most 120 and at most a quarter of all. Sound is
its first seconds, at most 30 and at most a quarter, mono, as MP3 of 64 kbit/s. A score has none: it holds no sound.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.identity import Identity
from offchain.identity.extraction import decoded
from offchain.identity.media_type import SCORE, mode_of
from offchain.identity.sandbox import guarded

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["PRELOAD", "Preview", "make_preview"]

PRELOAD: Final = ("offchain.identity.image", "offchain.identity.documents", "offchain.identity.audio")

MAX_SIDE: Final = 512
MAX_WORDS: Final = 120
MAX_SECONDS: Final = 30

_MEMORY: Final = 3 * 2**29
_CPU_SECONDS: Final = 120
_KINDS: Final = ("image/jpeg", "text/plain", "audio/mpeg")
_QUALITY: Final = 85
_WORD: Final = re.compile(r"\S+")
_MAX_FRAME: Final = 256 * 2**20
_BITRATE: Final = 64_000
# What names the program or repeats the master's notes would make the bytes differ, or tell too much.
_PLAIN: Final = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact")


@dataclass(frozen=True, slots=True)
class Preview:
    """A rendition's bytes and their media type."""

    data: bytes
    media_type: str


def make_preview(master: Path, identity: Identity) -> Preview | None:
    """The preview of a master, or None for what is too short to quote from.

    The same master gives the same bytes, so that making it twice pins nothing new.

    Raises:
        InputError: as `identify`, for a file that is no longer what it was.
        UnavailableError: `decoder-away`, `decoder-busy`, `ffmpeg-missing`.
    """
    made = guarded(preview_of, master, identity.media_type, memory=_MEMORY, seconds=_CPU_SECONDS)
    return None if made is None else _checked(made)


def _checked(made: object) -> Preview:
    """Only what a sound decoder makes: a preview is published under its media type, so it must not be a web page."""
    match made:
        case [bytes(data), str(kind)] if kind in _KINDS:
            return Preview(data, kind)
    raise InputError("decoding-failed", "the decoder answered nonsense", "export the file again with another program")


def preview_of(master: Path, kind: str) -> tuple[bytes, str] | None:
    """The preview's bytes and media type; parses foreign bytes, so call it through `make_preview`."""
    if kind == SCORE:
        return None
    mode = mode_of(kind)
    if mode == "audio":
        return _opening(master)
    if mode == "video":
        return _still(master)
    content = decoded(master, kind)
    return _excerpt(content) if mode == "text" else _thumbnail(content)


def _excerpt(text: str) -> tuple[bytes, str] | None:
    words = list(_WORD.finditer(text))
    quoted = min(MAX_WORDS, len(words) // 4)
    if quoted == 0:
        return None
    return (text[: words[quoted - 1].end()] + " …\n").encode(), "text/plain"


def _thumbnail(image: Image.Image) -> tuple[bytes, str]:
    from PIL import Image  # noqa: PLC0415 - only the confined process decodes

    from offchain.identity.image import on_white  # noqa: PLC0415

    flat = on_white(image)
    side = min(MAX_SIDE, max(flat.size) // 2) or 1
    flat.thumbnail((side, side), Image.Resampling.LANCZOS)
    flat.info.clear()  # a comment in it would be written too
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue(), "image/jpeg"


def _opening(master: Path) -> tuple[bytes, str] | None:
    from offchain.identity.audio import RATE, fingerprint  # noqa: PLC0415 - only the confined process decodes
    from offchain.identity.ffmpeg import Bounds, read  # noqa: PLC0415

    seconds = min(MAX_SECONDS, int(len(fingerprint(master)) / RATE / 4))
    if seconds == 0:
        return None
    size = (seconds + 1) * _BITRATE // 8
    format_ = ("-ac", "1", "-ar", "44100", "-c:a", "libmp3lame", "-b:a", str(_BITRATE), "-f", "mp3")
    headless = ("-write_xing", "0", "-id3v2_version", "0")
    options = ("-map", "0:a:0", "-t", str(seconds), *format_, *headless, *_PLAIN)
    (sound,) = read(master, "audio", [options], Bounds(_CPU_SECONDS, _MEMORY, 2 * size))
    return sound, "audio/mpeg"


def _still(master: Path) -> tuple[bytes, str]:
    from offchain.identity.ffmpeg import Bounds, read  # noqa: PLC0415 - only the confined process decodes
    from offchain.identity.image import open_image  # noqa: PLC0415

    options = ("-map", "0:v:0", "-vf", "thumbnail=100", "-frames:v", "1", "-c:v", "png", "-f", "image2pipe", *_PLAIN)
    (frame,) = read(master, "video", [options], Bounds(_CPU_SECONDS, _MEMORY, _MAX_FRAME))
    return _thumbnail(open_image(io.BytesIO(frame)))
