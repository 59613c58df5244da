"""What a piece is asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from offchain.errors import InputError
from offchain.generation.music.tokens import Metre, key_number
from offchain.generation.sampling import check_drawing, within

__all__ = ["METRES", "MusicParams", "metre_of"]

METRES: Final = ("4/4", "3/4")
"""Time signatures that a free piece may have; nearly all of the chorales learnt from have one of them."""


@dataclass(frozen=True, slots=True)
class MusicParams:
    """How a piece is drawn.

    Attributes:
        key: one of `tokens.KEYS`, such as `G minor`; None leaves it to the melody, or to the seed.
        bars: length of a free piece, 1 to 64; a melody brings its own.
        metre: one of `METRES`, of a free piece; a melody brings its own.
        tempo: quarter notes a minute, 30 to 240.
        temperature, top_p: see `Drawing`.

    Raises:
        InputError: a value outside its range.
    """

    kind: ClassVar[str] = "music"

    key: str | None = None
    bars: int = 8
    metre: str = "4/4"
    tempo: int = 80
    temperature: float = 0.9
    top_p: float = 0.98

    def __post_init__(self) -> None:
        key_number(self.key)
        within("bars", self.bars, "1 to 64", fits=1 <= self.bars <= 64)
        within("tempo", self.tempo, "30 to 240", fits=30 <= self.tempo <= 240)
        metre_of(self.metre)
        check_drawing(self)


def metre_of(text: str) -> Metre:
    """The metre that `METRES` spells so.

    Raises:
        InputError: `parameter-out-of-range`.
    """
    if text not in METRES:
        raise InputError(
            "parameter-out-of-range", f"metre is {text!r}", f"choose {' or '.join(METRES)}", parameter="metre"
        )
    beats, unit = map(int, text.split("/"))
    return Metre(beats, unit)
