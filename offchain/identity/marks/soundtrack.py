"""Marking a published excerpt of sound: MP3 in, MP3 out, with the mark proved readable in between."""

from __future__ import annotations

import io
import tempfile
import wave
from pathlib import Path
from typing import Final

import numpy as np

from offchain.identity import ffmpeg
from offchain.identity.marks.audio import READ_RATE, Samples, embed, fold, read
from offchain.identity.marks.opened import sound_of

__all__ = ["mark_mp3"]

_RATE: Final = 44_100
_BITRATE: Final = 96_000
"""Above the excerpt's own 64 kbit/s: it is compressed a second time."""

_BOUNDS: Final = ffmpeg.Bounds(seconds=60, memory=2**30, output=2**26)
_MP3: Final = (
    *("-c:a", "libmp3lame", "-b:a", str(_BITRATE), "-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"),
    *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact"),
)


def mark_mp3(excerpt: bytes, reference: int, key: bytes) -> bytes:
    """The excerpt with a mark, encoded here in any case; the same arguments give the same bytes.

    Args:
        excerpt: MP3 of our own making, mono, at most a minute.
        reference: 64 bits, `payload.reference_of` a work.
        key: the service's secret.

    Returns:
        MP3; without a mark where that cannot be read back: the excerpt is too short or too quiet.

    Raises:
        InputError: as `sound_of`.
        UnavailableError: `ffmpeg-missing`, `decoder-away` or `decoder-busy`.
    """
    sound = sound_of(excerpt, _RATE)
    marked = _encoded(embed(sound, _RATE, reference, key))
    is_read = read(fold(sound_of(marked, READ_RATE)[:, 0]), key) == reference
    return marked if is_read else _encoded(sound)


def _encoded(sound: Samples) -> bytes:
    with tempfile.TemporaryDirectory(prefix="colophon-marking-") as folder:
        path = Path(folder) / "sound"
        path.write_bytes(_wav(sound))
        (mp3,) = ffmpeg.read(path, "audio", [_MP3], _BOUNDS)
        return mp3


def _wav(sound: Samples) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(np.rint(sound * 32767).astype("<i2").tobytes())
    return out.getvalue()
