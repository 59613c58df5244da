"""What marks a foreign file carries: parsed in a confined process, which learns neither keys nor works.

The confined process answers with the manifest's report and the picture's grey levels, or with the sound folded to the
length of its mark; the search for the mark, which needs the key, runs over these plain numbers outside.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from offchain.errors import InputError
from offchain.identity import ffmpeg
from offchain.identity.image import on_white, open_image
from offchain.identity.marks.audio import FOLDED_SHAPE, READ_RATE, Folded, fold
from offchain.identity.marks.image import Levels, levels
from offchain.identity.marks.manifest import SIGNABLE, read_manifest
from offchain.identity.marks.statement import ManifestReport, Statement
from offchain.identity.media_type import SCORE, media_type
from offchain.identity.sandbox import guarded

__all__ = ["Inspection", "inspect", "look"]

_MEMORY: Final = 2**30
_SECONDS: Final = 60

_MAX_LISTENING: Final = 300
"""Seconds of sound that a mark is looked for in: it repeats every three."""

_LISTEN: Final = (
    *("-map", "0:a:0", "-t", str(_MAX_LISTENING), "-ac", "1", "-ar", str(READ_RATE)),
    *("-c:a", "pcm_f32le", "-f", "f32le"),
)
_BOUNDS: Final = ffmpeg.Bounds(seconds=30, memory=2**30, output=4 * READ_RATE * (_MAX_LISTENING + 1))


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file carries.

    Attributes:
        media_type: of the file.
        manifest: its C2PA manifest, None if it has none.
        picture: grey levels to look for a watermark in, None if it is no picture.
        sound: what to look for a watermark of sound in, None if it is no sound.
    """

    media_type: str
    manifest: ManifestReport | None
    picture: Levels | None
    sound: Folded | None


def inspect(path: Path, name: str, anchors: str, detached: bytes | None = None) -> Inspection:
    """Look at a file.

    Args:
        path: the file.
        name: what it is called.
        anchors: PEM certificates whose signers are believed.
        detached: a manifest that lies beside the file; it counts instead of one in it.

    Raises:
        InputError: `media-unsupported`, `image-malformed`, `image-oversized`, `audio-malformed`, `audio-oversized`,
            `decoding-too-large`, `decoding-too-long` or `decoding-failed`.
        UnavailableError: `decoder-away` or `ffmpeg-missing`.
    """
    found = guarded(look, path, name, anchors, detached, memory=_MEMORY, seconds=_SECONDS)
    try:
        return Inspection(str(found["kind"]), _report(found["manifest"]), *_numbers(found))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "decoding-failed", "the decoder answered nonsense", "export the file again with another program"
        ) from error


def look(path: Path, name: str, anchors: str, detached: bytes | None = None) -> dict[str, Any]:
    """The confined part of `inspect`: parses foreign bytes."""
    with path.open("rb") as stream:
        kind = media_type(stream, name)
        stream.seek(0)
        manifest = read_manifest(stream, anchors, kind, detached) if kind in SIGNABLE or detached else None
    picture = _picture(path) if kind.startswith("image/") else None
    sound = fold(_sound(path)) if kind.startswith("audio/") and kind != SCORE else None
    return {
        "kind": kind,
        "manifest": None if manifest is None else asdict(manifest),
        "picture": None if picture is None else [*picture.shape, picture.tobytes()],
        "sound": None if sound is None else [*sound.shape, sound.tobytes()],
    }


def _picture(path: Path) -> Levels:
    with path.open("rb") as stream:
        return levels(on_white(open_image(stream)))


def _sound(path: Path) -> NDArray[np.float32]:
    (data,) = ffmpeg.read(path, "audio", [_LISTEN], _BOUNDS)
    return np.frombuffer(data, dtype="<f4")


def _report(found: dict[str, Any] | None) -> ManifestReport | None:
    if found is None:
        return None
    told = found["statement"]
    statement = None if told is None else Statement(**told | {"licences": tuple(told["licences"])})
    return ManifestReport(**found | {"statement": statement, "problems": tuple(found["problems"])})


def _numbers(found: dict[str, Any]) -> tuple[Levels | None, Folded | None]:
    picture, sound = found["picture"], found["sound"]
    return (
        None if picture is None else np.frombuffer(picture[2], dtype=np.uint8).reshape(picture[:2]),
        None if sound is None else np.frombuffer(sound[2], dtype="<f4").reshape(FOLDED_SHAPE),
    )
