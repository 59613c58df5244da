"""The loss curve: where its points are, and what it does with odd histories."""

from __future__ import annotations

import math

import pytest
from PIL import Image

from offchain.errors import InputError
from offchain.generation.training.curve import draw_curve
from offchain.generation.training.history import Point

BLUE = (0x00, 0x72, 0xB2)


def rows_of(path, colour, columns):
    image = Image.open(path).convert("RGB")
    return [row for row in range(image.height) for column in columns if image.getpixel((column, row)) == colour]


def test_draw_curve__falling_loss__is_drawn_from_top_left_to_bottom_right(tmp_path):
    draw_curve(tmp_path / "curve.png", [Point(step, step, {"loss": 2 - step / 100}) for step in range(1, 101)])

    first, last = (rows_of(tmp_path / "curve.png", BLUE, columns) for columns in (range(90, 100), range(918, 926)))
    assert max(first) < min(last)


def test_draw_curve__values_that_are_no_numbers__are_left_out(tmp_path):
    points = [Point(1, 1, {"loss": 1.0}), Point(2, 2, {"loss": math.inf}), Point(3, 3, {"loss": 1.0})]

    draw_curve(tmp_path / "curve.png", points)

    # one level line in the middle, half way between the ends of a range around the only value
    assert {row // 2 for row in rows_of(tmp_path / "curve.png", BLUE, [500])} == {260 // 2}


@pytest.mark.parametrize("steps", [1, 2])
def test_draw_curve__hardly_any_steps__still_draws(tmp_path, steps):
    draw_curve(tmp_path / "curve.png", [Point(step, step, {"a": 1.0, "b": -1.0}) for step in range(1, steps + 1)])

    assert Image.open(tmp_path / "curve.png").size == (960, 540)


def test_draw_curve__nothing_to_draw__is_refused(tmp_path):
    with pytest.raises(InputError, match="no loss"):
        draw_curve(tmp_path / "curve.png", [])
