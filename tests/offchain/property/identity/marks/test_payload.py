from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.identity.marks.payload import CHIPS, payload


@settings(deadline=None)  # the first example makes the keyed order
@given(reference=st.integers(0, 2**64 - 1), key=st.binary(min_size=1, max_size=40), seed=st.integers(0, 2**32))
def test_decode__any_31_chips_turned_round__gives_the_reference_back(reference: int, key: bytes, seed: int):
    """RM(1, 7) has distance 64, so 31 errors in one symbol are corrected, wherever they fall."""
    code = payload(key)
    chips = code.encode(reference)
    chips[random.Random(seed).sample(range(CHIPS), 31)] *= -1
    assert code.decode(chips) == reference


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_decode__noise__gives_nothing(seed: int):
    """False with probability 2⁻³²."""
    assert payload(b"k" * 32).decode(np.random.default_rng(seed).normal(size=CHIPS)) is None
