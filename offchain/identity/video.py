"""Moving pictures: grey frames to compare, and the 256-bit Video-Code of ISO 24138 where there is something to see.

The code is made from the frame signatures of MPEG-7 (ISO/IEC 15938-3:2002/Amd.4:2010), five a second as in iscc-sdk,
by ffmpeg's `signature` filter. One decoding gives both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import iscc_lib
import numpy as np
from numpy.typing import NDArray

from offchain.identity.ffmpeg import Bounds, Stamp, read, stamp

__all__ = ["FRAME_RATE", "FRAME_SIDE", "MAX_SECONDS", "Film", "film", "video_code"]

FRAME_RATE: Final = 2
"""Grey frames a second."""

FRAME_SIDE: Final = 48
"""Width and height of a grey frame, in pixels, whatever the film's shape."""

MAX_SECONDS: Final = 4 * 3600
"""Longest film, whatever the size of its file."""

MIN_CONTRAST: Final = 5.0
"""Standard deviation of a frame's grey levels below which there is nothing to see."""

_BOUNDS: Final = Bounds(seconds=1_800, memory=1 << 30, output=MAX_SECONDS * FRAME_RATE * FRAME_SIDE**2 + (1 << 16))
_MAX_PIXELS: Final = 8192 * 4320

# Bits of a binary video signature as ffmpeg writes it: head, one segment of 45 frames that overlaps the next by 45,
# flag, one frame, and where in a frame its 76 bytes of five ternary numbers begin.
_HEAD, _SEGMENT, _FLAG, _FRAME, _NUMBERS = 274, 1344, 1, 689, 81
_COUNT: Final = slice(129, 161)
_SEGMENT_FRAMES: Final = 45
_DIMENSIONS: Final = 380
_PLACES: Final = np.array([81, 27, 9, 3, 1])


@dataclass(frozen=True, slots=True)
class Film:
    """What one decoding gives.

    Attributes:
        frames: uint8, (n, `FRAME_SIDE`, `FRAME_SIDE`), `FRAME_RATE` a second.
        signature: int64, (380,): the sum of the distinct frame signatures, numbers 0 to 2 each.
    """

    frames: NDArray[np.uint8]
    signature: NDArray[np.int64]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which frames show anything."""
        return np.asarray(self.frames.reshape(len(self.frames), FRAME_SIDE**2).std(axis=1) >= MIN_CONTRAST)


def video_code(path: Path) -> str | None:
    """The 256-bit Video-Code (ISO 24138) as an `ISCC:` string, or None for a film that shows less than a second.

    Raises:
        InputError: `file-unreadable`, `video-malformed` or `video-oversized`.
    """
    decoded = film(path)
    if decoded.seen.sum() < FRAME_RATE:
        return None
    # The standard adds up the distinct signatures before it hashes, so their sum has the code that all of them have.
    return str(iscc_lib.gen_video_code_v0([decoded.signature.tolist()], bits=256).iscc)


def film(path: Path) -> Film:
    """Decode the first picture track of a file; the last file decoded is remembered.

    Raises:
        InputError: as `video_code`.
    """
    return _film(path, stamp(path))


@lru_cache(maxsize=1)
def _film(path: Path, _stamp: Stamp) -> Film:
    small = f"fps={FRAME_RATE},scale={FRAME_SIDE}:{FRAME_SIDE}:flags=area,format=gray"
    graph = f"[0:v:0]split=2[one][two];[one]{small}[frames];[two]fps=5,signature=format=binary:filename={{output}}[all]"
    limit = ("-t", str(MAX_SECONDS + 60))
    frames, signatures = read(
        path,
        "video",
        [
            ("-map", "[frames]", *limit, "-f", "rawvideo"),
            ("-filter_complex", graph, "-map", "[all]", *limit, "-f", "null"),
        ],
        _BOUNDS,
        ("-max_pixels", str(_MAX_PIXELS)),
    )
    return Film(np.frombuffer(frames, np.uint8).reshape(-1, FRAME_SIDE, FRAME_SIDE), _sum(signatures))


def _sum(written: bytes) -> NDArray[np.int64]:
    """Add up the distinct frame signatures of a binary video signature."""
    bits = np.unpackbits(np.frombuffer(written, np.uint8))
    count = int.from_bytes(np.packbits(bits[_COUNT]).tobytes(), "big")
    first = _HEAD + (count + _SEGMENT_FRAMES - 1) // _SEGMENT_FRAMES * _SEGMENT + _FLAG
    frames = bits[first : first + count * _FRAME].reshape(-1, _FRAME)[:, _NUMBERS:]
    distinct = np.unique(np.packbits(frames, axis=1), axis=0)
    numbers = distinct[:, :, None] // _PLACES % 3
    return np.asarray(numbers.reshape(-1, _DIMENSIONS).sum(axis=0), np.int64)
