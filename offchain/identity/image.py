"""Images: guarded decoding, and the 256-bit Image-Code of ISO 24138 where there is something to see.

The pixels that the standard's own conformance starts from are 32×32 grey levels. Getting there follows IEP-0004,
Processing: transpose by the EXIF orientation, lay on white, crop a uniform border, grey, bicubic resize.
"""

from __future__ import annotations

import math
import struct
import zlib
from importlib import import_module
from io import SEEK_CUR
from typing import BinaryIO, Final, cast

import iscc_lib
from PIL import Image, ImageOps

from offchain.errors import InputError

__all__ = ["MAX_PIXELS", "MIN_CONTRAST", "grey_pixels", "image_code", "on_white", "open_image"]

MAX_PIXELS: Final = 50_000_000
"""Largest decoded image, however small its file is: decoding and comparing take about 450 MB."""

MIN_CONTRAST: Final = 8
"""Grey levels between the darkest and the lightest of the 32×32 pixels, below which an image has no fingerprint."""

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "TIFF", "GIF")
_PNG_SIGNATURE_SIZE: Final = 8
_SIDE: Final = 32

# Image.open would import these while it looks at a file, in every confined process anew.
Image.preinit()
for _plugin in ("Mpo", "Tiff", "WebP"):
    import_module(f"PIL.{_plugin}ImagePlugin")


def open_image(stream: BinaryIO) -> Image.Image:
    """Decode an image completely and turn it upright (EXIF orientation); of several frames or pages, the first.

    Raises:
        InputError: `image-oversized`, or `image-malformed` for truncated and damaged files.
    """
    try:
        image = _decoded(stream)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _oversized(str(error)) from error
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, struct.error, zlib.error) as error:
        raise InputError(
            "image-malformed",
            f"the image is truncated or damaged: {error}",
            "submit the complete file, or export it again as PNG, JPEG or WebP",
        ) from error
    return image


def _decoded(stream: BinaryIO) -> Image.Image:
    probe = Image.open(stream, formats=_FORMATS)
    width, height = probe.size
    if width * height > MAX_PIXELS:
        raise _oversized(f"{width} × {height} pixels")
    probe.verify()
    if probe.format == "PNG":
        _check_end(stream)
    stream.seek(0)
    image = Image.open(stream, formats=_FORMATS)
    image.load()
    if image.mode == "LAB":
        raise ValueError("its colours are L*a*b*, which are not read")
    ImageOps.exif_transpose(image, in_place=True)
    return image


def _check_end(stream: BinaryIO) -> None:
    """Pillow accepts a PNG cut inside its last chunk."""
    stream.seek(_PNG_SIGNATURE_SIZE)
    while head := stream.read(8):
        rest = int.from_bytes(head[:4], "big") + 4
        if head[4:] == b"IEND" and len(stream.read(rest)) == rest:
            return
        stream.seek(rest, SEEK_CUR)
    raise EOFError("no complete IEND chunk")


def image_code(image: Image.Image) -> str | None:
    """The 256-bit Image-Code (ISO 24138) as an `ISCC:` string, or None for an image with nothing to see.

    The first 64 bits are the same everywhere. For the others iscc-lib takes the neighbouring blocks of frequencies,
    where the example in IEP-0004 was made with overlapping ones: compare them only among codes made here.
    """
    pixels = grey_pixels(image)
    if max(pixels) - min(pixels) < MIN_CONTRAST:
        return None
    return str(iscc_lib.gen_image_code_v0(pixels, bits=256).iscc)


def grey_pixels(image: Image.Image) -> bytes:
    """The 1,024 grey levels of an upright image, row by row, from which its code is made (IEP-0004, Processing)."""
    flat = on_white(image)
    # A box of None keeps the whole image: a uniform one has no border to crop.
    grey = flat.crop(_content_box(flat)).convert("L")
    return grey.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC).tobytes()


def on_white(image: Image.Image) -> Image.Image:
    """The image as RGB of 8 bits, what is transparent laid on white."""
    if image.mode.startswith("I;16"):
        return image.point(lambda level: level / 256).convert("L").convert("RGB")
    if image.mode in ("I", "F"):
        return _stretched(image).convert("RGB")
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")


def _stretched(image: Image.Image) -> Image.Image:
    """Grey levels of 32 bits, whose range no standard fixes, spread over 8."""
    low, high = map(float, cast("tuple[float, float]", image.getextrema()))  # of one channel, not of several
    if not math.isfinite(low) or not math.isfinite(high) or low == high:
        return Image.new("L", image.size)
    scale = 255 / (high - low)
    return image.point(lambda level: level * scale - low * scale).convert("L")


def _content_box(image: Image.Image) -> tuple[int, int, int, int] | None:
    """Smallest box around every pixel that differs from the top left one."""
    corner = image.crop((0, 0, 1, 1)).tobytes()
    differs = [255 * (level != channel) for channel in corner for level in range(256)]
    return image.point(differs).getbbox()


def _oversized(what: str) -> InputError:
    return InputError(
        "image-oversized", f"the image is too large to decode: {what}", f"resize it to {MAX_PIXELS} pixels at most"
    )
