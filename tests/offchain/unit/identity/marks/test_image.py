from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from offchain.identity.marks.image import LARGEST, embed, levels, read, read_at
from tests.offchain.unit.identity.marks.conftest import KEY, REFERENCE


@pytest.fixture(scope="session")
def marked(photograph: Image.Image) -> Image.Image:
    made = embed(photograph, REFERENCE, KEY)
    assert made is not None
    return made


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    file = BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def scaled(picture: Image.Image, width: float, height: float) -> Image.Image:
    return picture.resize((round(picture.width * width), round(picture.height * height)), Image.Resampling.BICUBIC)


def test_embed__photograph__differs_by_38_decibels_at_most(photograph, marked):
    error = np.mean((np.asarray(photograph, float) - np.asarray(marked, float)) ** 2)
    assert 38.0 <= 10 * np.log10(255**2 / error) < 50.0
    assert marked.size == photograph.size


def test_embed__twice__same_pixels(photograph, marked):
    """A step that is done again after a kill publishes the same bytes."""
    assert embed(photograph, REFERENCE, KEY).tobytes() == marked.tobytes()


@pytest.mark.parametrize(
    "edit",
    [
        lambda p: p,
        lambda p: jpeg(p, 50),
        lambda p: jpeg(p, 30),
        lambda p: ImageEnhance.Brightness(p).enhance(1.3),
        ImageOps.grayscale,
        ImageOps.mirror,
        lambda p: p.transpose(Image.Transpose.ROTATE_90),
        lambda p: ImageOps.flip(p.transpose(Image.Transpose.ROTATE_90)),
        lambda p: jpeg(p.crop((101, 53, 400, 300)), 70),
        lambda p: jpeg(scaled(p, 0.6, 0.6), 85),
        lambda p: scaled(p, 1.5, 1.5),
        lambda p: scaled(p.crop((30, 20, 470, 320)), 1.2, 1.2),
    ],
    ids=[
        "as-is",
        "q50",
        "q30",
        "bright",
        "grey",
        "mirror",
        "turn",
        "turn-flip",
        "crop",
        "small",
        "large",
        "crop-large",
    ],
)
def test_read__edited__finds_the_reference(marked, edit: Callable[[Image.Image], Image.Image]):
    assert read(levels(edit(marked)), KEY) == REFERENCE


def test_read__stretched__found_at_the_registered_size_only(marked):
    stretched = levels(scaled(marked, 1.3, 1.0))
    assert read(stretched, KEY) is None
    assert read_at(stretched, KEY, [(10, 10), (5000, 5000), (300, 300), marked.size]) == REFERENCE


def test_read__other_key__finds_nothing(marked):
    assert read(levels(marked), b"x" * 32) is None


def test_read__unmarked__finds_nothing(photograph):
    assert read(levels(photograph), KEY) is None


def test_embed__two_references__each_is_read(photograph):
    other = embed(photograph, 2**64 - 1, KEY)
    assert other is not None
    assert read(levels(jpeg(other, 80)), KEY) == 2**64 - 1


@pytest.mark.parametrize("size", [(47, 300), (300, 47), (1, 1)])
def test_embed__too_small__is_none(size: tuple[int, int]):
    picture = Image.effect_noise(size, 40).convert("RGB")
    assert embed(picture, REFERENCE, KEY) is None
    assert read(levels(picture), KEY) is None


def test_embed__busy_and_small__is_none_and_never_visible():
    """Noise of 60 grey levels drowns a mark at 38 dB, which is 3.2 levels."""
    assert embed(Image.effect_noise((128, 128), 60).convert("RGB"), REFERENCE, KEY) is None


def test_levels__larger_than_the_search__is_shrunk():
    assert levels(Image.new("RGB", (3 * LARGEST, LARGEST))).shape == (round(LARGEST / 3), LARGEST)
