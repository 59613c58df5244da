from __future__ import annotations

import struct
from contextlib import suppress

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.errors import InputError
from offchain.identity.matching.video import compare


def packed(seed: int, count: int, alphabet: int, views: int) -> bytes:
    """The format as documented: version, views, count; seconds; codes. Few different codes make many agreements."""
    chance = np.random.default_rng(seed)
    looks = np.random.default_rng(7).integers(0, 2**64, (alphabet, 4), dtype=np.uint64)
    codes = looks[chance.integers(0, alphabet, (count, views))]
    seconds = np.cumsum(chance.uniform(0.4, 3, count)).astype("<f4")
    return struct.pack("<BBI", 1, views, count) + seconds.tobytes() + codes.astype("<u8").tobytes()


@settings(deadline=None)
@given(st.integers(0, 9), st.integers(1, 60), st.integers(1, 60), st.integers(1, 9), st.integers(1, 3))
def test_compare__any_films__answers_with_regions_inside_both(seed, here, there, alphabet, views):
    mine, theirs = packed(seed, here, alphabet, views), packed(seed + 1, there, alphabet, views)
    found = compare(mine, theirs)
    for region in found.regions if found else ():
        assert 0 <= region.here[0] < region.here[1] <= 3 * here + 1
        assert 0 <= region.there[0] < region.there[1] <= 3 * there + 1


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_compare__any_bytes__answers_or_says_malformed(evidence):
    with suppress(InputError):
        compare(evidence, evidence)
