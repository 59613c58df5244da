"""From a vector file to the square RGB picture that the models learn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

__all__ = ["SIDE", "draw"]

SIDE: Final = 64
"""Width and height of every picture in pixels."""

_LARGE: Final = 256
_BORDER: Final = 2
_FAINT: Final = 8  # levels below white that do not count as drawn
_DPI: Final = 90.0  # of the editors that most files come from


def draw(svg: str) -> NDArray[np.uint8] | None:
    """Draw an SVG, cropped to its ink, centred on white; None where it cannot be drawn or is blank.

    Returns:
        SIDE × SIDE × 3.
    """
    import numpy as np
    from PIL import Image

    ink = _ink(svg, _LARGE)
    if ink is not None and max(ink.size) < 2 * SIDE:  # a small drawing on a large page
        ink = _ink(svg, _LARGE * min(8, 4 * SIDE // max(ink.size)))
    if ink is None:
        return None
    scale = (SIDE - 2 * _BORDER) / max(ink.size)
    width, height = max(1, round(ink.width * scale)), max(1, round(ink.height * scale))
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    picture.paste(ink.resize((width, height), Image.Resampling.BOX), ((SIDE - width) // 2, (SIDE - height) // 2))
    return np.asarray(picture)


def _ink(svg: str, width: int) -> Image | None:
    """The drawing at this page width in pixels, cropped to what differs from white."""
    import numpy as np

    page = _rasterised(svg, width)
    if page is None:
        return None
    drawn = np.asarray(page).min(axis=2) < 255 - _FAINT
    if not drawn.any():
        return None
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    return page.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))


def _rasterised(svg: str, width: int) -> Image | None:
    import resvg_py
    from PIL import Image

    try:
        png = resvg_py.svg_to_bytes(svg_string=svg, background="#ffffff", width=width, dpi=_DPI, skip_system_fonts=True)
    except ValueError:
        return None
    picture = Image.open(io.BytesIO(png))
    return picture.convert("RGB") if picture.height <= 8 * width else None
