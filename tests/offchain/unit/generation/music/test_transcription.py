"""Melodies out of strangers' MIDI files."""

from __future__ import annotations

import pytest

from offchain.errors import InputError
from offchain.generation.music.melody import read_melody
from offchain.generation.music.standard_midi import Event, MidiFile, meta, serialise
from offchain.generation.music.tokens import HOLD, REST, onset
from offchain.generation.music.transcription import transcribe


def track(*notes, name="", channel=0):
    """Notes (start, end, pitch) in ticks as a track."""
    events = [Event(start, 0x90 | channel, bytes([pitch, 64])) for start, _, pitch in notes]
    events += [Event(end, 0x90 | channel, bytes([pitch, 0])) for _, end, pitch in notes]
    events.sort(key=lambda event: (event.tick, event.data[1]))
    return [meta(0, 0x03, name.encode()), *events, meta(events[-1].tick if events else 0, 0x2F, b"")]


def melody_of(*tracks, division=96):
    return read_melody(transcribe(serialise(MidiFile(division, tracks))))


def test_transcribe__notes_off_the_grid__are_moved_to_the_nearest_sixteenth():
    """96 ticks a quarter are 24 a sixteenth: 11 is nearest to 0, 40 to 48."""
    assert melody_of(track((11, 40, 60), (40, 96, 62))).tokens == [onset(60), HOLD, onset(62), HOLD]


def test_transcribe__several_at_once__hears_the_highest():
    assert melody_of(track((0, 48, 60), (0, 48, 67), (0, 48, 64))).tokens == [onset(67), HOLD]


def test_transcribe__named_track__comes_before_the_first():
    assert melody_of(track((0, 24, 60)), track((0, 24, 72), name="Soprano")).tokens == [onset(72)]
    assert melody_of(track((0, 24, 60), name="Alto"), track((0, 24, 72), name="Flute")).tokens == [onset(60)]


def test_transcribe__drums__are_not_heard():
    assert melody_of(track((0, 24, 40), channel=9), track((0, 24, 72))).tokens == [onset(72)]


def test_transcribe__bars_of_silence_before__are_left_out_and_a_rest_in_the_bar_kept():
    """Two bars of 4/4 and a quarter: 16 sixteenths a bar."""
    start = 2 * 4 * 96 + 96

    assert melody_of(track((start, start + 24, 72))).tokens == [REST] * 4 + [onset(72)]


def test_transcribe__very_short_note__lasts_a_sixteenth():
    assert melody_of(track((0, 3, 72))).tokens == [onset(72)]


@pytest.mark.parametrize(
    ("notes", "code"),
    [
        ([], "melody-empty"),
        ([(0, 24 * 2000, 72)], "melody-too-long"),
        ([(0, 24, 20)], "melody-range"),
        ([(0, 24, 84)], "melody-range"),
    ],
)
def test_transcribe__nothing_that_can_be_sung__is_refused(notes, code):
    with pytest.raises(InputError) as caught:
        melody_of(track(*notes))

    assert caught.value.code == code
