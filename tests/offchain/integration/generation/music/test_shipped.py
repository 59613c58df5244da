"""The weights that ship: verified, licensed, and worth having."""

from __future__ import annotations

import pytest

from offchain.generation.music.evaluation import nats_per_token
from offchain.generation.music.interpolation import FOLDER as INTERPOLATION
from offchain.generation.music.interpolation import interpolate
from offchain.generation.music.model import FOLDER, load_model
from offchain.generation.music.tokens import Metre, Note, Piece, from_notes, notes
from offchain.generation.training.licences import constraints
from offchain.generation.training.manifest import read_manifest

SOPRANO = (67, 67, 69, 71, 72, 71, 69, 67)
ALTO = (62, 62, 66, 67, 67, 67, 66, 62)
TENOR = (59, 59, 62, 62, 64, 62, 60, 59)
BASS = (43, 55, 50, 55, 48, 55, 50, 43)
"""Two plain phrases in G major, a chord a quarter; written for this test."""


def chords(*voices: tuple[int, ...]) -> Piece:
    played = [Note(voice, 4 * at, 4, pitch) for voice, line in enumerate(voices) for at, pitch in enumerate(line)]
    return from_notes(played, 32, key="G major", metre=Metre())


@pytest.mark.parametrize("folder", [FOLDER, INTERPOLATION])
def test_weights__their_training_set__may_teach_and_names_the_composer(folder):
    manifest = read_manifest(folder / "training.json")
    assert not constraints(manifest).non_commercial
    assert {file.author for file in manifest.files} == {"Johann Sebastian Bach"}
    assert "Unknown" in manifest.statement


@pytest.mark.parametrize("moved", [1, -1, 6])
def test_model__a_plain_phrase__is_likelier_than_with_a_wrong_voice(moved):
    network = load_model("cpu").network
    right = nats_per_token(network, [chords(SOPRANO, BASS, ALTO, TENOR)], informed=True)
    wrong = chords(SOPRANO, BASS, tuple(pitch + moved for pitch in ALTO), TENOR)
    assert right < nats_per_token(network, [wrong], informed=True) - 0.1


def test_interpolate__two_phrases__lead_from_one_to_the_other():
    """What the model makes of an end is nearer to that end than to the other."""
    first = chords(SOPRANO, BASS, ALTO, TENOR)
    slow = ((76, 74, 72, 71), (45, 47, 52, 40), (69, 68, 69, 64), (60, 59, 57, 56))
    played = [Note(voice, 8 * at, 8, pitch) for voice, line in enumerate(slow) for at, pitch in enumerate(line)]
    last = from_notes(played, 32, key="A minor", metre=Metre())
    made = interpolate(first, last, 5)
    assert all(notes(piece) for piece in made)
    assert same(made[0], first) > same(made[-1], first) + 0.1


def same(one: Piece, other: Piece) -> float:
    return float((one.frames == other.frames).mean())
