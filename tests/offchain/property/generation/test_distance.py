"""Whatever the distribution: a replay's distance is the error that would have drawn that token."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.generation.sampling import choose, distance
from offchain.generation.text.params import TextParams

PLAIN = TextParams(temperature=1, top_p=1)
logits = st.lists(st.floats(-10, 10), min_size=2, max_size=40).map(np.array)
points = st.floats(0, 1, exclude_max=True)
params = st.builds(TextParams, temperature=st.one_of(st.just(0), st.floats(0.05, 5)), top_p=st.floats(0.05, 1))


@given(logits, params, points)
def test_distance__token_that_is_drawn__is_none(given_logits, given_params, u):
    assert distance(given_logits, given_params, u, choose(given_logits, given_params, u).token) == 0


@given(logits, points, st.integers(0, 39))
def test_distance__another_token__is_how_far_the_point_must_move_to_draw_it(given_logits, u, number):
    token = number % len(given_logits)
    far = distance(given_logits, PLAIN, u, token)
    moved = [v for v in (u - far - 1e-12, u + far + 1e-12) if 0 <= v < 1]

    drawn = {choose(given_logits, PLAIN, v).token for v in moved}
    assert token in drawn or choose(given_logits, PLAIN, u).token == token or far > 1 - 1e-9


def test_distance__edge_of_the_nucleus__is_what_the_nucleus_lacks():
    """Of 0.5, 0.3 and 0.2 a nucleus of 0.79 holds two; the third comes in where 0.8 is 0.01 less than it is."""
    given_logits = np.log([0.5, 0.3, 0.2])

    assert distance(given_logits, TextParams(temperature=1, top_p=0.79), 0.99, 2) == pytest.approx(0.01)
    assert distance(given_logits, TextParams(temperature=1, top_p=0.45), 0.99, 2) == 1
