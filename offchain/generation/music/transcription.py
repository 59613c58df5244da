"""The melody of anybody's MIDI file, as notation that can be harmonised.

The melody is the track named soprano or melody, else the first that has notes outside the drums. Its notes are moved to
the nearest sixteenth; where several sound at once, the highest is heard. Whole bars of silence before it are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from offchain.errors import InputError
from offchain.generation.music.keys import LETTERS, fifths, signature
from offchain.generation.music.melody import Melody
from offchain.generation.music.midi import MAX_FRAMES, stated_key, stated_metre, track_name
from offchain.generation.music.standard_midi import META, Event, MidiFile, parse
from offchain.generation.music.tokens import HIGHEST, HOLD, LOWEST, REST, Metre, onset, pitch_of

__all__ = ["notated", "transcribe"]

_NAMES: Final = ("soprano", "melody")
_ON, _OFF, _DRUMS = 0x90, 0x80, 9
_MARKS: Final = {1: "^", 0: "=", -1: "_"}


def transcribe(data: bytes) -> str:
    """The notation of a MIDI file's melody (see `melody`).

    Raises:
        InputError: `midi-malformed`, `melody-empty`, `melody-too-long`, `melody-range`.
    """
    file = parse(data)
    metre = stated_metre(file)
    heard = _heard(_melody_track(file), file.division)
    while heard[: metre.bar] == [None] * metre.bar:
        del heard[: metre.bar]
    return notated(Melody(_tokens(heard), stated_key(file), metre))


def notated(melody: Melody) -> str:
    """The notation that `read_melody` reads as this melody."""
    metre = melody.metre
    fields = [f"M:{metre.beats}/{metre.unit}", "L:1/16"]
    if melody.key is not None:
        fields.append("K:" + melody.key.replace(" minor", "m").replace(" major", ""))
    return "\n".join([*fields, "".join(_written(melody)), ""])


def _melody_track(file: MidiFile) -> list[tuple[int, int, int]]:
    """Start and end in ticks and pitch of the notes of the track that is the melody."""
    tracks = [(track_name(track).strip().lower(), list(_sounded(track))) for track in file.tracks]
    named = [found for name, found in tracks if found and name in _NAMES]
    found = next(iter([*named, *(found for _, found in tracks if found)]), None)
    if found is None:
        raise InputError("melody-empty", "the MIDI file has no note", "give one with a melody")
    return found


def _sounded(track: Sequence[Event]) -> Iterator[tuple[int, int, int]]:
    begun: dict[tuple[int, int], int] = {}
    for event in track:
        kind, channel = event.status & 0xF0, event.status & 0x0F
        if event.status == META or kind not in {_ON, _OFF} or channel == _DRUMS:
            continue
        pitch, velocity = event.data
        start = begun.pop((channel, pitch), None)
        if start is not None:
            yield start, event.tick, pitch
        if kind == _ON and velocity:
            begun[channel, pitch] = event.tick


def _heard(played: list[tuple[int, int, int]], division: int) -> list[tuple[int, int] | None]:
    """Start and pitch of the highest note that sounds in each sixteenth."""
    placed = [(round(start * 4 / division), round(end * 4 / division), pitch) for start, end, pitch in played]
    if max(end for _, end, _ in placed) > MAX_FRAMES:
        raise InputError("melody-too-long", f"the melody has more than {MAX_FRAMES} sixteenths", "give up to 64 bars")
    heard: list[tuple[int, int] | None] = [None] * (max(max(end, start + 1) for start, end, _ in placed))
    for start, end, pitch in sorted(placed, key=lambda note: note[2]):
        for frame in range(start, max(end, start + 1)):
            heard[frame] = (start, pitch)
    return heard


def _tokens(heard: Sequence[tuple[int, int] | None]) -> list[int]:
    out: list[int] = []
    for before, now in zip([None, *heard], heard, strict=False):
        if now is not None and not LOWEST <= now[1] <= HIGHEST:
            why = f"MIDI pitch {now[1]} is outside {LOWEST} to {HIGHEST}"
            raise InputError("melody-range", why, "transpose the melody")
        out.append(REST if now is None else HOLD if now == before else onset(now[1]))
    return out


def _written(melody: Melody) -> Iterator[str]:
    signed, altered = signature(fifths(melody.key) if melody.key else 0), dict[str, int]()
    # Minor keys sharpen their sixth and seventh; other alterations lean as the signature does.
    lean = -1 if melody.key and melody.key.endswith("major") and fifths(melody.key) < 0 else 1
    for start, end, pitch, follows in _pieces(melody.tokens, melody.metre):
        if _opens_bar(start, melody.metre) and start:
            altered.clear()
            yield " | "
        length = "" if end - start == 1 else str(end - start)
        if pitch is None:
            yield f"z{length}"
            continue
        letter, alteration = _spelled(pitch, signed, lean)
        mark = "" if follows or altered.get(letter, signed.get(letter, 0)) == alteration else _MARKS[alteration]
        if mark:
            altered[letter] = alteration
        octave = (pitch - alteration - 60 - LETTERS[letter]) // 12
        name = letter.lower() + "'" * (octave - 1) if octave > 0 else letter + "," * -octave
        tied = "-" if end < len(melody.tokens) and melody.tokens[end] == HOLD else " "
        yield f"{mark}{name}{length}{tied}"


def _pieces(tokens: Sequence[int], metre: Metre) -> Iterator[tuple[int, int, int | None, bool]]:
    """Start, end and pitch (None for a rest) of notes and rests, cut at bar lines, and whether a tie leads there."""
    start, pitch = 0, None
    for frame in range(1, len(tokens) + 1):
        if tokens[start] > REST:
            pitch = pitch_of(tokens[start])
        goes_on = frame < len(tokens) and (tokens[frame] == HOLD or tokens[frame] == tokens[start] == REST)
        if goes_on and not _opens_bar(frame, metre):
            continue
        yield start, frame, None if tokens[start] == REST else pitch, tokens[start] == HOLD
        start = frame


def _opens_bar(frame: int, metre: Metre) -> bool:
    return (frame - metre.pickup) % metre.bar == 0


def _spelled(pitch: int, signed: dict[str, int], lean: int) -> tuple[str, int]:
    """Letter and alteration of a pitch: of the scale where it is in it, else natural, else altered by `lean`."""
    wanted = [(letter, signed.get(letter, 0)) for letter in LETTERS] + [(letter, 0) for letter in LETTERS]
    wanted += [(letter, lean) for letter in LETTERS]
    return next((letter, by) for letter, by in wanted if (LETTERS[letter] + by - pitch) % 12 == 0)
