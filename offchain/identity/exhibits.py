"""Exhibits: a file and the registered work that it matches side by side, so that a person can judge the match.

    image, video    both pictures (of a film the frame in the middle of the best stretch), with what each shows of the
                    other in a box; PNG
    audio           both waveforms, with the stretches that run parallel marked; PNG
    text            the shared passages, of the file and of the work in turn; Markdown

Both files are parsed by a confined process.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offchain.errors import InputError
from offchain.identity.extraction import decoded
from offchain.identity.matching.features import Likeness, Region
from offchain.identity.media_type import mode_of
from offchain.identity.sandbox import guarded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["Exhibit", "Side", "exhibit_of", "make_exhibit"]

_MEMORY: Final = 2**31
_KINDS: Final = ("image/png", "text/markdown")
_CPU_SECONDS: Final = 120
_MAX_FRAME: Final = 256 * 2**20
_MAX_SOUND: Final = 3600
"""Seconds of sound that are drawn."""

_SOUND_RATE: Final = 8000
_WIDTH: Final = 960
_HEIGHT: Final = 160
_GAP: Final = 16
_WAVE: Final = "#404040"
_MARKED: Final = "#f7c9e0"
_LINE: Final = 100
"""Columns at which quoted passages are broken."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two files.

    Attributes:
        path: where it lies.
        media_type: of its content.
    """

    path: Path
    media_type: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A picture or a text, and its media type: `image/png` or `text/markdown`."""

    data: bytes
    media_type: str


def make_exhibit(found: Side, registered: Side, likeness: Likeness | None, words: int) -> Exhibit:
    """Show both sides of a match.

    Args:
        found: the file that was looked up.
        registered: the registered work's master, or a rendition of it, which may lack what is to be shown.
        likeness: as `compare` found it between the file and the master; None for the very bytes.
        words: most words quoted of either side, so that a public exhibit does not give a work away.

    Raises:
        InputError: `no-exhibit`; else as `identify`, for files that are damaged.
        UnavailableError: `decoder-away`, `ffmpeg-missing`.
    """
    sides = (found.path, found.media_type, registered.path, registered.media_type)
    regions = [] if likeness is None else [[each.unit, each.here, each.there] for each in likeness.regions]
    data, kind = guarded(exhibit_of, *sides, regions, words, memory=_MEMORY, seconds=_CPU_SECONDS)
    if not isinstance(data, bytes) or kind not in _KINDS:
        raise InputError("decoding-failed", "the decoder answered nonsense", "export the file with another program")
    return Exhibit(data, kind)


def exhibit_of(
    found: Path, found_kind: str, registered: Path, registered_kind: str, told: Sequence[Any], words: int
) -> tuple[bytes, str]:
    """The exhibit's bytes and media type; parses foreign bytes, so call it through `make_exhibit`."""
    regions = tuple(Region(unit, tuple(here), tuple(there)) for unit, here, there in told)
    modes = {mode_of(found_kind), mode_of(registered_kind)}
    if modes <= {"image", "video"}:
        return _pictures(found, found_kind, registered, registered_kind, regions)
    if modes == {"text"}:
        return _passages(decoded(found, found_kind), decoded(registered, registered_kind), regions, words)
    if modes == {"audio"}:
        return _waveforms(found, registered, regions)
    raise InputError("no-exhibit", "the two files cannot be shown beside each other", "compare them by hand")


def _pictures(
    found: Path, found_kind: str, registered: Path, registered_kind: str, regions: tuple[Region, ...]
) -> tuple[bytes, str]:
    from offchain.identity.matching.image_picture import side_by_side  # noqa: PLC0415 - only the confined process draws

    seconds = next((each for each in regions if each.unit == "second"), Region("second", (0.0, 0.0), (0.0, 0.0)))
    left = _picture(found, found_kind, sum(seconds.here) / 2)
    right = _picture(registered, registered_kind, sum(seconds.there) / 2)
    boxes = tuple(each for each in regions if each.unit == "pixel-share")
    likeness = Likeness("similar", "", 0.0, 0.0, "", boxes)
    return _png(side_by_side(left, right, likeness)), "image/png"


def _picture(path: Path, kind: str, second: float) -> Image.Image:
    from offchain.identity.ffmpeg import Bounds, read  # noqa: PLC0415
    from offchain.identity.image import open_image  # noqa: PLC0415

    if mode_of(kind) == "image":
        with path.open("rb") as stream:
            return open_image(stream)
    frame = ("-map", "0:v:0", "-frames:v", "1", "-c:v", "png", "-f", "image2pipe")
    (png,) = read(path, "video", [frame], Bounds(_CPU_SECONDS, _MEMORY // 2, _MAX_FRAME), ("-ss", f"{second:.2f}"))
    return open_image(io.BytesIO(png))


def _waveforms(found: Path, registered: Path, regions: tuple[Region, ...]) -> tuple[bytes, str]:
    from PIL import Image  # noqa: PLC0415

    picture = Image.new("RGB", (_WIDTH, 2 * _HEIGHT + _GAP), "white")
    for at, path in enumerate((found, registered)):
        sound = _sound(path)
        stretches = [(each.here, each.there)[at] for each in regions]
        picture.paste(_waveform(sound, stretches), (0, at * (_HEIGHT + _GAP)))
    return _png(picture), "image/png"


def _sound(path: Path) -> NDArray[np.int16]:
    import numpy as np  # noqa: PLC0415

    from offchain.identity.ffmpeg import Bounds, read  # noqa: PLC0415

    options = ("-map", "0:a:0", "-t", str(_MAX_SOUND), "-ac", "1", "-ar", str(_SOUND_RATE), "-f", "s16le")
    (pcm,) = read(path, "audio", [options], Bounds(_CPU_SECONDS, _MEMORY // 2, 2 * _MAX_SOUND * _SOUND_RATE + 2**16))
    return np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2")


def _waveform(sound: NDArray[np.int16], stretches: Sequence[tuple[float, ...]]) -> Image.Image:
    """Loudness over time, the whole width being the whole sound, loudest at full height."""
    import numpy as np  # noqa: PLC0415
    from PIL import Image, ImageDraw  # noqa: PLC0415

    if len(sound) < _WIDTH:
        raise InputError("no-exhibit", "the sound is too short to be drawn", "listen to it")
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    scale = _WIDTH * _SOUND_RATE / len(sound)
    for start, end in stretches:
        if start * scale < _WIDTH:
            draw.rectangle((start * scale, 0, min(end * scale, _WIDTH - 1), _HEIGHT - 1), fill=_MARKED)
    bounds = np.linspace(0, len(sound), _WIDTH, endpoint=False).astype(np.intp)
    peaks = np.maximum.reduceat(np.abs(sound.astype(np.int32)), bounds)
    heights = peaks * (_HEIGHT // 2 - 1) / max(1, int(peaks.max()))
    for column, height in enumerate(heights):
        draw.line((column, _HEIGHT // 2 - height, column, _HEIGHT // 2 + height), fill=_WAVE)
    return picture


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _passages(found: str, registered: str, regions: tuple[Region, ...], words: int) -> tuple[bytes, str]:
    """Shared passages, longest first, until so many words are quoted; without regions, how both begin."""
    lines = ["# Shared passages", ""]
    for number, region in enumerate(_within(regions or (_beginning(found, words),), words), start=1):
        here, there = _quoted(found, registered, region)
        lines += [f"## {number}", "", f"In the file, words {_range(region.here)}:", "", *_indented(here), ""]
        lines += [f"In the registered work, words {_range(region.there)}:", "", *_indented(there), ""]
    return "\n".join(lines).encode(), "text/markdown"


def _beginning(text: str, words: int) -> Region:
    from offchain.identity.matching.words import words as found_words  # noqa: PLC0415

    end = float(min(words, len(found_words(unicodedata.normalize("NFKC", text)))))
    return Region("word", (0.0, end), (0.0, end))


def _within(regions: Sequence[Region], words: int) -> Iterator[Region]:
    left = float(words)
    for region in regions:
        quoted = min(left, max(end - start for start, end in (region.here, region.there)))
        if quoted < 1:
            return
        left -= quoted
        here, there = ((start, min(end, start + quoted)) for start, end in (region.here, region.there))
        yield replace(region, here=here, there=there)


def _quoted(found: str, registered: str, region: Region) -> tuple[str, str]:
    """A passage on both sides; where the registered side is an excerpt, it may lack the passage."""
    from offchain.identity.matching.text import excerpt  # noqa: PLC0415

    try:
        ((here, there),) = excerpt(found, registered, _of(region))
    except InputError as error:
        if error.code != "text-other":
            raise
        ((here, _),) = excerpt(found, found, _of(replace(region, there=region.here)))
        there = "(not in the part of it that is public)"
    return here, there


def _of(region: Region) -> Likeness:
    return Likeness("similar", "", 0.0, 0.0, "", (region,))


def _range(span: tuple[float, ...]) -> str:
    return f"{int(span[0]) + 1} to {int(span[1])}"


def _indented(passage: str) -> Iterator[str]:
    """As a Markdown code block: nothing in a quotation is obeyed."""
    import textwrap  # noqa: PLC0415

    shown = "".join(each if each.isprintable() else " " for each in passage)
    yield from textwrap.wrap(shown, _LINE, initial_indent="    ", subsequent_indent="    ")
