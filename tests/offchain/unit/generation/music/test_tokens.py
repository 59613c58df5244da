"""Frames and notes are two spellings of the same piece."""

from __future__ import annotations

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.generation.music.tokens import (
    END,
    HIGHEST,
    HOLD,
    KEYS,
    LOWEST,
    REST,
    UNKNOWN_KEY,
    VOCABULARY,
    Metre,
    Note,
    Piece,
    from_notes,
    key_number,
    notes,
    onset,
    pitch_of,
    sounding,
)


def test_onset__every_pitch__has_a_token_of_its_own_below_the_end():
    tokens = [onset(pitch) for pitch in range(LOWEST, HIGHEST + 1)]
    assert len({HOLD, REST, END, *tokens}) == VOCABULARY == END + 1
    assert [pitch_of(token) for token in tokens] == list(range(LOWEST, HIGHEST + 1))


def test_from_notes__two_notes_of_one_pitch__differ_from_a_long_one():
    twice = from_notes([Note(0, 0, 2, 60), Note(0, 2, 2, 60)], 4)
    once = from_notes([Note(0, 0, 4, 60)], 4)
    assert twice.frames[:, 0].tolist() == [onset(60), HOLD, onset(60), HOLD]
    assert once.frames[:, 0].tolist() == [onset(60), HOLD, HOLD, HOLD]


def test_notes__a_rest_between__ends_the_note_before():
    piece = from_notes([Note(1, 0, 1, 50), Note(1, 3, 1, 52)], 5)
    assert piece.frames[:, 1].tolist() == [onset(50), REST, REST, onset(52), REST]
    assert notes(piece) == [Note(1, 0, 1, 50), Note(1, 3, 1, 52)]


OUTSIDE = [(0, 1, LOWEST - 1), (0, 1, HIGHEST + 1), (3, 2, 60), (-1, 2, 60), (1, 0, 60)]


@pytest.mark.parametrize("note", [Note(0, *place) for place in OUTSIDE])
def test_from_notes__a_note_outside__is_refused(note: Note):
    with pytest.raises(InputError) as refused:
        from_notes([note], 4)
    assert refused.value.code == "note-misplaced"


def test_from_notes__two_notes_at_once__are_refused():
    with pytest.raises(InputError, match="does not fit"):
        from_notes([Note(2, 0, 3, 60), Note(2, 2, 1, 62)], 4)


@pytest.mark.parametrize(
    "frames",
    [
        [[HOLD, REST, REST, REST]],
        [[REST, REST, REST, REST], [REST, HOLD, REST, REST]],
        [[END, REST, REST, REST]],
        [[-1, REST, REST, REST]],
        [[REST, REST, REST]],
    ],
)
def test_notes__frames_that_mean_nothing__are_refused(frames: list[list[int]]):
    with pytest.raises(InputError) as refused:
        notes(Piece(np.array(frames)))
    assert refused.value.code == "frames-malformed"


def test_sounding__holds__say_what_they_hold():
    column = np.array([onset(60), HOLD, REST, REST, onset(62), HOLD])
    held = sounding(np.stack([column] * 4, axis=1))[:, 2]
    assert held.tolist() == [onset(60), onset(60), REST, REST, onset(62), onset(62)]


def test_key_number__tonic_and_mode__by_formula():
    assert [key_number(name) for name in ("C major", "A minor", None)] == [0, 12 + 9, UNKNOWN_KEY]
    assert [KEYS[key_number(name)] for name in KEYS] == list(KEYS)
    with pytest.raises(InputError, match="is no key"):
        key_number("H major")


def test_metre__other_units__give_sixteenths():
    assert [Metre(4, 4).bar, Metre(3, 2).bar, Metre(6, 8).bar] == [16, 24, 12]
