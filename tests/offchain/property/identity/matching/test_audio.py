from __future__ import annotations

import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.errors import InputError
from offchain.identity.matching.audio import compare

NUMBERS = st.lists(st.integers(0, 2**32 - 1), max_size=60)


def packed(numbers: list[int], speed: float, stride: int) -> bytes:
    """The format as documented: version and views; speed, stride and count; numbers, all little-endian."""
    body = np.array(numbers, "<u4").tobytes()
    return struct.pack("<BB", 1, 1) + struct.pack("<fHI", speed, stride, len(numbers)) + body


@settings(deadline=None)
@given(NUMBERS, NUMBERS, st.floats(0.6, 1.9), st.integers(1, 9))
def test_compare__any_numbers__answers_with_regions_inside_both(here, there, speed, stride):
    found = compare(packed(here, speed, 1), packed(there, 1.0, stride))
    for region in found.regions if found else ():
        assert 0 <= region.here[0] < region.here[1]
        assert 0 <= region.there[0] < region.there[1] <= (len(there) * stride + 1) / 8.07


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_compare__any_bytes__answers_or_says_malformed(evidence):
    with suppress(InputError):
        compare(evidence, evidence)


@settings(deadline=None)
@given(st.sampled_from([float("nan"), float("inf"), -1.0, 0.0, 1e30]), st.integers(0, 3))
def test_compare__impossible_speed_or_stride__malformed(speed, stride):
    with pytest.raises(InputError):
        compare(packed([1] * 50, speed, stride), packed([1] * 50, 1.0, 1))
