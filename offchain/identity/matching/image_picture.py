"""Two images beside each other, the part that each shows of the other in a box: what a person judges a match by."""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageDraw

from offchain.identity.image import on_white
from offchain.identity.matching.features import Likeness

__all__ = ["side_by_side"]

_MAX_HEIGHT: Final = 480
_MAX_WIDTH: Final = 960
_GAP: Final = 16
_LINE: Final = 4
_COLOUR: Final = "#d5006d"
_MARGIN_COLOUR: Final = "white"


def side_by_side(query: Image.Image, registered: Image.Image, likeness: Likeness) -> Image.Image:
    """Draw the file on the left and the registered work on the right, 480 pixels high, with every region's boxes.

    Args:
        query: upright image that was looked up.
        registered: upright image that it is like.
        likeness: of `compare`, with regions in shares of the sides.
    """
    left, right = _fitted(query), _fitted(registered)
    for region in likeness.regions:
        _box(left, region.here)
        _box(right, region.there)
    picture = Image.new("RGB", (left.width + _GAP + right.width, max(left.height, right.height)), _MARGIN_COLOUR)
    picture.paste(left, (0, 0))
    picture.paste(right, (left.width + _GAP, 0))
    return picture


def _fitted(image: Image.Image) -> Image.Image:
    scale = min(_MAX_HEIGHT / image.height, _MAX_WIDTH / image.width)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return on_white(image).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _box(image: Image.Image, shares: tuple[float, ...]) -> None:
    left, top, right, bottom = shares
    across, down = image.width - 1, image.height - 1
    box = (round(left * across), round(top * down), round(right * across), round(bottom * down))
    ImageDraw.Draw(image).rectangle(box, outline=_COLOUR, width=_LINE)
