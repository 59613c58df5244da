"""Melodies as text, to be harmonised: a subset of the ABC notation (standard 2.1, Walshaw 2011).

    M:3/4                      metre: 4/4 unless said; C and C| too
    L:1/8                      unit of lengths: 1/8 unless said, 1/16 for metres below 3/4
    K:Gm                       key, major or minor; without it nothing is altered and the key is unknown
    d2 | g2 a2 ^f2 | g4 z2 |]  notes C … B, c … b, each ' an octave higher, each , lower; ^ _ = alter until the bar ends

Lengths follow a note as `2`, `/2`, `3/2` or `/`, `-` ties it to the next, `z` is a rest. A first bar that is not full
is a pickup. Fields stand in a line of their own, or before the first note as `[K:Gm]`; `%` begins a comment. Slurs,
beams, quoted chords and fields of other letters say nothing about pitches and are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Final, NoReturn

from offchain.errors import InputError
from offchain.generation.music.keys import LETTERS, LINE_OF_FIFTHS, key_of, signature
from offchain.generation.music.midi import MAX_FRAMES
from offchain.generation.music.tokens import HOLD, RANGES, REST, Metre, onset

__all__ = ["MAX_CHARACTERS", "Melody", "read_melody"]

MAX_CHARACTERS: Final = 20_000
"""Longest notation that is read; 64 bars of sixteenths have a tenth of it."""

_WORDS: Final = re.compile(
    r"""(?P<note>(?P<mark>\^\^|__|[\^_=])?(?P<letter>[A-Ga-g])(?P<octave>[',]*)(?P<length>\d{0,4}(?:/\d{0,4})*))
      | (?P<rest>[zx](?P<pause>\d{0,4}(?:/\d{0,4})*))
      | (?P<tie>-)
      | \[(?P<field>(?P<name>[A-Za-z]):(?P<value>[^\]\n]*))\]
      | (?P<bar>\[\||\|\]|\|\||\|)(?!:)
      | (?P<nothing>[ \t\r\n`\\()]+(?!\d)|"[^"\n]*"|%[^\n]*)
    """,
    re.VERBOSE,
)
_LINE: Final = re.compile(r"(?P<field>(?P<name>[A-G](?!:\|)|[H-Zmrsw+]):(?P<value>[^\n%]*))", re.MULTILINE)
_KEY: Final = re.compile(r"([A-G])([#b]?)\s*(?i:(maj|major|)|m|min|minor)")
_RATIO: Final = re.compile(r"(\d{1,2})/(\d{1,2})")
_BEFORE_NOTES: Final = frozenset("MLKVX")
"""Fields that, after a note, would change the metre, the key or the voice, or begin another tune."""
_MARKS: Final = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}


@dataclass(frozen=True, slots=True)
class Melody:
    """A soprano.

    Attributes:
        tokens: one a sixteenth, as the model's (`offchain.generation.music.tokens`).
        key: one of `KEYS`; None where the notation names none.
        metre: where its bar lines are.
    """

    tokens: list[int]
    key: str | None
    metre: Metre


def read_melody(notation: str) -> Melody:
    """The melody that a notation means.

    Raises:
        InputError: `melody-malformed` with line and column, `melody-empty`, `melody-too-long`, `melody-range`.
    """
    if len(notation) > MAX_CHARACTERS:
        _too_long(f"the notation has {len(notation)} characters, of at most {MAX_CHARACTERS}")
    reading = _Reading(notation)
    for word in _words(notation):
        reading.take(word)
    return reading.melody()


def _words(notation: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(notation):
        begins_line = at == 0 or notation[at - 1] == "\n"
        word = (_LINE.match(notation, at) if begins_line else None) or _WORDS.match(notation, at)
        if word is None:
            _refuse(notation, at, f"{notation[at]!r} begins no note, rest, tie or bar line that is read here")
        yield word
        at = word.end()


class _Fields:
    """What the fields say."""

    def __init__(self) -> None:
        self.metre = Metre()
        self.key: str | None = None
        self.signature: dict[str, int] = {}
        self._unit: Fraction | None = None

    @property
    def unit(self) -> Fraction:
        """What a note without a length lasts, in sixteenths (§3.1.7)."""
        return self._unit or Fraction(2 if self.metre.bar >= 12 else 1)

    def take(self, name: str, value: str) -> str | None:
        """Read a field; returns what is wrong with it."""
        match name:
            case "M":
                return self._take_metre({"C": "4/4", "C|": "2/2"}.get(value, value))
            case "L":
                ratio = _RATIO.fullmatch(value)
                if ratio is None or not int(ratio[1]) or 16 * int(ratio[1]) % (int(ratio[2]) or 17):
                    return "a unit is a ratio of whole sixteenths, such as 1/8"
                self._unit = Fraction(16 * int(ratio[1]), int(ratio[2]))
            case "K":
                return self._take_key(_KEY.fullmatch(value))
        return None

    def _take_metre(self, value: str) -> str | None:
        ratio = _RATIO.fullmatch(value)
        if (
            ratio is None
            or int(ratio[2]) not in {1, 2, 4, 8, 16}
            or not 0 < Metre(int(ratio[1]), int(ratio[2])).bar <= 32
        ):
            return "a metre is a ratio of up to two whole notes, such as 3/4, in wholes to sixteenths"
        self.metre = Metre(int(ratio[1]), int(ratio[2]))
        return None

    def _take_key(self, found: re.Match[str] | None) -> str | None:
        if found is None:
            return "a key is a tonic and, if minor, an m, such as Bb or F#m"
        minor = found[3] is None
        sharps = LINE_OF_FIFTHS.index(found[1]) - 1 + 7 * ((found[2] == "#") - (found[2] == "b")) - 3 * minor
        self.key = key_of(sharps, minor=minor)
        if self.key is None:
            return "no signature has more than seven sharps or flats"
        self.signature = signature(sharps)
        return None


class _Reading:
    """What has been read so far."""

    def __init__(self, notation: str) -> None:
        self._notation = notation
        self._fields = _Fields()
        self._altered: dict[str, int] = {}
        self._tokens: list[int] = []
        self._bars: list[tuple[int, int]] = []
        self._last: tuple[str, int] | None = None
        self._ties = False

    def take(self, word: re.Match[str]) -> None:
        """One more note, rest, tie, bar line or field."""
        match word.lastgroup:
            case "note":
                self._take_note(word)
            case "rest":
                self._require(not self._ties, word, "a tie leads to a rest")
                self._tokens += [REST] * self._sixteenths(word, word["pause"])
                self._last = None
            case "tie":
                self._require(self._last is not None, word, "there is no note to tie")
                self._ties = True
            case "field":
                self._take_field(word)
            case "bar":
                self._altered.clear()
                self._bars.append((len(self._tokens), word.start()))

    def melody(self) -> Melody:
        """All of it.

        Raises:
            InputError: there is no note, or a bar has another length than its metre says.
        """
        if not any(token > REST for token in self._tokens):
            raise InputError("melody-empty", "the melody has no note", "write one, such as `[K:G] G2 A2 B4`")
        return Melody(self._tokens, self._fields.key, replace(self._fields.metre, pickup=self._pickup()))

    def _pickup(self) -> int:
        """Sixteenths before the first bar line, unless they fill a bar or are all there is."""
        bar, end = self._fields.metre.bar, len(self._tokens)
        lines = [(at, place) for at, place in self._bars if at > 0]
        first = lines[0][0] if lines else end
        pickup = first if first < bar and first < end else 0
        starts = [(pickup, 0), *((at, place) for at, place in lines if at > pickup), (end, len(self._notation))]
        for (start, _), (after, place) in pairwise(starts):
            if after - start > bar or (after - start < bar and after < end):
                why = f"the bar before has {after - start} sixteenths, and its metre asks for {bar}"
                _refuse(self._notation, place, why)
        return pickup

    def _take_field(self, word: re.Match[str]) -> None:
        name, value = word["name"], word["value"].strip()
        if name in _BEFORE_NOTES:
            self._require(not self._tokens, word, f"the field {name} comes after a note")
        wrong = self._fields.take(name, value)
        self._require(wrong is None, word, f"{name}:{value} is not read: {wrong}")

    def _take_note(self, word: re.Match[str]) -> None:
        spelling, pitch = word["letter"] + word["octave"], self._pitch(word)
        if self._ties and self._last is not None:
            # A tie carries an accidental over the bar line (§4.11).
            pitch = self._last[1] if word["mark"] is None and spelling == self._last[0] else pitch
            self._require(pitch == self._last[1], word, "a tie leads to another pitch")
        low, high = RANGES["soprano"]
        if not low <= pitch <= high:
            self._refuse_range(word, pitch)
        held = [HOLD] * (self._sixteenths(word, word["length"]) - 1)
        self._tokens += [HOLD if self._ties else onset(pitch), *held]
        self._last, self._ties = (spelling, pitch), False

    def _pitch(self, word: re.Match[str]) -> int:
        letter, marks = word["letter"].upper(), word["octave"]
        if word["mark"] is not None:
            self._altered[letter] = _MARKS[word["mark"]]
        alteration = self._altered.get(letter, self._fields.signature.get(letter, 0))
        octave = word["letter"].islower() + marks.count("'") - marks.count(",")
        return 60 + LETTERS[letter] + 12 * octave + alteration

    def _sixteenths(self, word: re.Match[str], length: str) -> int:
        whole, *halved = length.split("/")
        sixteenths = self._fields.unit * int(whole or 1)
        for divisor in halved:
            self._require(divisor.strip("0") or not divisor, word, "a length is divided by 0")
            sixteenths /= int(divisor or 2)
        self._require(sixteenths.denominator == 1 and sixteenths > 0, word, f"{word[0]} is no whole sixteenth long")
        if len(self._tokens) + sixteenths > MAX_FRAMES:
            _too_long(f"the melody has more than {MAX_FRAMES} sixteenths")
        return int(sixteenths)

    def _require(self, fits: object, word: re.Match[str], why: str) -> None:
        if not fits:
            _refuse(self._notation, word.start(), why)

    def _refuse_range(self, word: re.Match[str], pitch: int) -> NoReturn:
        low, high = RANGES["soprano"]
        line, column = _place(self._notation, word.start())
        raise InputError(
            "melody-range",
            f"line {line}, column {column}: {word[0]} is MIDI pitch {pitch}, and a soprano sings from `A,` to `a`, "
            f"{low} to {high}",
            f"transpose the melody {'down' if pitch > high else 'up'}; an octave above `G` is `g`",
            line=line,
            column=column,
        )


def _place(notation: str, at: int) -> tuple[int, int]:
    before = notation[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _refuse(notation: str, at: int, why: str) -> NoReturn:
    line, column = _place(notation, at)
    raise InputError(
        "melody-malformed",
        f"line {line}, column {column}: {why}",
        "write notes such as c2 ^f/2, rests such as z4, ties - and bar lines |, repeats and ornaments written out",
        line=line,
        column=column,
    )


def _too_long(why: str) -> NoReturn:
    raise InputError("melody-too-long", why, "give up to 64 bars")
