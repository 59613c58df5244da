"""Files of features: what is written is read back, and no other bytes are taken for one."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.errors import InputError
from offchain.identity.matching.features import CODE_BYTES, Features, Medium
from offchain.identity.matching.filing import features_from_bytes, features_to_bytes

CODES = st.lists(st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES), max_size=5).map(tuple)
TERMS = st.sets(st.integers(0, 2**64 - 1), max_size=20).map(lambda terms: np.array(sorted(terms), dtype=np.uint64))
EVIDENCE = st.binary(max_size=100)
NO_TERMS = np.empty(0, dtype=np.uint64)
FEATURES = st.one_of(
    st.builds(Features, st.sampled_from(("image", "video")), CODES, st.just(NO_TERMS), EVIDENCE),
    st.builds(Features, st.sampled_from(("text", "audio")), st.just(()), TERMS, EVIDENCE),
)


@given(FEATURES)
def test_features__written_and_read__are_the_same(features: Features) -> None:
    read = features_from_bytes(features_to_bytes(features))

    assert (read.medium, read.codes, read.evidence) == (features.medium, features.codes, features.evidence)
    assert read.terms.tolist() == features.terms.tolist()


@given(FEATURES, st.data())
def test_features_from_bytes__cut_or_longer__refused(features: Features, data: st.DataObject) -> None:
    whole = features_to_bytes(features)
    cut = data.draw(st.integers(0, len(whole) - 1))

    for damaged in (whole[:cut], whole + b"\x00"):
        with pytest.raises(InputError, match="no file of features"):
            features_from_bytes(damaged)


@given(st.binary(max_size=200))
def test_features_from_bytes__foreign_bytes__refused_or_read_whole(data: bytes) -> None:
    try:
        features = features_from_bytes(data)
    except InputError:
        return
    assert features_to_bytes(features) == data


@pytest.mark.parametrize("medium", get_args(Medium))
def test_features_from_bytes__more_than_its_medium_has__refused(medium: Medium) -> None:
    """Whoever states features chooses their size; a work with 32,000 codes would crowd out every other one."""
    for codes, terms, evidence in ((301, 0, 0), (0, 16_385, 0), (0, 0, 65_537)):
        features = Features(medium, (bytes(CODE_BYTES),) * codes, np.arange(terms, dtype=np.uint64), bytes(evidence))
        with pytest.raises(InputError, match="more than a work of its medium has"):
            features_from_bytes(features_to_bytes(features))


def test_features_from_bytes__repeated_term__refused() -> None:
    """The index counts the terms that two works share; a repeated one would count twice."""
    features = Features("text", (), np.array([7, 7], dtype=np.uint64), b"")

    with pytest.raises(InputError, match="do not ascend"):
        features_from_bytes(features_to_bytes(features))


def test_features_from_bytes__other_version__refused() -> None:
    written = bytearray(features_to_bytes(Features("text", (), np.array([], dtype=np.uint64), b"")))
    written[4] += 1

    with pytest.raises(InputError, match="format or version"):
        features_from_bytes(bytes(written))
