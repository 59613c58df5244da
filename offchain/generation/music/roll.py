"""A piece as a picture: time from left to right, pitch upwards, a colour for each voice."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offchain.generation.music.midi import PARTS
from offchain.generation.music.tokens import VOICES, Note, Piece, notes

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

__all__ = ["COLOURS", "MEDIA_TYPE", "SIZE", "piano_roll"]

MEDIA_TYPE: Final = "image/png"
SIZE: Final = (1600, 600)
"""Width and height in pixels."""

COLOURS: Final = {"soprano": "#b3372f", "alto": "#c98a1b", "tenor": "#2f7f73", "bass": "#2d4a7c"}
"""Of each voice."""
_PAPER, _STRIPE, _BEAT, _BAR, _INK, _GREY = "#fbf9f4", "#f3efe6", "#e6e0d3", "#b9b1a1", "#2b2925", "#8b8578"
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 28, 76, 44
_SHARPS: Final = frozenset({1, 3, 6, 8, 10})
_SCALE: Final = 2  # drawn so much larger, then reduced, for smooth edges


def piano_roll(piece: Piece, title: str) -> bytes:
    """A PNG of the piece, `SIZE` pixels: its notes, bar lines, the names of its Cs, its key and metre."""
    from PIL import Image, ImageDraw

    width, height = SIZE
    picture = Image.new("RGB", (width * _SCALE, height * _SCALE), _PAPER)
    sheet = _Sheet(ImageDraw.Draw(picture), piece, notes(piece))
    sheet.ruled()
    sheet.played()
    sheet.lettered(title)
    out = io.BytesIO()
    picture.resize(SIZE, Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where things lie, in pixels of the finished picture."""

    pen: ImageDraw.ImageDraw
    piece: Piece
    notes: list[Note]

    def ruled(self) -> None:
        """Rows of the black keys, beats and bar lines."""
        low, high = self._span()
        for pitch in range(low, high + 1):
            if pitch % 12 in _SHARPS:
                self._box(0, pitch, len(self.piece.frames), _STRIPE)
        metre = self.piece.metre
        beat = 16 // metre.unit if self._x(16 // metre.unit) - _LEFT >= 8 else metre.bar  # no thicket in long pieces
        for frame in range(len(self.piece.frames) + 1):
            place = (frame - metre.pickup) % metre.bar
            if place % beat == 0:
                self._line(frame, _BEAT if place else _BAR)

    def played(self) -> None:
        """Every note, the bass first, so that the melody lies on top where voices meet."""
        for part in reversed(PARTS):
            for note in self.notes:
                if VOICES[note.voice] == part:
                    self._note(note, COLOURS[part])

    def lettered(self, title: str) -> None:
        """Title, key, metre and voices above; octaves at the side; bar numbers below."""
        metre = self.piece.metre
        said = [self.piece.key or "", f"{metre.beats}/{metre.unit}", f"{-(-len(self.piece.frames) // metre.bar)} bars"]
        self._text((_LEFT, 40), title, _INK, 26, "ls")
        self._text((_LEFT, 62), "   ".join(filter(None, said)), _GREY, 15, "ls")
        for column, part in enumerate(PARTS):
            x = SIZE[0] - _RIGHT - 104 * (len(PARTS) - column) + 10
            self._rounded((x, 38, x + 20, 48), COLOURS[part])
            self._text((x + 27, 48), part, _INK, 15, "ls")
        low, high = self._span()
        for pitch in range(low, high + 1):
            if pitch % 12 in {0, 7}:
                name = f"{'C' if pitch % 12 == 0 else 'G'}{pitch // 12 - 1}"
                self._text((_LEFT - 12, self._y(pitch) + self._row() / 2), name, _GREY, 14, "rm")
        for bar, frame in enumerate(self._bars(), 1):
            self._text((self._x(frame) + 5, SIZE[1] - _BOTTOM + 12), str(bar), _GREY, 13, "lt")

    def _bars(self) -> Iterator[int]:
        yield from range(self.piece.metre.pickup, len(self.piece.frames), self.piece.metre.bar)

    def _span(self) -> tuple[int, int]:
        pitches = [note.pitch for note in self.notes] or [60]
        return min(*pitches, 48) - 2, max(*pitches, 67) + 2

    def _x(self, frame: int) -> float:
        return _LEFT + (SIZE[0] - _LEFT - _RIGHT) * frame / max(len(self.piece.frames), 1)

    def _row(self) -> float:
        low, high = self._span()
        return (SIZE[1] - _TOP - _BOTTOM) / (high - low + 1)

    def _y(self, pitch: int) -> float:
        return _TOP + (self._span()[1] - pitch) * self._row()

    def _note(self, note: Note, colour: str) -> None:
        x, y = self._x(note.start), self._y(note.pitch)
        end = max(self._x(note.start + note.length) - 1.5, x + 1)
        self._rounded((x + 1, y + 0.8, end, y + self._row() - 0.8), colour)

    def _box(self, frame: int, pitch: int, length: int, colour: str) -> None:
        y = self._y(pitch)
        self.pen.rectangle(_scaled((self._x(frame), y, self._x(frame + length), y + self._row())), fill=colour)

    def _line(self, frame: int, colour: str) -> None:
        x = self._x(frame)
        self.pen.line(_scaled((x, _TOP, x, SIZE[1] - _BOTTOM)), fill=colour, width=_SCALE)

    def _rounded(self, box: tuple[float, float, float, float], colour: str) -> None:
        self.pen.rounded_rectangle(_scaled(box), radius=3 * _SCALE, fill=colour)

    def _text(self, at: tuple[float, float], text: str, colour: str, size: int, anchor: str) -> None:
        self.pen.text((at[0] * _SCALE, at[1] * _SCALE), text, fill=colour, font=_font(size * _SCALE), anchor=anchor)


def _scaled(values: tuple[float, ...]) -> list[float]:
    return [value * _SCALE for value in values]


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)
