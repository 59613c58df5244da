"""Whatever the piece or melody: as a file or as notation it comes back the same."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from offchain.errors import InputError
from offchain.generation.music.melody import Melody, read_melody
from offchain.generation.music.midi import read_midi, write_midi
from offchain.generation.music.standard_midi import parse
from offchain.generation.music.tokens import HIGHEST, HOLD, KEYS, LOWEST, RANGES, REST, Metre, Piece, onset
from offchain.generation.music.transcription import notated, transcribe

keys = st.one_of(st.none(), st.sampled_from(KEYS))
metres = st.sampled_from([Metre(4, 4), Metre(3, 4), Metre(4, 4, 4), Metre(3, 4, 4), Metre(6, 8, 2), Metre(2, 2, 8)])


@st.composite
def voices(draw, low=LOWEST, high=HIGHEST, sixteenths=24):
    """Tokens of one voice: holds only where it sounds."""
    tokens = []
    for choice in draw(st.lists(st.integers(-3, high - low + 3), min_size=sixteenths, max_size=sixteenths)):
        sounds = bool(tokens) and tokens[-1] != REST
        tokens.append(onset(low + choice) if 0 <= choice <= high - low else HOLD if sounds and choice < 0 else REST)
    return tokens


@given(st.lists(voices(), min_size=4, max_size=4), keys, metres, st.integers(30, 240))
def test_midi__any_piece__comes_back_note_for_note(columns, key, metre, tempo):
    """Holds, repeated notes and closing rests differ only in where notes begin and end, and all are kept."""
    piece = Piece(np.array(columns).T, key, metre)
    data = write_midi(piece, tempo=tempo, title="A piece")
    again = read_midi(data)

    assert (again.frames == piece.frames).all()
    assert (again.key, again.metre) == (key, metre)
    assert write_midi(again, tempo=tempo, title="A piece") == data


@given(voices(*RANGES["soprano"]), keys, metres)
def test_notated__any_melody__reads_as_the_same(tokens, key, metre):
    melody = Melody([onset(60), *tokens], key, metre)

    assert read_melody(notated(melody)) == melody


@given(voices(*RANGES["soprano"]), keys, metres)
def test_transcribe__our_own_file__is_its_soprano(tokens, key, metre):
    """The file of a piece brings its melody to be harmonised again; rests that close it are not part of a melody."""
    frames = np.full((25, 4), REST)
    frames[:, 0] = [onset(60), *tokens]
    melody = read_melody(transcribe(write_midi(Piece(frames, key, metre), tempo=80, title="A piece")))
    whole = [onset(60), *tokens]

    assert melody.tokens == whole[: len(melody.tokens)]
    assert all(token == REST for token in whole[len(melody.tokens) :])
    assert (melody.key, melody.metre) == (key, metre)


@given(st.binary(max_size=60), st.integers(0, 200))
def test_parse__any_bytes_in_a_file__are_read_or_refused(noise, at):
    """A stranger's file never raises anything else."""
    data = write_midi(Piece(np.ones((4, 4), np.int64)), tempo=80, title="x")
    with suppress(InputError):
        parse(data[:at] + noise + data[at + len(noise) :])
