"""Pages for people: A4, DejaVu Sans, the house's few colours. What is printed here is read, and never parsed."""

from __future__ import annotations

import importlib.util
import logging
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import segno
from fontTools.ttLib import TTFont
from fpdf import FPDF

from offchain.errors import UnavailableError

__all__ = ["FAINT", "FONT", "INK", "LIGHT", "QUIET", "RULE", "clipped", "draw_code", "new_page", "printable"]

FONT: Final = "DejaVu"
LIGHT: Final = "DejaVu light"
INK: Final = (28, 32, 40)
QUIET: Final = (104, 112, 124)
RULE: Final = (150, 116, 60)
FAINT: Final = (226, 220, 208)

_PACKAGE: Final = "rinoh_typeface_dejavusans"
_MISSING: Final = "\u25a1"
"""WHITE SQUARE, for characters that the font lacks."""


def new_page(title: str, created: int, *, landscape: bool = False) -> FPDF:
    """A document of one empty A4 page; units are millimetres.

    Args:
        title: of the document.
        created: Unix seconds that it is dated by, so that the same content gives the same bytes.
        landscape: whether it lies on its long side.

    Raises:
        UnavailableError: `fonts-missing`.
    """
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of every table that it leaves out
    page = FPDF(orientation="landscape" if landscape else "portrait", unit="mm", format="A4")
    page.set_creation_date(datetime.fromtimestamp(created, UTC))
    page.set_title(title)
    page.set_creator("Colophon")
    page.set_lang("en")
    fonts = _folder()
    page.add_font(FONT, "", fonts / "DejaVuSansCondensed.ttf")
    page.add_font(FONT, "B", fonts / "DejaVuSansCondensed-Bold.ttf")
    page.add_font(LIGHT, "", fonts / "DejaVuSans-ExtraLight.ttf")
    page.set_fallback_fonts([FONT])
    page.set_text_color(*INK)
    page.set_draw_color(*INK)
    page.set_auto_page_break(auto=False)
    page.add_page()
    return page


def printable(text: str) -> str:
    """A text with what the font lacks, and what does not print, replaced."""
    return "".join(
        each if each == " " or (each.isprintable() and ord(each) in _covered()) else _MISSING for each in text
    )


def clipped(page: FPDF, text: str, width: float) -> str:
    """As much of a text as fits into a width in the page's current font, cut with an ellipsis."""
    shown = printable(text[:500])
    if page.get_string_width(shown) <= width:
        return shown
    while shown and page.get_string_width(shown + "…") > width:
        shown = shown[:-1]
    return shown.rstrip() + "…"


def draw_code(page: FPDF, text: str, left: float, top: float, size: float) -> None:
    """A QR code (ISO/IEC 18004, level M) as a square of `size`, without its quiet zone of four modules."""
    matrix = segno.make(text, error="m", micro=False, boost_error=False).matrix
    module = size / len(matrix)
    page.set_fill_color(*INK)
    for row, line in enumerate(matrix):
        column = 0
        while column < len(line):
            end = column
            while end < len(line) and line[end]:
                end += 1
            if end > column:  # one rectangle for a run, a hair taller, so that no white line shows between rows
                place = left + column * module, top + row * module
                page.rect(*place, (end - column) * module, module * 1.02, style="F")
            column = max(end, column + 1)


def _folder() -> Path:
    """The fonts' own package; not imported, since that would want the typesetter that it was made for."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise UnavailableError("fonts-missing", "the fonts of printed pages are not installed", "run make setup")
    return Path(found.origin).parent


@cache
def _covered() -> frozenset[int]:
    return frozenset(TTFont(_folder() / "DejaVuSansCondensed.ttf", lazy=True).getBestCmap())
