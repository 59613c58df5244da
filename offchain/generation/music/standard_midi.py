"""Standard MIDI files as events: reading anybody's, writing ours.

The format is that of the MIDI Manufacturers Association's "Standard MIDI Files 1.0" (RP-001): a header chunk, then one
chunk a track, each a list of events with the ticks since the one before. Written by us rather than by a library, since
the bytes are a master and must never change with a library's version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from offchain.errors import InputError

__all__ = ["MAX_BYTES", "META", "Event", "MidiFile", "meta", "parse", "serialise"]

MAX_BYTES: Final = 1 << 20
"""Largest file that is read; an hour of four voices has a tenth of it."""

META: Final = 0xFF
_END: Final = 0x2F
_SYSTEM: Final = 0xF0
_ONE_BYTE: Final = (0xC0, 0xD0)
"""Channel messages with one data byte, programme and pressure; the others have two."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a track.

    Attributes:
        tick: since the track began.
        status: message and channel, or `META`.
        data: the message's data bytes; of a meta event its type, then its content.
    """

    tick: int
    status: int
    data: bytes


@dataclass(frozen=True, slots=True)
class MidiFile:
    """A file as events.

    Attributes:
        division: ticks of a quarter note.
        tracks: events by time, the end of the track last.
    """

    division: int
    tracks: Sequence[Sequence[Event]]


def meta(tick: int, kind: int, content: bytes) -> Event:
    """A meta event, such as a tempo."""
    return Event(tick, META, bytes([kind]) + content)


def serialise(file: MidiFile) -> bytes:
    """The bytes of a file of format 1, without running status."""
    header = b"MThd" + (6).to_bytes(4, "big")
    header += b"".join(number.to_bytes(2, "big") for number in (1, len(file.tracks), file.division))
    return header + b"".join(map(_track, file.tracks))


def parse(data: bytes) -> MidiFile:
    """The events of a file of format 0 or 1.

    Raises:
        InputError: `midi-malformed`, with what and at which byte; SMPTE times and format 2 are not read.
    """
    if len(data) > MAX_BYTES:
        _refuse(f"it has {len(data)} bytes, of at most {MAX_BYTES}")
    cursor = _Cursor(data)
    if cursor.take(4) != b"MThd" or cursor.number(4) != 6:
        _refuse("it does not begin with a MIDI header")
    form, count, division = (cursor.number(2) for _ in range(3))
    if form > 1 or not 0 < division < 0x8000:
        _refuse("it is of format 2, or counts time in film frames")
    return MidiFile(division, [list(_events(cursor.chunk())) for _ in range(count)])


class _Cursor:
    """Reads on from where it is, and no further than there are bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self._data):
            _refuse(f"it ends inside something that begins at byte {self.at}")
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def peek(self) -> int:
        byte = self.number(1)
        self.at -= 1
        return byte

    def quantity(self) -> int:
        """A variable-length quantity: seven bits a byte, at most four bytes."""
        value, byte, start = 0, 0x80, self.at
        while byte >= 0x80:
            if self.at - start == 4:
                _refuse(f"the number at byte {start} is too long")
            byte = self.number(1)
            value = value << 7 | byte & 0x7F
        return value

    def chunk(self) -> _Cursor:
        """The next track; chunks of other kinds are passed over, as the format asks."""
        while True:
            kind, size = self.take(4), self.number(4)
            content = self.take(size)
            if kind == b"MTrk":
                return _Cursor(content)


def _events(cursor: _Cursor) -> Iterator[Event]:
    tick = status = 0
    while True:
        tick += cursor.quantity()
        running = cursor.peek() < 0x80
        current = status if running else cursor.number(1)
        if current == META:
            kind = cursor.take(1)
            yield Event(tick, META, kind + cursor.take(cursor.quantity()))
            if kind[0] == _END:
                return
        elif current in {0xF0, 0xF7}:
            cursor.take(cursor.quantity())
        elif 0x80 <= current < _SYSTEM:
            status = current
            yield Event(tick, status, cursor.take(1 if status & 0xF0 in _ONE_BYTE else 2))
        else:
            _refuse(f"byte {cursor.at} of a track begins no event")


def _track(events: Sequence[Event]) -> bytes:
    content, before = bytearray(), 0
    for event in events:
        content += _quantity(event.tick - before) + bytes([event.status])
        content += (
            event.data[:1] + _quantity(len(event.data) - 1) + event.data[1:] if event.status == META else event.data
        )
        before = event.tick
    return b"MTrk" + len(content).to_bytes(4, "big") + bytes(content)


def _quantity(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def _refuse(why: str) -> NoReturn:
    raise InputError("midi-malformed", f"this is no MIDI file that can be read: {why}", "save it as format 0 or 1")
