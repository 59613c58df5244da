"""A piece as a MIDI file: what stands in the bytes, and which files are refused."""

from __future__ import annotations

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.generation.music.midi import read_midi, read_tempo, read_title, stated_key, stated_metre, write_midi
from offchain.generation.music.standard_midi import MAX_BYTES, META, Event, MidiFile, meta, parse, serialise
from offchain.generation.music.tokens import KEYS, Metre, Note, Piece, from_notes


def test_write_midi__then_read__is_the_same_piece(piece, file):
    again = read_midi(file)

    assert (again.frames == piece.frames).all()
    assert (again.key, again.metre) == (piece.key, piece.metre)
    assert (read_tempo(file), read_title(file)) == (72, "Cadence")


def test_write_midi__header_and_names__as_the_format_says(file):
    """Format 1, five tracks, 480 ticks a quarter (Standard MIDI Files 1.0, header chunk)."""
    assert file[:14] == b"MThd\0\0\0\x06" + bytes([0, 1, 0, 5, 0x01, 0xE0])
    names = [event.data[1:] for track in parse(file).tracks for event in track if event.data[:1] == b"\x03"]
    assert names == [b"Cadence", b"Soprano", b"Alto", b"Tenor", b"Bass"]


def test_write_midi__tempo_metre_and_key__as_the_format_says(file):
    """72 a minute is 833,333 µs; 3/4 after a bar of 4/16; two flats, minor (0xFE, 1)."""
    found = [(event.tick, event.data) for event in parse(file).tracks[0] if event.data[0] in {0x51, 0x58, 0x59}]

    assert found == [
        (0, b"\x51" + (833_333).to_bytes(3, "big")),
        (0, bytes([0x58, 4, 4, 24, 8])),
        (480, bytes([0x58, 3, 2, 24, 8])),
        (480, bytes([0x59, 0xFE, 1])),
    ]


def test_write_midi__repeated_note__ends_before_it_begins_again(file):
    """Or a player that sees the end second silences the new one."""
    alto = [event for event in parse(file).tracks[2] if event.status != META and event.tick == 10 * 120]

    assert [event.status for event in alto] == [0x81, 0x91]


def test_write_midi__every_track__ends_where_the_piece_does(file):
    assert {track[-1].tick for track in parse(file).tracks} == {20 * 120}


def test_write_midi__unknown_key__states_none():
    piece = from_notes([Note(0, 0, 4, 60)], 16)

    assert read_midi(write_midi(piece, tempo=80, title="x")).key is None


@pytest.mark.parametrize("key", KEYS)
def test_stated_key__of_every_key__is_that_key(key):
    data = write_midi(Piece(np.ones((4, 4), np.int64), key), tempo=80, title="x")

    assert stated_key(parse(data)) == key


@pytest.mark.parametrize(
    ("signatures", "metre"),
    [
        ([], Metre(4, 4)),
        ([(0, 3, 2)], Metre(3, 4)),
        ([(0, 6, 3), (4800, 2, 2)], Metre(6, 8)),
        ([(0, 1, 2), (480, 3, 2)], Metre(3, 4, 4)),
        ([(0, 3, 2), (1440, 2, 2)], Metre(3, 4)),
    ],
)
def test_stated_metre__short_first_bar__is_a_pickup(signatures, metre):
    events = [meta(tick, 0x58, bytes([beats, unit, 24, 8])) for tick, beats, unit in signatures]

    assert stated_metre(MidiFile(480, [events])) == metre


@pytest.mark.parametrize("content", [b"", b"\x04", bytes([0, 2]), bytes([4, 5])])
def test_stated_metre__no_sixteenths__is_refused(content):
    with pytest.raises(InputError):
        stated_metre(MidiFile(480, [[meta(0, 0x58, content)]]))


def test_parse__running_status_system_messages_and_unknown_chunks__are_read(piece):
    """As other programs write: 0x90 left out of the second note-on, a SysEx between, a chunk of its own kind."""
    track = bytes([0, 0x90, 60, 64, 10, 62, 64, 0, 0xF0, 2, 1, 0xF7, 0x81, 0x00, 0x80, 60, 0, 0, 0xFF, 0x2F, 0])
    data = b"MThd\0\0\0\x06\0\0\0\x01\0\x60" + b"XXXX\0\0\0\x01?" + b"MTrk" + len(track).to_bytes(4, "big") + track

    assert parse(data) == MidiFile(
        96,
        [
            [
                Event(0, 0x90, bytes([60, 64])),
                Event(10, 0x90, bytes([62, 64])),
                Event(138, 0x80, bytes([60, 0])),
                Event(138, META, b"\x2f"),
            ]
        ],
    )


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_parse__cut_off__is_refused(file, cut):
    with pytest.raises(InputError) as caught:
        parse(file[:cut])

    assert caught.value.code == "midi-malformed"


def header(form=1, tracks=1, division=480):
    return b"MThd\0\0\0\x06" + b"".join(number.to_bytes(2, "big") for number in (form, tracks, division))


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF" + bytes(40),
        header(form=2) + b"MTrk\0\0\0\x04\0\xff\x2f\0",
        header(division=0xE728) + b"MTrk\0\0\0\x04\0\xff\x2f\0",
        header(division=0) + b"MTrk\0\0\0\x04\0\xff\x2f\0",
        header() + b"MTrk\0\0\0\x02\0\x40",
        header() + b"MTrk\0\0\0\x02\0\xf4",
        header() + b"MTrk\0\0\0\x06\xff\xff\xff\xff\xff\0",
        header() + b"MTrk\xff\xff\xff\xff",
        b"\0" * (MAX_BYTES + 1),
    ],
)
def test_parse__what_is_no_midi_file__is_refused(data):
    with pytest.raises(InputError) as caught:
        parse(data)

    assert caught.value.code == "midi-malformed"


def with_part(file, change):
    """The file with its soprano's events changed."""
    found = parse(file)
    tracks = [list(track) for track in found.tracks]
    change(tracks[1])
    return serialise(MidiFile(found.division, tracks))


@pytest.mark.parametrize(
    "change",
    [
        lambda part: part.pop(0),
        lambda part: part.pop(-2),
        lambda part: part.insert(3, Event(10, 0x90, bytes([60, 80]))),
        lambda part: part.insert(3, Event(240, 0x80, bytes([61, 0]))),
        lambda part: part.insert(3, Event(241, 0x80, bytes([70, 0]))),
    ],
    ids=["unnamed", "endless", "overlap", "other-end", "off-grid"],
)
def test_read_midi__not_as_written__is_refused(file, change):
    with pytest.raises(InputError) as caught:
        read_midi(with_part(file, change))

    assert caught.value.code == "midi-malformed"


def test_read_midi__other_tracks_or_too_long__is_refused(piece, file):
    found = parse(file)
    with pytest.raises(InputError, match="four parts"):
        read_midi(serialise(MidiFile(480, found.tracks[:4])))
    long = [[*track[:-1], meta(120 * 1_041, 0x2F, b"")] for track in found.tracks]
    with pytest.raises(InputError, match="at most"):
        read_midi(serialise(MidiFile(480, long)))


def test_read_tempo__none_stated__is_the_formats_default():
    assert read_tempo(serialise(MidiFile(480, [[meta(0, 0x2F, b"")]]))) == 120
