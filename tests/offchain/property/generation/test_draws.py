"""Whatever the distribution: draws follow it, and the margin is what it says."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from offchain.generation.provenance import decimal_text
from offchain.generation.sampling import choose
from offchain.generation.text.params import TextParams

PLAIN = TextParams(temperature=1, top_p=1)
logits = st.lists(st.floats(-10, 10), min_size=1, max_size=40).map(np.array)
points = st.floats(0, 1, exclude_max=True)
params = st.builds(TextParams, temperature=st.floats(0.05, 5), top_p=st.floats(0.05, 1))


@given(logits)
def test_choose__evenly_spaced_points__hit_each_token_in_proportion(given_logits):
    """Of n evenly spaced points, an interval of length p holds between np − 1 and np + 1."""
    n = 500
    expected = np.exp(given_logits - given_logits.max())
    expected *= n / expected.sum()
    drawn = [choose(given_logits, PLAIN, (k + 0.5) / n).token for k in range(n)]

    hits = np.bincount(drawn, minlength=len(given_logits))
    assert (np.abs(hits - expected) <= 1 + 1e-9).all()


@given(logits, points)
def test_choose__point_moved_by_less_than_the_margin__same_token_and_by_more_another(given_logits, u):
    choice = choose(given_logits, PLAIN, u)
    step = choice.margin
    within = [v for v in (u - 0.99 * step, u + 0.99 * step) if 0 <= v < 1]
    beyond = [v for v in (u - step - 1e-12, u + step + 1e-12) if 0 <= v < 1]

    assert {choose(given_logits, PLAIN, v).token for v in within} <= {choice.token}
    assert step == 1 or any(choose(given_logits, PLAIN, v).token != choice.token for v in beyond)


@given(logits, params, points)
def test_choose__any_nucleus__draws_no_token_that_likelier_ones_already_make_up(given_logits, given_params, u):
    """A token is inside only while the strictly likelier ones together stay below top_p."""
    choice = choose(given_logits, given_params, u)
    scaled = np.exp((given_logits - given_logits.max()) / given_params.temperature)
    likelier = scaled[scaled > scaled[choice.token]].sum() / scaled.sum()

    assert likelier < given_params.top_p + 1e-12
    assert 0 <= choice.margin <= 1


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_text__any_float__reads_back_exactly_and_is_plain(value):
    text = decimal_text(value)

    assert float(text) == value
    assert "e" not in text.lower()
