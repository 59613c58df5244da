"""What the model is taught with is the music, moved and cut, and nothing that it should not know."""

from __future__ import annotations

import numpy as np
import pytest

from offchain.generation.music.examples import Cut, batch, drawn_batch, example, transposed
from offchain.generation.music.features import Request
from offchain.generation.music.tokens import END, FIRST, HOLD, Metre, Note, Piece, from_notes, notes, sounding
from offchain.generation.music.trainee import limits


@pytest.fixture
def piece() -> Piece:
    played = [Note(voice, 4 * at, 4, 60 - 5 * voice + at % 3) for voice in range(4) for at in range(10)]
    return from_notes(played, 40, key="G minor", metre=Metre(4, 4, 4))


def test_transposed__by_semitones__moves_notes_and_key(piece):
    moved = transposed(piece, -3)
    assert moved.key == "E minor"
    assert [(one.pitch, one.start) for one in notes(moved)] == [(one.pitch - 3, one.start) for one in notes(piece)]


def test_transposed__out_of_the_vocabulary__is_refused(piece):
    with pytest.raises(ValueError, match="too many"):
        transposed(piece, 60)


def test_batch__a_shorter_example__is_padded_and_not_counted(piece):
    short = Piece(piece.frames[:3], piece.key, piece.metre)
    made = batch([example(piece, informed=True), example(short, informed=False)])
    assert made.frames.shape == (2, 40, 4)
    assert (made.frames[1, 3:] == END).all()
    assert made.counted.sum(dim=(1, 2)).tolist() == [160, 12]
    assert made.given.length.tolist() == [40, 0]


def test_batch__a_given_melody__is_not_asked_for(piece):
    told = example(piece, informed=True)
    asked = Request(40, melody=piece.frames[:, 0].tolist())
    made = batch([type(told)(told.frames, asked)])
    assert not made.counted[..., 0].any()
    assert made.counted[..., 1:].all()


def test_drawn_batch__cuts__are_of_the_piece_with_its_place_and_end(piece):
    """Every cut stands in the piece where bar lines and end are those that the model is told."""
    rng = np.random.default_rng(0)
    made = drawn_batch([piece], limits([piece]), rng, Cut(size=64, length=12))
    starts = set()
    for row in range(64):
        frames = made.frames[row].numpy()
        start = 40 - int(made.given.length[row])
        expected = piece.frames[start : start + 12].copy()
        expected[0] = sounding(piece.frames)[start]
        assert (
            np.where(frames >= FIRST, frames - FIRST, frames) == np.where(expected >= FIRST, expected - FIRST, expected)
        ).all()
        assert (4 - start) % 16 == int(made.given.pickup[row])
        assert bool(made.counted[row, 0, 1]) == (start == 0)
        starts.add(start)
    assert 0 in starts
    assert len(starts) > 10


def test_drawn_batch__limits__hold_for_every_voice(piece):
    """A piece that fills its limits stays where it is; with room, it moves as far as the room goes."""
    rng = np.random.default_rng(1)
    room = limits([piece]) + np.array([-2, 1])
    drawn = drawn_batch([piece], room, rng, Cut(size=64, length=40))
    highest = {int(row[row >= FIRST].max()) - int(piece.frames.max()) for row in drawn.frames[..., 0]}
    assert highest == {-2, -1, 0, 1}


def test_drawn_batch__the_same_generator__draws_the_same(piece):
    first, second = (drawn_batch([piece], limits([piece]), np.random.default_rng(5), Cut(4, 16)) for _ in range(2))
    assert (first.frames == second.frames).all()
    assert (first.frames[:, 0] != HOLD).all()
