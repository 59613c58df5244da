"""What a confined process finds out about a file: its media type, its Content-Code, what it is found and compared by.

Everything here parses foreign bytes: call it through `offchain.identity.examine`. A file is decoded once, whatever is
wanted of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import iscc_lib

from offchain.identity.media_type import SCORE, Mode, media_type, mode_of

__all__ = ["PRELOAD", "content_code", "decoded", "extract"]

PRELOAD: Final = (
    "imageio_ffmpeg",
    *(f"offchain.identity.{module}" for module in ("image", "audio", "video", "documents")),
    *(f"offchain.identity.documents.{kind}" for kind in ("html", "pdf", "docx", "epub")),
    *(f"offchain.identity.matching.{mode}" for mode in ("text", "image", "audio", "video")),
)
"""What a nursery imports while it waits."""


def extract(path: Path, name: str, wanted: Sequence[str]) -> dict[str, Any]:
    """Look at a file.

    Args:
        path: the file.
        name: what it is called.
        wanted: any of `features` and `probe`.

    Returns:
        `kind`, the media type; `code`, the 256-bit Content-Code or None; and what is wanted, each None if featureless.

    Raises:
        InputError: `media-unsupported`, or what is wrong with its text, image, document, sound or pictures.
    """
    with path.open("rb") as stream:
        kind = media_type(stream, name)
    if kind == SCORE:
        return {"kind": kind, "code": None, **dict.fromkeys(wanted)}
    mode = mode_of(kind)
    content = decoded(path, kind)
    code = content_code(mode, content)
    return {"kind": kind, "code": code, **{each: _found(mode, each, content) if code else None for each in wanted}}


def decoded(path: Path, kind: str) -> Any:  # noqa: ANN401 - each medium has its own
    """A file's content as its medium's modules take it: text, an upright image, or the path of sound and pictures."""
    mode = mode_of(kind)
    if mode in ("audio", "video"):
        return path
    with path.open("rb") as stream:
        if mode == "image":
            return _module("image").open_image(stream)
        return _module("documents").document_text(stream, kind)


def content_code(mode: Mode, content: Any) -> str | None:  # noqa: ANN401 - see `decoded`
    """The 256-bit Content-Code of decoded content, or None if featureless."""
    code: str | None = getattr(_module(mode), f"{mode}_code")(content)
    return None if code is None or _is_zero(code) else code


def _module(name: str) -> Any:  # noqa: ANN401 - a module of this package, imported by the call that needs it
    return import_module(f"offchain.identity.{name}")


def _is_zero(code: str) -> bool:
    """Silence, black and blank have a code of zeros, which would resemble all silence, black and blank."""
    return not any(iscc_lib.iscc_decode(code)[4])


def _found(mode: Mode, what: str, content: Any) -> dict[str, Any] | None:  # noqa: ANN401 - see `decoded`
    found = getattr(_module(f"matching.{mode}"), what)(content)
    if found is None:
        return None
    members = {"codes": list(found.codes), "terms": found.terms.astype("<u8").tobytes(), "evidence": found.evidence}
    return members | ({"radius": found.radius, "min_terms": found.min_terms} if what == "probe" else {})
