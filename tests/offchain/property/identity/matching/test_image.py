"""Whatever bytes and images are given, matching ends in an answer or a typed error."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from offchain.errors import InputError
from offchain.identity.matching.features import CODE_BYTES
from offchain.identity.matching.image import RADIUS, compare, features, probe
from offchain.identity.matching.image_codes import frame_codes

MIRRORS = [None, *Image.Transpose]


@cache
def drawing(seed: int) -> Image.Image:
    levels = np.random.default_rng(seed).integers(0, 256, (14, 18), dtype=np.uint8)
    return Image.fromarray(levels).resize((360, 280), Image.Resampling.BICUBIC)


@cache
def evidence(seed: int) -> bytes:
    work = features(drawing(seed))
    assert work is not None
    return work.evidence


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=3_000), st.booleans())
def test_compare__any_bytes__is_an_answer_or_a_typed_error(data, first):
    with suppress(InputError):
        compare(*((data, evidence(1)) if first else (evidence(1), data)))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_compare__evidence_overwritten_anywhere__is_an_answer_or_a_typed_error(data):
    damaged = bytearray(evidence(1))
    at = data.draw(st.integers(0, len(damaged) - 1))
    patch = data.draw(st.binary(min_size=1, max_size=40))
    damaged[at : at + len(patch)] = patch
    with suppress(InputError):
        found = compare(bytes(damaged), evidence(1))
        if found is not None:
            assert 0 <= found.score <= 1
            for share in found.regions[0].here + found.regions[0].there:
                assert 0 <= share <= 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_compare__truncated_evidence__is_refused(data):
    cut = data.draw(st.integers(0, len(evidence(1)) - 1))
    with pytest.raises(InputError, match="no evidence of an image"):
        compare(evidence(1)[:cut], evidence(1))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.binary(min_size=1, max_size=64))
def test_features__any_small_image__has_codes_of_the_index_or_none(width, height, levels):
    pixels = np.resize(np.frombuffer(levels, np.uint8), (height, width))
    found, asked = features(Image.fromarray(pixels)), probe(Image.fromarray(pixels))
    assert (found is None) is (asked is None)
    if found is not None:
        assert {len(code) for code in found.codes} == {CODE_BYTES}
        assert len(found.codes) <= 16


@settings(max_examples=8, deadline=None)
@given(st.integers(2, 5), st.sampled_from(MIRRORS))
def test_compare__drawing_mirrored_or_turned__is_proposed_and_recognised(seed, mirror):
    turned = drawing(seed) if mirror is None else drawing(seed).transpose(mirror)
    work, asked = features(drawing(seed)), probe(turned)
    assert work is not None
    assert asked is not None
    rows, filed = (np.frombuffer(b"".join(codes), np.uint64).reshape(-1, 4) for codes in (asked.codes, work.codes))
    assert np.bitwise_count(rows[:, None] ^ filed[None]).sum(axis=2).min() <= RADIUS
    found = compare(asked.evidence, work.evidence)
    assert found is not None
    assert found.decision == ("same" if mirror is None else "derived")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(list(Image.Transpose)))
def test_frame_codes__mirrored_or_turned__are_the_same_eight(seed, mirror):
    """Of square pictures the eight views are exact; signs of the smallest frequencies may still round either way."""
    square = np.random.default_rng(seed).integers(0, 256, (32, 32), dtype=np.uint8)
    turned = np.asarray(Image.fromarray(square).transpose(mirror))
    ours, theirs = (
        np.frombuffer(b"".join(frame_codes(np.ascontiguousarray(plane))), np.uint64).reshape(-1, 4)
        for plane in (square, turned)
    )
    assert len(ours) == len(theirs) == 8
    apart = np.bitwise_count(ours[:, None] ^ theirs[None]).sum(axis=2)
    assert (apart.min(axis=1) <= 2).all()
