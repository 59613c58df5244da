"""Keys as signatures: how many sharps or flats, and on which letters."""

from __future__ import annotations

from typing import Final

from offchain.generation.music.tokens import KEYS

__all__ = ["LETTERS", "LINE_OF_FIFTHS", "fifths", "key_of", "signature"]

LETTERS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
"""Semitones above C of each letter."""

LINE_OF_FIFTHS: Final = "FCGDAEB"
"""The letters in the order in which signatures sharpen them; flats come from the end."""


def fifths(key: str) -> int:
    """Sharps in the signature of one of `KEYS`, flats counted below zero."""
    tonic, mode = key.split()
    altered = 7 * (tonic.endswith("#") - tonic.endswith("b"))
    return LINE_OF_FIFTHS.index(tonic[0]) - 1 + altered - 3 * (mode == "minor")


def signature(sharps: int) -> dict[str, int]:
    """Alteration in semitones of the letters that a signature of −7 to 7 sharps alters."""
    if sharps >= 0:
        return dict.fromkeys(LINE_OF_FIFTHS[:sharps], 1)
    return dict.fromkeys(LINE_OF_FIFTHS[sharps:], -1)


def key_of(sharps: int, *, minor: bool) -> str | None:
    """The key that sounds under this signature, by the name in `KEYS`; None outside −7 to 7 sharps."""
    if not -7 <= sharps <= 7:
        return None
    mode = "minor" if minor else "major"
    return next(key for key in KEYS if key.endswith(mode) and (fifths(key) - sharps) % 12 == 0)
