from __future__ import annotations

from itertools import product

import pytest

from offchain.identity.index.bands import BANDS, CODE_BITS, band_width, flips, reach_needed, within


@pytest.mark.parametrize("rows", [1, 1_000, 131_072, 1_000_000, 10_000_000, 1 << 24])
def test_band_width__any_segment__bands_fit_the_code_and_80_bytes_hold_a_row(rows):
    width = band_width(rows)
    assert BANDS * width <= CODE_BITS
    directory = 4 * BANDS * (2**width + 1)
    if rows >= 131_072:  # below, 0.7 MB are the floor
        assert 32 + 8 + 3 * BANDS + directory / rows <= 80


@pytest.mark.parametrize("radius", range(60))
def test_reach_needed__every_radius__is_the_smallest_that_the_pigeonhole_allows(radius):
    reach = reach_needed(radius)
    # A code that is not found differs by reach + 1 in every band: more than the radius, so there is none.
    assert BANDS * (reach + 1) > radius
    assert BANDS * reach <= radius


def test_flips__every_mask_of_few_bits__comes_once_and_fewest_bits_first():
    masks, ends = flips(6, 2)
    expected = {sum(bits) for bits in product(*((0, 1 << place) for place in range(6))) if sum(map(bool, bits)) <= 2}
    assert set(masks.tolist()) == expected
    assert len(masks) == len(expected) == within(6, 2)
    weights = [mask.bit_count() for mask in masks.tolist()]
    assert weights == sorted(weights)
    assert ends.tolist() == [weights.count(0), weights.count(0) + weights.count(1), len(weights)]
