"""A piece as a picture: size, colours where notes are, and pieces at the edges."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from offchain.generation.music.roll import COLOURS, SIZE, piano_roll
from offchain.generation.music.tokens import VOICES, Metre, Note, Piece, from_notes


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def share(picture, part):
    """Share of pixels in the colour of a part, below the legend."""
    colour = np.array([int(COLOURS[part][at : at + 2], 16) for at in (1, 3, 5)])
    return float((np.abs(picture[70:] - colour).sum(axis=-1) < 12).mean())


def test_piano_roll__four_parts__each_in_its_colour_and_the_same_again(piece):
    data = piano_roll(piece, "Cadence")
    picture = pixels(data)

    assert piano_roll(piece, "Cadence") == data
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    assert all(share(picture, part) > 0.002 for part in VOICES)


def test_piano_roll__longer_note__covers_more():
    short, long = (pixels(piano_roll(from_notes([Note(0, 0, length, 60)], 32), "One note")) for length in (8, 16))

    assert share(long, "soprano") == pytest.approx(2 * share(short, "soprano"), rel=0.05)
    assert share(long, "bass") == 0


def test_piano_roll__higher_pitch__lies_higher():
    rows = []
    for pitch in (50, 62):
        picture = pixels(
            piano_roll(from_notes([Note(0, 0, 8, pitch), Note(1, 8, 1, 40), Note(1, 9, 1, 70)], 16), "Two")
        )
        colour = np.array([int(COLOURS["soprano"][at : at + 2], 16) for at in (1, 3, 5)])
        rows.append(np.flatnonzero((np.abs(picture[70:] - colour).sum(axis=-1) < 12).any(axis=1)).mean())

    assert rows[1] < rows[0]


@pytest.mark.parametrize(
    "piece",
    [
        Piece(np.ones((1, 4), np.int64)),
        Piece(np.ones((1040, 4), np.int64), "G major", Metre(3, 4, 4)),
        from_notes([Note(0, 0, 2, 30), Note(1, 0, 2, 96)], 2),
    ],
    ids=["silent", "long", "wide"],
)
def test_piano_roll__piece_at_an_edge__is_drawn(piece):
    assert pixels(piano_roll(piece, "Edge")).shape == (SIZE[1], SIZE[0], 3)
