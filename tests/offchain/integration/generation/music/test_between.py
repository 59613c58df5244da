"""Pieces between two files."""

from __future__ import annotations

import pytest
import torch

from offchain.errors import InputError
from offchain.generation.music.between import between
from offchain.generation.music.decoding import draw
from offchain.generation.music.features import Request
from offchain.generation.music.midi import read_midi, read_tempo, write_midi
from offchain.generation.music.params import MusicParams
from offchain.generation.music.tokens import Metre, Piece
from offchain.generation.music.vae import MusicVAE, Shape


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(4)
    return MusicVAE(Shape(width=16, layers=1, heads=2, latent=6)).double().eval()


@pytest.fixture(scope="module")
def files(model):
    """Two pieces in G major, of two and three bars."""
    requests = [Request(32, "G major", Metre()), Request(48, "G major", Metre())]
    drawn = draw(model.network, requests, MusicParams(), [1, 2])
    pieces = [Piece(one.frames, "G major", Metre()) for one in drawn]
    return [write_midi(piece, tempo=66, title="One") for piece in pieces]


def test_between__two_files__are_playable_in_key_and_tempo_of_the_first(network, files):
    made = between(*files, 3, network)

    assert len(made) == 3
    assert {(len(read_midi(data).frames), read_midi(data).key, read_tempo(data)) for data in made} == {
        (32, "G major", 66)
    }
    assert between(*files, 3, network) == made


def test_between__not_our_file__is_refused(network, files):
    with pytest.raises(InputError):
        between(files[0], b"RIFF", 3, network)
