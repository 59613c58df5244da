"""The verdict of a replay: over logits that are given, every draw explained or the first that is not."""

from __future__ import annotations

import numpy as np
import pytest

from offchain.generation import TextParams
from offchain.generation.sampling import choose, uniform
from offchain.generation.text.replaying import TOLERANCE, judged
from offchain.generation.text.watermark import Marking, TextMark

SEED, END = 11, 3
ENDS = frozenset({END})
MARK = TextMark(bytes(32))


@pytest.fixture
def logits():
    """Of 31 draws over 40 tokens; the last draw ends, nothing before it does."""
    rows = np.random.default_rng(1).normal(0, 1.5, (31, 40))
    rows[:30, END] = -50
    rows[30, END] = 50
    return rows


def drawn(logits, params, mark=None):
    marking, tokens = None if mark is None else Marking(mark), []
    for position, row in enumerate(logits):
        bend = None if marking is None else marking(tokens)
        tokens.append(choose(row, params, uniform(SEED, position), bend).token)
    return tokens[:-1]


@pytest.mark.parametrize("mark", [None, MARK])
@pytest.mark.parametrize("params", [TextParams(60, 1, 1), TextParams(60), TextParams(60, 0)])
def test_judged__true_tokens__are_accepted(logits, params, mark):
    replay = judged(logits, drawn(logits, params, mark), ENDS, params, SEED, mark)

    assert (replay.accepted, replay.draws, replay.worst, replay.position) == (True, 31, 0, None)


def test_judged__logits_off_by_rounding__are_accepted(logits):
    """Errors of r in logits move a cumulative probability by r / 2 at most."""
    params = TextParams(60, 1, 1)
    off = logits + np.random.default_rng(2).uniform(-TOLERANCE, TOLERANCE, logits.shape)

    assert judged(off, drawn(logits, params), ENDS, params, SEED, None).accepted


@pytest.mark.parametrize("position", [0, 7, 29])
def test_judged__token_replaced__names_its_position(logits, position):
    """The replacement is the token farthest from the drawn one in the order of the distribution."""
    params = TextParams(60, 1, 1)
    tokens = drawn(logits, params)
    tokens[position] = 39 if tokens[position] < 20 else 0

    replay = judged(logits, tokens, ENDS, params, SEED, None)
    assert (replay.accepted, replay.position) == (False, position)
    assert replay.worst > replay.tolerance


def test_judged__text_that_does_not_end_where_the_model_ends_it__is_refused(logits):
    params = TextParams(60, 1, 1)
    tokens = drawn(logits, params)

    early = judged(logits[:30], tokens[:29], ENDS, params, SEED, None)
    late = judged(logits, [*tokens, 7], ENDS, params, SEED, None)
    assert (early.accepted, early.position) == (False, 29)
    assert (late.accepted, late.position) == (False, 30)


def test_judged__end_inside_the_text__is_refused(logits):
    """Drawn it may have been; written on behind it was not."""
    logits[4] = np.where(np.arange(40) == END, 50, -50)
    params = TextParams(60, 1, 1)
    tokens = drawn(logits, params)
    assert tokens[4] == END

    assert judged(logits, tokens, ENDS, params, SEED, None).position == 4


def test_judged__marked_text_without_its_mark__is_refused(logits):
    params = TextParams(60, 1, 1)

    assert not judged(logits, drawn(logits, params, MARK), ENDS, params, SEED, None).accepted


def test_judged__low_temperature__allows_for_larger_errors(logits):
    """Errors of logits count 1 / temperature times."""
    for temperature, tolerance in ((1, TOLERANCE), (0.5, 2 * TOLERANCE), (2, TOLERANCE), (0, TOLERANCE)):
        params = TextParams(60, temperature, 1)
        assert judged(logits, drawn(logits, params), ENDS, params, SEED, None).tolerance == tolerance


def test_judged__model_without_a_token_that_ends_answers__short_text_is_refused(logits):
    params = TextParams(60, 1, 1)

    replay = judged(logits, drawn(logits, params), frozenset(), params, SEED, None)
    assert (replay.accepted, replay.position, replay.worst) == (False, 30, 1)
