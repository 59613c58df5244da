"""Latent numbers and PNG files, for any seed and any levels."""

from __future__ import annotations

import math
from statistics import NormalDist, fmean, pstdev

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.generation.image.encoding import decoded, encoded
from offchain.generation.image.painting import latent_numbers
from offchain.generation.sampling import MAX_SEED, uniform


@given(st.integers(0, MAX_SEED), st.integers(1, 64))
@settings(deadline=None, max_examples=50)
def test_latent_numbers__any_seed__are_where_the_normal_distribution_reaches_its_uniforms(seed, count):
    found = latent_numbers(seed, count)

    for position, value in enumerate(found):
        assert math.isclose(NormalDist().cdf(value), uniform(seed, position), rel_tol=1e-9, abs_tol=1e-15)
    assert latent_numbers(seed, count + 1)[:count] == found


def test_latent_numbers__many__are_standard_normal():
    """4,096 of them: the mean is within 4/64 of 0, the deviation within 4/√8192 of 1, but once in 10⁴."""
    values = latent_numbers(1, 4096)

    assert abs(fmean(values)) < 4 / 64
    assert abs(pstdev(values) - 1) < 4 / 8192**0.5


@given(st.integers(0, 2**32 - 1), st.sampled_from((64, 128)))
@settings(deadline=None, max_examples=20)
def test_decoded__any_levels__come_back(seed, size):
    levels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)

    assert (decoded(encoded(levels), size) == levels).all()
