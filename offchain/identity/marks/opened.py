"""Previews opened for marking: decoded in a confined process, since what is in them came out of a foreign file.

The confined process answers with pixels or samples alone. Those are marked, encoded and signed outside, where the keys
are, and nothing there parses what a decoder that was taken over may have written.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from offchain.errors import InputError
from offchain.identity import ffmpeg
from offchain.identity.image import open_image
from offchain.identity.marks.audio import Samples
from offchain.identity.sandbox import guarded

__all__ = ["PRELOAD", "picture_of", "pixels", "samples", "sound_of"]

PRELOAD: Final = ("offchain.identity.image",)

_MAX_SIDE: Final = 2**12
"""Pixels; far more than a preview has."""

_MEMORY: Final = 2**30
_SECONDS: Final = 60
_BOUNDS: Final = ffmpeg.Bounds(seconds=_SECONDS, memory=_MEMORY, output=2**23)


def picture_of(preview: bytes) -> Image.Image:
    """A preview that is a picture, RGB of 8 bits.

    Raises:
        InputError: `image-malformed`, `image-oversized`, or what `guarded` raises.
        UnavailableError: `decoder-away` or `decoder-busy`.
    """
    with _file(preview) as path:
        told = guarded(pixels, path, memory=_MEMORY, seconds=_SECONDS)
    match told:
        # Checked before anything is made of it: room for a picture is taken before its bytes are looked at.
        case [int(width), int(height), bytes(data)] if (
            0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE and len(data) == 3 * width * height
        ):
            return Image.frombytes("RGB", (width, height), data)
    raise _nonsense()


def sound_of(preview: bytes, rate: int) -> Samples:
    """A preview that is sound, at most a minute: one channel at `rate` samples a second, -1 to 1.

    Raises:
        InputError: `audio-malformed`, or what `guarded` raises.
        UnavailableError: `ffmpeg-missing`, `decoder-away` or `decoder-busy`.
    """
    with _file(preview) as path:
        told = guarded(samples, path, rate, memory=_MEMORY, seconds=_SECONDS)
    try:
        return (np.frombuffer(told, dtype="<i2").astype(np.float32) / np.float32(2**15)).reshape(-1, 1)
    except (ValueError, TypeError) as error:
        raise _nonsense() from error


def pixels(path: Path) -> tuple[int, int, bytes]:
    """Width, height and RGB bytes of a picture; parses foreign bytes, so call it through `picture_of`."""
    image = open_image(io.BytesIO(path.read_bytes())).convert("RGB")
    return (*image.size, image.tobytes())


def samples(path: Path, rate: int) -> bytes:
    """Samples of 16 bits; parses foreign bytes, so call it through `sound_of`."""
    options = ("-map", "0:a:0", "-ac", "1", "-ar", str(rate), "-c:a", "pcm_s16le", "-f", "s16le")
    (data,) = ffmpeg.read(path, "audio", [options], _BOUNDS)
    return data


@contextmanager
def _file(preview: bytes) -> Iterator[Path]:
    """A confined process reads what lies at a path."""
    with tempfile.TemporaryDirectory(prefix="colophon-preview-") as folder:
        path = Path(folder) / "preview"
        path.write_bytes(preview)
        yield path


def _nonsense() -> InputError:
    return InputError("decoding-failed", "the decoder answered nonsense", "export the file again with another program")
