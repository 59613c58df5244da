"""Whatever the texts: what is filed is found, and comparing ends in a likeness, in nothing, or in an InputError."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.errors import InputError
from offchain.identity.matching.passages import covered, shared
from offchain.identity.matching.text import _winnowed, compare, excerpt, features, probe

small = st.lists(st.integers(0, 5), max_size=40).map(lambda values: np.array(values, dtype=np.uint32))
texts = st.lists(
    st.sampled_from(["one", "two", "three", "four", "five", "漢", "字", "ไทย", "—", "ß"]), max_size=300
).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=200), st.integers(1, 40))
def test_winnowed__any_grams__leave_no_window_without_one_and_take_its_least(values, window):
    """The guarantee of Schleimer et al. 2003; values from a small range make ties."""
    grams = np.array(values, dtype=np.uint64) << np.uint64(40)
    positions = _winnowed(grams, window).tolist()
    window = min(window, len(values))
    expected = set()
    for start in range(len(values) - window + 1):
        least = min(values[start : start + window])
        expected.add(max(at for at in range(start, start + window) if values[at] == least))
    assert positions == sorted(expected)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=200), st.integers(1, 20), st.integers(0, 20))
def test_winnowed__wider_window__takes_a_part_of_what_a_narrower_one_takes(values, window, wider):
    """So a probe, sampled more finely, holds what was filed."""
    grams = np.array(values, dtype=np.uint64) << np.uint64(24)
    assert set(_winnowed(grams, window + wider).tolist()) <= set(_winnowed(grams, window).tolist())


@settings(max_examples=200, deadline=None)
@given(small, small)
def test_shared__any_values__are_equal_pairs_and_every_value_in_both_has_one(here, there):
    rows, others = shared(here, there)
    pairs = list(zip(rows.tolist(), others.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert all(here[row] == there[other] for row, other in pairs)
    assert set(rows.tolist()) == {row for row in range(len(here)) if here[row] in set(there.tolist())}
    assert len(pairs) <= 4 * len(here)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: tuple(sorted(pair))), max_size=10))
def test_covered__any_ranges__counts_each_token_once(ranges):
    assert covered(ranges) == len({at for start, end in ranges for at in range(start, end)})


@settings(max_examples=200, deadline=None)
@given(texts, texts)
def test_compare__any_texts__regions_lie_inside_both(one, other):
    asked, filed = probe(one), features(other)
    if asked is None or filed is None:
        return
    found = compare(asked.evidence, filed.evidence)
    if found is not None:
        assert 0 <= found.score <= 1
        assert len(excerpt(one, other, found)) == len(found.regions) <= 20


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_compare__damaged_evidence__ends_in_an_answer_or_an_input_error(data):
    good = features(" ".join(f"word{at % 37}" for at in range(120))).evidence
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    for pair in ((bytes(damaged), good), (good, bytes(damaged))):
        with suppress(InputError):
            compare(*pair)
