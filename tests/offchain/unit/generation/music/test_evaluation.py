"""Figures that rank models: likelihood, the n-gram beside it, and what is shared with the music taught."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from offchain.generation.music.evaluation import READINGS, averaged_nats_per_token, nats_per_token, token_nats
from offchain.generation.music.examples import transposed
from offchain.generation.music.features import Request, conditions
from offchain.generation.music.memorisation import longest_shared
from offchain.generation.music.network import Config, MusicTransformer
from offchain.generation.music.ngram import NGram
from offchain.generation.music.tokens import VOCABULARY, Metre, Note, Piece, from_notes, notes


def tune(seed: int, length: int = 24) -> Piece:
    rng = np.random.default_rng(seed)
    played = [Note(voice, at, 2, int(rng.integers(45, 70))) for voice in range(4) for at in range(0, length, 2)]
    return from_notes(played, length, key="D major", metre=Metre())


@pytest.fixture(scope="module")
def network() -> MusicTransformer:
    torch.manual_seed(5)
    return MusicTransformer(Config(width=16, layers=1, heads=2, writers=1)).double().eval()


def test_token_nats__written_token_by_token__is_the_same_sum(network):
    piece = tune(0, 6)
    asked = token_nats(network, piece, informed=False)
    stream = network.begin(conditions([Request(0)]))
    total = 0.0
    for token in piece.frames.flatten():
        total -= float(stream.logits.log_softmax(-1)[0, token])
        stream.next(torch.tensor([int(token)]))
    assert float(asked.sum()) == pytest.approx(total, abs=1e-9)


def test_nats_per_token__pieces_of_two_lengths__weigh_by_tokens(network):
    pieces = [tune(0, 6), tune(1, 24)]
    each = [float(token_nats(network, piece, informed=True).sum()) for piece in pieces]
    assert nats_per_token(network, pieces, informed=True) == pytest.approx(sum(each) / (4 * 30))


def test_nats_per_token__melody_given__counts_the_other_voices(network):
    piece = tune(2)
    lower = token_nats(network, piece, informed=True, melody=True)[:, 1:]
    assert nats_per_token(network, [piece], informed=True, melody=True) == pytest.approx(float(lower.mean()))


def test_nats_per_token__a_network_that_knows_nothing__pays_the_whole_alphabet(network):
    silent = MusicTransformer(network.config).double()
    with torch.no_grad():
        silent.writer.head.weight.zero_()
        silent.writer.head.bias.zero_()
    assert nats_per_token(silent, [tune(3)], informed=True) == pytest.approx(math.log(VOCABULARY), rel=0.2)


def test_averaged_nats_per_token__of_readings__is_minus_the_log_of_their_mean_chance(network):
    piece = tune(4, 6)
    moved = [token_nats(network, transposed(piece, shift), informed=False) for shift in READINGS]
    told = token_nats(network, piece, informed=True)
    chances = (sum((-nats).exp() for nats in moved) / len(moved) + (-told).exp()) / 2
    expected = -float(chances.log().mean())
    assert averaged_nats_per_token(network, [piece], informed=True) == pytest.approx(expected)
    assert averaged_nats_per_token(network, [piece, piece], informed=True) == pytest.approx(expected)


def test_ngram__every_context__has_probabilities_that_add_up_to_one():
    model = NGram(3, 5)
    model.learn([[0, 1, 2, 1, 2, 3, 1], [4, 4, 1]])
    for context in ([], [1], [1, 2], [4, 4, 4], [3, 0]):
        chances = [math.exp(-list(model.nats([*context, token]))[-1]) for token in range(5)]
        assert sum(chances) == pytest.approx(1)


def test_ngram__what_it_was_taught__becomes_likelier_with_order():
    told = [[0, 1, 0, 2] * 10]
    nats = []
    for order in (1, 2, 3):
        model = NGram(order, 4)
        model.learn(told)
        nats.append(sum(model.nats(told[0])))
    assert nats[0] > nats[1] > nats[2]


def test_longest_shared__a_passage_in_another_key__is_found_at_its_length():
    taught = [tune(0), tune(1)]
    copied = [one for one in notes(transposed(taught[1], 4)) if 6 <= one.start < 16]
    new = [Note(one.voice, one.start, one.length, one.pitch) for one in notes(tune(9)) if not 6 <= one.start < 16]
    piece = from_notes([*copied, *new], 24)
    # The frame before the copy moves otherwise, so the first copied frame, whose movement is compared, is not shared.
    assert longest_shared(piece, taught) in (9, 10)


def test_longest_shared__a_piece_taught__is_shared_whole():
    assert longest_shared(tune(1), [tune(0), tune(1)]) == 24


def test_longest_shared__two_ends_side_by_side__make_no_run():
    """A run never goes from one piece into the next."""
    first, second = tune(0), tune(1)
    both = Piece(np.concatenate([first.frames, second.frames]))
    assert longest_shared(both, [first, second]) == 24
