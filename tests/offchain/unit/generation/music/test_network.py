"""The network sees what came before and nothing else, however it is asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from offchain.generation.music.features import Request, conditions
from offchain.generation.music.lstm import MusicLSTM
from offchain.generation.music.network import Config, MusicTransformer
from offchain.generation.music.tokens import END, HOLD, Metre, Note, from_notes

TINY = Config(width=16, layers=2, heads=2, window=6, writers=1)
LENGTH = 14


@pytest.fixture(scope="module")
def network() -> MusicTransformer:
    torch.manual_seed(7)
    return MusicTransformer(TINY).double().eval()


@pytest.fixture
def frames() -> torch.Tensor:
    rng = np.random.default_rng(3)
    played = [
        Note(voice, start, 2, int(rng.integers(45, 75)))
        for voice in range(4)
        for start in range(0, LENGTH - 1, 2 + voice)
    ]
    return torch.from_numpy(from_notes(played, LENGTH).frames)


def request(key: str | None = "G minor", *, melody: torch.Tensor | None = None) -> Request:
    return Request(LENGTH, key, Metre(3, 4, 4), None if melody is None else melody.tolist())


def test_forward__a_later_token__changes_nothing_before_it(network, frames):
    """The likelihood of a piece is the product of its tokens', in the order frame by frame, soprano to tenor."""
    given = conditions([request()])
    before = network(frames[None], given).flatten(1, 2)
    for place in range(0, LENGTH * 4, 5):
        changed = frames.flatten().clone()
        changed[place] = 40
        after = network(changed.view(1, LENGTH, 4), given).flatten(1, 2)
        assert torch.equal(after[:, : place + 1], before[:, : place + 1])
        assert place + 1 == LENGTH * 4 or not torch.equal(after[:, place + 1], before[:, place + 1])


@pytest.mark.parametrize("known", [False, True])
def test_begin__token_by_token__gives_the_logits_of_one_pass(network, frames, known):
    """Longer than the window, with and without a given melody, beside another piece in the batch."""
    other = torch.roll(frames, 3, dims=1)
    both = torch.stack([frames, other])
    given = conditions([request(melody=frames[:, 0] if known else None), Request(0)])
    whole = network(both, given).flatten(1, 2)
    stream = network.begin(given)
    for place, tokens in enumerate(both.flatten(1, 2).T):
        assert torch.allclose(stream.logits, whole[:, place], rtol=0, atol=1e-12)
        stream.next(tokens)


def test_forward__beside_a_longer_piece__is_as_alone(network, frames):
    alone = network(frames[None, :9], conditions([request()]))
    padded = torch.cat([frames[:9], torch.full((5, 4), END)])
    together = network(torch.stack([frames, padded]), conditions([Request(3, "C major"), request()]))
    assert torch.allclose(together[1:, :9], alone, rtol=0, atol=1e-12)


def test_forward__piece_and_key_moved_alike__has_its_logits_moved(frames):
    """What was learnt in one key holds in all: only the table of moves tells them apart, here made silent."""
    torch.manual_seed(1)
    network = MusicTransformer(TINY).double().eval()
    with torch.no_grad():
        network.origin.weight.zero_()
    moved = torch.where(frames > 1, frames + 3, frames)
    low = network(frames[None], conditions([request("G minor")]))
    high = network(moved[None], conditions([request("Bb minor")]))
    assert torch.allclose(low[..., 10:50], high[..., 13:53], rtol=0, atol=1e-12)


def test_forward__melody_given__is_seen_in_advance(network, frames):
    plain = network(frames[None], conditions([request()]))
    told = network(frames[None], conditions([request(melody=frames[:, 0])]))
    assert not torch.allclose(plain[0, 0], told[0, 0])


def test_lstm__a_later_token__changes_nothing_before_it(frames):
    torch.manual_seed(2)
    network = MusicLSTM(Config(width=16, layers=1, heads=2, writers=1)).double().eval()
    before = network(frames[None], conditions([request()]))
    changed = frames.clone()
    changed[8, 1] = HOLD if frames[8, 1] != HOLD else 40
    after = network(changed[None], conditions([request()]))
    assert torch.equal(after[:, :8], before[:, :8])
    assert torch.equal(after[:, 8, :2], before[:, 8, :2])
    assert not torch.equal(after[:, 9:], before[:, 9:])
