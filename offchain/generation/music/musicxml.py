"""Reads a four-part vocal score from compressed MusicXML (.mxl), as far as chorales use the format.

Repeats are not unfolded, ornaments (grace notes) are left out, and times are rounded to sixteenths. XML from strangers
is parsed by defusedxml: no entities, no external documents.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from typing import TYPE_CHECKING, Final

from offchain.errors import InputError
from offchain.generation.music.tokens import VOICES, Metre, Note, Piece, from_notes

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Score", "read_score"]

_NAMES: Final = {"soprano": "soprano", "alto": "alto", "tenor": "tenor", "bass": "bass"}
_STEPS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Score:
    """A score as it is written.

    Attributes:
        piece: without a key.
        fifths: sharps of the last key signature, flats negative.
        title: as the score states it; may be empty.
        statements: what it says about its rights and its makers, in its own words.
    """

    piece: Piece
    fifths: int
    title: str
    statements: tuple[str, ...]


@dataclass(slots=True)
class _Part:
    """One part while it is read; times in quarters."""

    notes: list[tuple[Fraction, Fraction, int]] = field(default_factory=list)
    bars: list[Fraction] = field(default_factory=list)
    beats: int = 4
    unit: int = 4
    fifths: int = 0
    divisions: int = 1
    at: Fraction = Fraction(0)
    tied: bool = False


def read_score(data: bytes) -> Score:
    """The score in the bytes of an .mxl file.

    Raises:
        InputError: `score-unfit`: not compressed MusicXML, not one soprano, alto, tenor and bass, or two notes of a
            voice at once.
    """
    root = _root(data)
    parts = {name: _read_part(element) for name, element in _voices(root).items()}
    length = max(_sixteenths(part.at) for part in parts.values())
    if not length:
        raise _unfit("it has no notes")
    first = parts[VOICES[0]]
    piece = from_notes(_played(parts), length, metre=_metre(first))
    return Score(piece, first.fifths, _title(root), tuple(_statements(root)))


def _root(data: bytes) -> Element:
    import defusedxml.ElementTree

    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if not name.startswith("META-INF")]
            root: Element = defusedxml.ElementTree.fromstring(archive.read(names[0]))
    except (zipfile.BadZipFile, IndexError, ValueError, SyntaxError) as error:
        raise _unfit(f"it is no compressed MusicXML: {error}") from error
    return root


def _voices(root: Element) -> dict[str, Element]:
    """The part of each voice, whatever instruments play beside."""
    names = {part.get("id"): (part.findtext("part-name") or "").lower() for part in root.iter("score-part")}
    found = {part.get("id"): part for part in root.findall("part")}
    chosen = {voice: [key for key, name in names.items() if name.startswith(voice)] for voice in _NAMES}
    if any(len(keys) != 1 for keys in chosen.values()):
        raise _unfit(f"its parts are {', '.join(names.values()) or 'none'}")
    return {voice: found[keys[0]] for voice, keys in chosen.items()}


def _read_part(element: Element) -> _Part:
    part = _Part()
    for measure in element.findall("measure"):
        part.bars.append(part.at)
        for item in measure:
            _read_item(part, item)
    return part


def _read_item(part: _Part, item: Element) -> None:
    if item.tag == "attributes":
        _read_attributes(part, item)
    elif item.tag == "note":
        _read_note(part, item)
    elif item.tag == "forward":
        part.at += _duration(part, item)
    elif item.tag == "backup":
        raise _unfit("a part has two voices")


def _read_attributes(part: _Part, item: Element) -> None:
    part.divisions = int(item.findtext("divisions") or part.divisions)
    part.fifths = int(item.findtext("key/fifths") or part.fifths)
    if item.find("time") is not None and not part.notes:
        part.beats = int(item.findtext("time/beats") or 4)
        part.unit = int(item.findtext("time/beat-type") or 4)


def _read_note(part: _Part, item: Element) -> None:
    if item.find("grace") is not None:
        return
    if item.find("chord") is not None:
        raise _unfit("a part has two notes at once")
    duration = _duration(part, item)
    pitch = item.find("pitch")
    if pitch is not None:
        midi = _midi(pitch)
        ties = {tie.get("type") for tie in item.findall("tie")}
        if part.tied and part.notes and part.notes[-1][2] == midi and "stop" in ties:
            start, before, _ = part.notes.pop()
            part.notes.append((start, before + duration, midi))
        else:
            part.notes.append((part.at, duration, midi))
        part.tied = "start" in ties
    part.at += duration


def _duration(part: _Part, item: Element) -> Fraction:
    return Fraction(int(item.findtext("duration") or 0), part.divisions)


def _midi(pitch: Element) -> int:
    step, octave = pitch.findtext("step") or "C", int(pitch.findtext("octave") or 4)
    return 12 * (octave + 1) + _STEPS[step] + int(float(pitch.findtext("alter") or 0))


def _sixteenths(quarters: Fraction) -> int:
    return round(quarters * 4)


def _metre(part: _Part) -> Metre:
    """Time signature, and the first measure's length where it is shorter than a bar."""
    bar = part.beats * 16 // part.unit
    pickup = _sixteenths(part.bars[1]) if len(part.bars) > 1 else 0
    return Metre(part.beats, part.unit, pickup if pickup < bar else 0)


def _played(parts: dict[str, _Part]) -> Iterator[Note]:
    for number, voice in enumerate(VOICES):
        yield from _rounded(parts[voice].notes, number)


def _rounded(notes: Sequence[tuple[Fraction, Fraction, int]], voice: int) -> Iterator[Note]:
    """Notes on the grid; what is shorter than half a sixteenth is dropped."""
    for start, length, pitch in notes:
        begin, end = _sixteenths(start), _sixteenths(start + length)
        if end > begin:
            yield Note(voice, begin, end - begin, pitch)


def _title(root: Element) -> str:
    words = (root.findtext(path) for path in ("movement-title", "work/work-title"))
    return next((word.strip() for word in words if word and word.strip()), "")


def _statements(root: Element) -> Iterator[str]:
    """Rights, sources and encoders of the header, and what is printed on the page."""
    for path in ("identification/rights", "identification/source", "identification/encoding/encoder"):
        yield from (
            f"{path.rpartition('/')[2]}: {' '.join(found.text.split())}" for found in root.iterfind(path) if found.text
        )
    yield from (" ".join(words.text.split()) for words in root.iterfind("credit/credit-words") if words.text)


def _unfit(why: str) -> InputError:
    return InputError("score-unfit", f"the score cannot be read: {why}", "give a four-part vocal score as .mxl")
