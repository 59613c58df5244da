"""Sketches: the same everywhere, and their inner products are those of what they are of."""

from __future__ import annotations

import math

import numpy as np

from offchain.generation.attribution.sketching import BINS, sketched, splitmix64


def test_splitmix64__published_sequence__is_the_same():
    """The first three outputs of SplitMix64 seeded with 1234567 (Rosetta Code, Pseudo-random numbers/Splitmix64).

    The generator adds its odd constant at each step, so output n is the first output of the seed n constants further.
    """
    step = 0x9E3779B97F4A7C15
    seeds = np.array([(1234567 + number * step) % 2**64 for number in range(3)], np.uint64)

    assert splitmix64(seeds).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_sketched__any_vector__has_length_one_and_ignores_scale():
    vector = np.random.default_rng(1).standard_normal(10_000)

    assert math.isclose(np.linalg.norm(sketched(vector)), 1)
    assert np.allclose(sketched(vector), sketched(1e-9 * vector), atol=1e-12)


def test_sketched__zero__stays_zero():
    assert not sketched(np.zeros(10)).any()


def test_sketched__vectors_of_known_cosine__keep_it_within_five_deviations():
    """Weinberger et al. 2009, lemma 2: unbiased; for unit vectors the variance is at most 2 / bins."""
    rng = np.random.default_rng(2)
    for cosine in (-0.5, 0.0, 0.7, 1.0):
        one, other = np.linalg.qr(rng.standard_normal((50_000, 2)))[0].T
        near = cosine * one + math.sqrt(1 - cosine**2) * other

        assert abs(sketched(one) @ sketched(near) - cosine) < 5 * math.sqrt(2 / BINS)
