"""Pieces between two: playable, in the first one's key, from one end to the other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from offchain.errors import InputError
from offchain.generation.music.examples import transposed
from offchain.generation.music.features import to_inner
from offchain.generation.music.interpolation import interpolate, normalised, passages
from offchain.generation.music.tokens import FIRST, HOLD, Metre, Note, Piece, from_notes, notes, onset
from offchain.generation.music.vae import PASSAGE, MusicVAE, Shape


@pytest.fixture(scope="module")
def network() -> MusicVAE:
    """A network that has learnt nothing but to sing in the middle, so that nothing moves out of the vocabulary."""
    torch.manual_seed(4)
    network = MusicVAE(Shape(width=16, layers=1, heads=2, latent=6)).double().eval()
    middle = to_inner(torch.tensor([[onset(50), onset(70)]]), torch.zeros(1, dtype=torch.int64))[0]
    with torch.no_grad():
        network.decoder.writer.head.bias[FIRST : int(middle[0])] = -50
        network.decoder.writer.head.bias[int(middle[1]) :] = -50
    return network


def tune(seed: int, length: int = 80, key: str = "D major") -> Piece:
    rng = np.random.default_rng(seed)
    played = [Note(voice, at, 3, int(rng.integers(45, 70))) for voice in range(4) for at in range(0, length - 3, 3)]
    return from_notes(played, length, key=key, metre=Metre())


def test_interpolate__between_two__is_playable_and_as_long_as_both_allow(network):
    made = interpolate(tune(0), tune(1, 140), 4, network)
    assert [len(piece.frames) for piece in made] == [2 * PASSAGE] * 4
    assert {piece.key for piece in made} == {"D major"}
    assert all(notes(piece) for piece in made)


def test_interpolate__ends__are_what_the_model_makes_of_each_alone(network):
    first, last = tune(0), tune(1, key="F minor")
    ends = interpolate(first, last, 3, network)
    assert (ends[0].frames == interpolate(first, first, 2, network)[1].frames).all()
    back = transposed(interpolate(last, last, 2, network)[0], 2 + 4)
    assert (ends[-1].frames == back.frames).all()


def test_interpolate__moved_pieces__move_what_is_between(network):
    first, last = tune(0), tune(1)
    low = interpolate(first, last, 3, network)[1]
    high = interpolate(transposed(first, 3), transposed(last, -2), 3, network)[1]
    assert (high.frames == transposed(low, 3).frames).all()


@pytest.mark.parametrize(("steps", "length"), [(1, 80), (3, PASSAGE - 1)])
def test_interpolate__too_little__is_refused(network, steps, length):
    with pytest.raises(InputError) as refused:
        interpolate(tune(0), tune(1, length), steps, network)
    assert refused.value.code == "interpolation-unfit"


@pytest.mark.parametrize(
    ("key", "lowered"), [("D major", 2), ("B minor", 2), ("A major", -3), ("F# major", 6), (None, 0)]
)
def test_normalised__any_key__is_lowered_to_no_sharps_and_flats(key, lowered):
    piece = Piece(tune(0).frames, key)
    frames, moved = normalised(piece)
    assert moved == lowered
    assert (transposed(Piece(frames), lowered).frames == piece.frames).all()


def test_passages__a_held_note__begins_anew():
    piece = from_notes([Note(0, 0, 40, 60)], 40)
    cuts = passages(piece.frames, 4)
    assert cuts.shape == (3, PASSAGE, 4)
    assert cuts[:, 0, 0].tolist() == [onset(60)] * 3
    assert (cuts[:, 1:, 0] == HOLD).all()


def test_decode__a_passage__depends_on_its_point_alone(network):
    """The decoder never looks back: each frame's first voice follows from point and place, whatever was written."""
    points = torch.randn(1, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    one, other = (torch.from_numpy(passages(tune(seed).frames, PASSAGE)[:1]) for seed in (1, 2))
    first = network(one, points).log_softmax(-1)
    silenced = network.decoder.writer
    with torch.no_grad():
        silenced.sound.weight.zero_()
        silenced.age.weight.zero_()
    assert torch.equal(network(one, points)[:, :, 0], network(other, points)[:, :, 0])
    assert not torch.equal(first[:, 1:, 0], network(one, points).log_softmax(-1)[:, 1:, 0])
