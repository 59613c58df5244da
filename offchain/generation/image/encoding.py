"""A picture's levels as a PNG file, and such a file back as levels.

The pixels are what a seed determines. The file's bytes also depend on the zlib that compressed them, so a record names
both digests, and Pillow's version.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MEDIA_TYPE", "decoded", "encoded", "enlarged"]

MEDIA_TYPE: Final = "image/png"

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHUNKS: Final = {b"IHDR", b"IDAT", b"IEND"}
_MOST: Final = 1 << 22  # bytes; 512 × 512 × 3 uncompressed are 0.8 MB
_LEVEL: Final = 9


def encoded(levels: NDArray[np.uint8]) -> bytes:
    """A PNG of levels, height × width × 3, without metadata."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(levels).save(file, "PNG", optimize=False, compress_level=_LEVEL)
    return file.getvalue()


def decoded(data: bytes, size: int) -> NDArray[np.uint8]:
    """The levels of such a PNG, size × size × 3.

    Raises:
        InputError: `png-malformed`: not a PNG of this size in RGB, or with more in it than pixels.
    """
    import numpy as np
    from PIL import Image

    try:
        if len(data) > _MOST or not set(_chunks(data)) <= _CHUNKS:
            raise _malformed("it holds more than pixels")
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            if picture.size != (size, size) or picture.mode != "RGB":
                raise _malformed(f"it is {picture.size[0]} × {picture.size[1]} {picture.mode}")
            return np.asarray(picture)
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise _malformed(str(error)) from error


def enlarged(levels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Levels at another size, Lanczos; Pillow computes it in integers, so alike on every processor."""
    import numpy as np
    from PIL import Image

    if size == len(levels):
        return levels
    return np.asarray(Image.fromarray(levels).resize((size, size), Image.Resampling.LANCZOS))


def _chunks(data: bytes) -> Iterator[bytes]:
    """Types of a PNG's chunks (PNG 3rd edition, §5.3), and one that is none for bytes that are no chunk."""
    if not data.startswith(_SIGNATURE):
        raise _malformed("it is not a PNG")
    at = len(_SIGNATURE)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind
        at += 12 + length
    if at != len(data):
        raise _malformed("it is cut short")


def _malformed(why: str) -> InputError:
    return InputError("png-malformed", f"the file is not a picture of ours: {why}", "give the PNG as it was made")
