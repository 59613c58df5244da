from __future__ import annotations

import pytest
from PIL import Image

from offchain.identity.matching.features import Likeness, Region
from offchain.identity.matching.image_picture import side_by_side

COLOUR = (0xD5, 0x00, 0x6D)


def likeness(here: tuple[float, ...], there: tuple[float, ...]) -> Likeness:
    return Likeness("derived", "sift-ransac", 1.0, 0.001, "", (Region("pixel-share", here, there),))


def test_side_by_side__part_of_a_work__boxes_both():
    picture = side_by_side(
        Image.new("RGB", (960, 960), "black"),
        Image.new("L", (240, 480), "grey"),
        likeness((0, 0, 1, 1), (0.25, 0.5, 0.75, 1)),
    )
    # Both are 480 high, so the registered work begins after 480 pixels and a gap of 16.
    assert picture.size == (480 + 16 + 240, 480)
    assert picture.getpixel((0, 0)) == picture.getpixel((479, 240)) == COLOUR
    assert picture.getpixel((240, 240)) == (0, 0, 0)
    left, top = 496 + round(0.25 * 239), round(0.5 * 479)
    assert picture.getpixel((left, top)) == picture.getpixel((left + 60, 479)) == COLOUR
    assert picture.getpixel((left - 1, top)) == picture.getpixel((left + 60, top + 60)) != COLOUR


@pytest.mark.parametrize("size", [(1, 1), (20_000, 2), (2, 20_000)])
def test_side_by_side__any_shape__stays_small(size):
    picture = side_by_side(
        Image.new("RGB", size), Image.new("RGBA", (50, 50)), likeness((0, 0, 1, 1), (0, 0, 0.01, 0.01))
    )
    assert picture.height <= 480
    assert picture.width <= 960 + 16 + 480
