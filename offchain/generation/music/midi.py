"""A piece as a MIDI file and back, without loss: the file is the master of a work of music.

Format 1: a track of tempo, metre and key, then soprano, alto, tenor and bass, each with its name, a church organ and a
channel of its own. A sixteenth is 120 ticks. All tracks end where the piece does, so that closing rests are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NoReturn

from offchain.errors import InputError
from offchain.generation.music.keys import fifths, key_of
from offchain.generation.music.standard_midi import META, Event, MidiFile, meta, parse, serialise
from offchain.generation.music.tokens import VOICES, Metre, Note, Piece, from_notes, notes

__all__ = [
    "MAX_FRAMES",
    "MEDIA_TYPE",
    "ORGAN",
    "PARTS",
    "VELOCITY",
    "read_midi",
    "read_tempo",
    "read_title",
    "stated_key",
    "stated_metre",
    "write_midi",
]

MEDIA_TYPE: Final = "audio/midi"
PARTS: Final = ("soprano", "alto", "tenor", "bass")
"""Order of the tracks, from above."""
MAX_FRAMES: Final = 64 * 16 + 16
"""Longest piece in sixteenths: 64 bars and a pickup."""

_SIXTEENTH: Final = 120
_TITLE, _TEMPO, _METRE, _KEY, _END = 0x03, 0x51, 0x58, 0x59, 0x2F
_ON, _OFF, _PROGRAM = 0x90, 0x80, 0xC0
ORGAN: Final = 19
"""General MIDI's church organ, counted from 0."""
VELOCITY: Final = 80
"""Of every note; an organ has no other."""
_MINUTE: Final = 60_000_000  # microseconds


def write_midi(piece: Piece, *, tempo: int, title: str) -> bytes:
    """The piece as a MIDI file; the same piece gives the same bytes.

    Args:
        piece: four voices; its pickup is a shorter first bar.
        tempo: quarter notes a minute.
        title: ASCII.
    """
    end = len(piece.frames) * _SIXTEENTH
    played = notes(piece)
    parts = [_part(number, name, played, end) for number, name in enumerate(PARTS)]
    return serialise(MidiFile(4 * _SIXTEENTH, [[*_conducting(piece, tempo, title, end)], *parts]))


def read_midi(data: bytes) -> Piece:
    """The piece that `write_midi` wrote.

    Returns:
        the piece; its pickup is what the first time signature lasts.

    Raises:
        InputError: `midi-malformed`: no MIDI file, or not one of four parts on the grid of sixteenths.
    """
    file = parse(data)
    if len(file.tracks) != 1 + len(PARTS) or file.division != 4 * _SIXTEENTH:
        _refuse("it does not have four parts in sixteenths of 120 ticks")
    played = [note for name, track in zip(PARTS, file.tracks[1:], strict=True) for note in _played(name, track)]
    length = _frames(file.tracks[0][-1].tick)
    if length > MAX_FRAMES:
        _refuse(f"it has {length} sixteenths, of at most {MAX_FRAMES}")
    return from_notes(played, length, key=stated_key(file), metre=stated_metre(file))


def read_title(data: bytes) -> str:
    """What the file calls the piece; empty where it does not.

    Raises:
        InputError: `midi-malformed`.
    """
    return next((track_name(track) for track in parse(data).tracks), "")


def stated_key(file: MidiFile) -> str | None:
    """The key of the first key signature; None without one."""
    content = next(_said(file.tracks, _KEY), None)
    if content is None or len(content[1]) != 2:
        return None
    return key_of(int.from_bytes(content[1][:1], "big", signed=True), minor=content[1][1] == 1)


def stated_metre(file: MidiFile) -> Metre:
    """The first time signature, or the second where the first is over before a bar of it: then that is the pickup.

    Raises:
        InputError: `midi-malformed`: a signature of no whole sixteenths.
    """
    found = [(tick, _read_metre(content)) for tick, content in _said(file.tracks, _METRE)]
    if not found:
        return Metre()
    (_, first), later = found[0], found[1:]
    if later and later[0][0] * 4 == first.bar * file.division and first.bar < later[0][1].bar:
        return replace(later[0][1], pickup=first.bar)
    return first


def track_name(track: Sequence[Event]) -> str:
    """What a track calls itself; empty where it does not."""
    return next(_said([track], _TITLE), (0, b""))[1].decode("latin-1")


def _read_metre(content: bytes) -> Metre:
    if len(content) < 2 or not content[0] or content[1] > 4:
        _refuse("a time signature is not counted in sixteenths or longer notes")
    return Metre(content[0], 1 << content[1])


def read_tempo(data: bytes) -> int:
    """Quarter notes a minute, 120 where the file does not say (the format's default).

    Raises:
        InputError: `midi-malformed`.
    """
    first = next(_said(parse(data).tracks, _TEMPO), (0, b""))[1]
    return round(_MINUTE / max(int.from_bytes(first, "big"), 1)) if first else 120


def _conducting(piece: Piece, tempo: int, title: str, end: int) -> Iterator[Event]:
    yield meta(0, _TITLE, title.encode("ascii"))
    yield meta(0, _TEMPO, round(_MINUTE / tempo).to_bytes(3, "big"))
    metre = piece.metre
    if metre.pickup:
        yield meta(0, _METRE, _signature(Metre(metre.pickup, 16)))
    yield meta(metre.pickup * _SIXTEENTH, _METRE, _signature(metre))
    if piece.key is not None:
        yield meta(metre.pickup * _SIXTEENTH, _KEY, _key_signature(piece.key))
    yield meta(end, _END, b"")


def _part(channel: int, name: str, played: Sequence[Note], end: int) -> list[Event]:
    voice = VOICES.index(name)
    ours = [note for note in played if note.voice == voice]
    sounds = [Event(note.start * _SIXTEENTH, _ON | channel, bytes([note.pitch, VELOCITY])) for note in ours]
    stops = [Event((note.start + note.length) * _SIXTEENTH, _OFF | channel, bytes([note.pitch, 0])) for note in ours]
    # A note must stop before the next begins at the same tick, or players drop a repeated one.
    turns = sorted([*sounds, *stops], key=lambda event: (event.tick, event.status & 0xF0))
    return [
        meta(0, _TITLE, name.capitalize().encode()),
        Event(0, _PROGRAM | channel, bytes([ORGAN])),
        *turns,
        meta(end, _END, b""),
    ]


def _played(name: str, track: Sequence[Event]) -> Iterator[Note]:
    if track_name(track) != name.capitalize():
        _refuse(f"a track is not named {name.capitalize()}")
    begun: tuple[int, int] | None = None
    for event in track:
        kind = event.status & 0xF0
        if event.status == META or kind not in {_ON, _OFF}:
            continue
        if (kind == _ON) == (begun is not None):
            _refuse(f"at tick {event.tick} of the {name}, notes overlap")
        if begun is None:
            begun = _frames(event.tick), event.data[0]
            continue
        start, pitch = begun
        if pitch != event.data[0]:
            _refuse(f"at tick {event.tick} of the {name}, a note ends that does not sound")
        begun = None
        yield Note(VOICES.index(name), start, _frames(event.tick) - start, pitch)
    if begun is not None:
        _refuse(f"the last note of the {name} does not end")


def _said(tracks: Iterable[Sequence[Event]], kind: int) -> Iterator[tuple[int, bytes]]:
    """Tick and content of the meta events of a kind, track by track."""
    found = (event for track in tracks for event in track if event.status == META and event.data[0] == kind)
    return ((event.tick, event.data[1:]) for event in found)


def _refuse(why: str) -> NoReturn:
    raise InputError("midi-malformed", f"this is no piece that Colophon wrote: {why}", "take the file as it was made")


def _frames(tick: int) -> int:
    if tick % _SIXTEENTH:
        _refuse(f"tick {tick} is no sixteenth")
    return tick // _SIXTEENTH


def _signature(metre: Metre) -> bytes:
    return bytes([metre.beats, metre.unit.bit_length() - 1, 24, 8])


def _key_signature(key: str) -> bytes:
    return fifths(key).to_bytes(1, "big", signed=True) + bytes([key.endswith("minor")])
