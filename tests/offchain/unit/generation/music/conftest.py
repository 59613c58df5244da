"""A piece written by hand, and its file."""

from __future__ import annotations

import pytest

from offchain.generation.music.midi import write_midi
from offchain.generation.music.tokens import VOICES, Metre, Note, Piece, from_notes

CADENCE = {
    "soprano": [(0, 4, 70), (4, 4, 69), (8, 4, 69), (12, 8, 67)],
    "alto": [(0, 4, 67), (4, 4, 67), (8, 2, 66), (10, 2, 66), (12, 6, 62)],
    "tenor": [(0, 4, 62), (4, 4, 60), (8, 4, 60), (12, 8, 59)],
    "bass": [(4, 4, 51), (8, 4, 50), (12, 8, 43)],
}
"""Start, length and MIDI pitch. The alto repeats a note and falls silent before the end; the bass begins late."""


@pytest.fixture
def piece() -> Piece:
    """Twenty sixteenths in G minor, 3/4 with a quarter as pickup, closing in the major as Bach would."""
    played = [Note(VOICES.index(name), *note) for name, part in CADENCE.items() for note in part]
    return from_notes(played, 20, key="G minor", metre=Metre(3, 4, 4))


@pytest.fixture
def file(piece) -> bytes:
    return write_midi(piece, tempo=72, title="Cadence")
