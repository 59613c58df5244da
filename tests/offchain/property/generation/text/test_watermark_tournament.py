"""The tournament is the published one, does not distort on average, and its strain bounds what rounding does."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from offchain.generation import TextParams
from offchain.generation.sampling import choose, distance
from offchain.generation.text.watermark_tournament import LAYERS, Tournament, layer_bits, words

starts = st.integers(0, 2**64 - 1)
logits = st.lists(st.floats(-8, 8), min_size=2, max_size=40).map(np.array)
params = st.builds(TextParams, temperature=st.floats(0.3, 2), top_p=st.sampled_from([1.0, 0.9]))
points = st.floats(0, 1, exclude_max=True)


def probabilities_of(given_logits):
    weights = np.exp(given_logits - given_logits.max())
    return weights / weights.sum()


def bits_of(start, tokens):
    return layer_bits(words(np.uint64(start), np.arange(tokens, dtype=np.uint64)))


def of_pairs(probabilities, bits):
    """One round after another by what a round is: two candidates, the set bit wins, a coin decides between equals."""
    for bit in bits.T:
        wins = (bit[:, None] > bit[None, :]) + 0.5 * (bit[:, None] == bit[None, :])
        probabilities = probabilities * (wins @ probabilities)
        probabilities /= probabilities.sum()
    return probabilities


@given(logits, starts)
def test_tournament__any_distribution__is_that_of_the_winner_of_all_rounds(given_logits, start):
    before = probabilities_of(given_logits)

    after = Tournament(start)(before)

    np.testing.assert_allclose(after, of_pairs(before, bits_of(start, len(before))), atol=1e-12)


@given(logits, starts, st.data())
def test_tournament__nucleus__leaves_out_what_was_left_out(given_logits, start, data):
    """A token's bits are its own, whatever else can be drawn."""
    inside = np.array(data.draw(st.lists(st.booleans(), min_size=len(given_logits), max_size=len(given_logits))))
    inside[0] = True
    before = np.where(inside, probabilities_of(given_logits), 0.0)
    before /= before.sum()

    after = Tournament(start)(before)

    np.testing.assert_allclose(after, of_pairs(before, bits_of(start, len(before))), atol=1e-12)
    assert (after[~inside] == 0).all()


def test_tournament__over_many_contexts__does_not_distort():
    """Winners differ by at most 1 from their mean, so that n means stay within 5 / (2√n)."""
    before = np.array([0.5, 0.25, 0.15, 0.06, 0.03, 0.01])
    n = 1_500
    mean = np.mean([Tournament(start * 0x1234567F01234567 % 2**64)(before) for start in range(n)], axis=0)

    assert np.abs(mean - before).max() < 5 / (2 * n**0.5)


def test_layer_bits__many_words__are_even_and_independent_of_each_other():
    """Among n fair bits the mean is within 5 / (2√n) of ½, and so is the share of equal pairs of two layers."""
    n = 20_000
    bits = bits_of(12345, n).astype(float)
    equal = np.array([(bits[:, i] == bits[:, j]).mean() for i in range(LAYERS) for j in range(i)])

    assert bits.shape == (n, LAYERS)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 5 / (2 * n**0.5)
    assert np.abs(equal - 0.5).max() < 5 / (2 * n**0.5)


@given(logits, starts, st.integers(0, 39), st.integers(0, 2**32 - 1))
def test_strain__errors_of_probabilities__move_a_boundary_no_further(given_logits, start, boundary, noise):
    """r / 2 is how far relative errors up to r move a boundary without a tournament; the rest is of second order."""
    before, tournament, r = probabilities_of(given_logits), Tournament(start), 1e-7
    off = before * (1 + r * np.random.default_rng(noise).uniform(-1, 1, len(before)))
    off /= off.sum()
    boundary %= len(before)

    moved = abs(tournament(off)[: boundary + 1].sum() - tournament(before)[: boundary + 1].sum())

    assert moved <= tournament.strain(before, boundary, 0.0) * r / 2 * 1.01 + 1e-12


@given(logits, params, starts, points)
def test_choose__bent__draws_from_the_winners_and_lies_at_distance_zero(given_logits, given_params, start, u):
    bend = Tournament(start)
    choice = choose(given_logits, given_params, u, bend)

    assert distance(given_logits, given_params, u, choice.token, bend) == 0
    assert 0 <= choice.margin <= 1


@given(logits, starts, st.floats(1e-9, 1 - 1e-9), st.integers(0, 2**32 - 1))
def test_choose__bent_and_errors_below_the_margin__draws_the_same_token(given_logits, start, u, noise):
    """The margin stays what it says of an unmarked draw: errors of logits up to 2·margin change nothing."""
    bend, plain = Tournament(start), TextParams(temperature=1, top_p=1)
    choice = choose(given_logits, plain, u, bend)
    assume(choice.margin > 1e-12)  # floats themselves are no finer
    r = min(1.8 * choice.margin, 1e-5)  # of first order only
    off = given_logits + r * np.random.default_rng(noise).uniform(-1, 1, len(given_logits))

    assert choose(off, plain, u, bend).token == choice.token
