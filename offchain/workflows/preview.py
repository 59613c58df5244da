"""Previews: the one rendition that everybody may see, made so that it cannot stand in for the master.

An image is shrunk to at most 512 pixels and at most half of its longer side, as JPEG without metadata; a text is its
first words, at most 120 and at most a quarter of all.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from offchain.identity import Identity
from offchain.identity.image import on_white, open_image
from offchain.identity.text import decode_text

__all__ = ["Preview", "make_preview"]

MAX_SIDE: Final = 512
MAX_WORDS: Final = 120

_QUALITY: Final = 85
_WORD: Final = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Preview:
    """A rendition's bytes and their media type."""

    data: bytes
    media_type: str


def make_preview(master: Path, identity: Identity) -> Preview | None:
    """The preview of a master, or None for a text too short to quote from.

    The same master gives the same bytes, so that making it twice pins nothing new.

    Raises:
        InputError: as `identify`, for a file that is no longer what it was.
    """
    if identity.mode == "text":
        return _excerpt(decode_text(master.read_bytes()))
    with master.open("rb") as stream:
        return _thumbnail(open_image(stream))


def _excerpt(text: str) -> Preview | None:
    words = list(_WORD.finditer(text))
    quoted = min(MAX_WORDS, len(words) // 4)
    if quoted == 0:
        return None
    return Preview((text[: words[quoted - 1].end()] + " …\n").encode(), "text/plain")


def _thumbnail(image: Image.Image) -> Preview:
    flat = on_white(image)
    side = min(MAX_SIDE, max(flat.size) // 2) or 1
    flat.thumbnail((side, side), Image.Resampling.LANCZOS)
    flat.info.clear()  # a comment in it would be written too
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return Preview(out.getvalue(), "image/jpeg")
