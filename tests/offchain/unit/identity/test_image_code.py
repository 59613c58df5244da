from __future__ import annotations

import struct
import zlib
from io import BytesIO

import iscc_samples
import numpy as np
import pytest
from PIL import Image, ImageOps

from offchain.errors import InputError
from offchain.identity.image import MAX_PIXELS, MIN_CONTRAST, grey_pixels, image_code, open_image


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> BytesIO:
    stream = BytesIO()
    image.save(stream, kind, **options)
    stream.seek(0)
    return stream


@pytest.fixture
def picture(photograph) -> Image.Image:
    return Image.open(photograph).convert("RGB")


def test_grey_pixels__sample_of_the_standard__equal_the_published_ones():
    # iscc-sdk, tests/test_image.py::test_image_normalize_png.
    pixels = grey_pixels(Image.open(iscc_samples.images("png")[0]))
    assert list(pixels[:14]) == [25, 18, 14, 15, 25, 80, 92, 92, 106, 68, 110, 100, 99, 93]
    assert list(pixels[-14:]) == [68, 65, 71, 60, 65, 65, 66, 65, 61, 65, 54, 62, 50, 52]


def test_grey_pixels__turned_with_its_orientation_stated__are_those_of_the_upright_image(picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # EXIF 2.32, Orientation: row 0 is the right-hand side
    turned = open_image(encoded(picture.transpose(Image.Transpose.ROTATE_90), exif=exif))
    assert grey_pixels(turned) == grey_pixels(picture)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_grey_pixels__transparent_parts__are_white(mode):
    drawing = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    drawing.paste((90, 90, 90, 255), (16, 8, 40, 60))
    flat = Image.new("RGB", (64, 64), "white")
    flat.paste((90, 90, 90), (16, 8, 40, 60))
    assert grey_pixels(open_image(encoded(drawing.convert(mode)))) == grey_pixels(flat)


def test_grey_pixels__uniform_border__is_cropped(picture):
    assert grey_pixels(ImageOps.expand(picture, 40, "navy")) == grey_pixels(picture)


def test_grey_pixels__sixteen_bits__equal_eight(picture):
    grey = picture.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    assert grey_pixels(open_image(encoded(deep))) == grey_pixels(grey)


@pytest.mark.parametrize(("contrast", "featureless"), [(MIN_CONTRAST - 1, True), (MIN_CONTRAST, False)])
def test_image_code__little_to_see__has_none(contrast, featureless):
    levels = np.full((32, 32), 100, dtype=np.uint8)
    levels[8:24, 4:20] += contrast
    levels[0, 1] += 1  # keeps the frame from being cropped away
    levels[31, 31] += 1
    levels[31, 0] += 1
    levels[0, 31] += 1
    assert (image_code(Image.fromarray(levels)) is None) is featureless


@pytest.mark.parametrize("colour", ["white", "black", "teal"])
def test_image_code__blank__has_none(colour):
    assert image_code(Image.new("RGB", (300, 200), colour)) is None


def test_open_image__photograph_with_a_second_one_inside__is_its_first(picture):
    # Multi-picture JPEG (CIPA DC-007), as telephones write it.
    both = encoded(picture, "MPO", save_all=True, append_images=[Image.new("RGB", picture.size)])
    assert grey_pixels(open_image(both)) == grey_pixels(open_image(encoded(picture, "JPEG")))


@pytest.mark.parametrize("cut", [1, 4, 11, 12, 500, 100_000])
def test_open_image__truncated_png__is_refused(photograph, cut):
    with pytest.raises(InputError) as caught:
        open_image(BytesIO(photograph.read_bytes()[:-cut]))
    assert caught.value.code == "image-malformed"


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("cut", [1, 2, 300])
def test_open_image__truncated_jpeg_or_webp__is_refused(picture, kind, cut):
    with pytest.raises(InputError) as caught:
        open_image(BytesIO(encoded(picture, kind).getvalue()[:-cut]))
    assert caught.value.code == "image-malformed"


@pytest.mark.parametrize("from_end", [120_000, 13])
def test_open_image__damaged_pixels_or_their_checksum__is_refused(photograph, from_end):
    # The last 12 bytes are the IEND chunk; the byte before them ends the checksum of the pixels.
    data = bytearray(photograph.read_bytes())
    data[-from_end] ^= 1
    with pytest.raises(InputError) as caught:
        open_image(BytesIO(data))
    assert caught.value.code == "image-malformed"


@pytest.mark.parametrize("side", [7_072, 20_000])
def test_open_image__decompression_bomb__is_refused_undecoded(side):
    assert side**2 > MAX_PIXELS
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    with pytest.raises(InputError) as caught:
        open_image(BytesIO(b"\x89PNG\r\n\x1a\n" + body))
    assert caught.value.code == "image-oversized"


@pytest.mark.parametrize("mode", ["I", "F"])
def test_grey_pixels__levels_of_32_bits__are_spread_over_8(picture, mode):
    """TIFF fixes no range for them: cut at 255 a scan of 0 to 70,000 would be white."""
    grey = np.asarray(picture.convert("L")).astype(np.float64)
    wide = (grey - grey.min()) / (grey.max() - grey.min()) * 70_000
    stored = encoded(Image.fromarray(wide.astype(np.int32 if mode == "I" else np.float32)), "TIFF")
    spread = Image.fromarray(np.floor(wide / 70_000 * 255).astype(np.uint8))
    ours, expected = (np.frombuffer(grey_pixels(image), np.uint8) for image in (open_image(stored), spread))
    assert np.abs(ours.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("level", [np.nan, np.inf, 7.0])
def test_image_code__levels_without_a_range__has_none(level):
    levels = np.full((40, 40), level, dtype=np.float32)
    assert image_code(open_image(encoded(Image.fromarray(levels), "TIFF"))) is None


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_open_image__several_pages_or_frames__is_the_first(picture, kind):
    first = picture.convert("L")
    both = encoded(first, kind, save_all=True, append_images=[Image.new("L", picture.size)])
    assert grey_pixels(open_image(both)) == grey_pixels(first)


def test_open_image__colours_that_are_not_read__is_malformed():
    with pytest.raises(InputError) as caught:
        open_image(encoded(Image.new("LAB", (64, 64)), "TIFF"))
    assert caught.value.code == "image-malformed"
