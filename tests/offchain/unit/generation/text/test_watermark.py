"""Which positions are marked, with whose key, and what a record may say of it."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.generation import TextParams
from offchain.generation.sampling import choose, uniform
from offchain.generation.text.watermark import CONTEXT, Contexts, Marking, TextMark, creator_mark
from offchain.generation.text.watermark_detection import CHANCE, chance_of, detect, detect_tokens

ALICE, BOB = "0x" + "aa" * 20, "0x" + "bb" * 20
SECRET = bytes(range(32))
FREE = TextParams(temperature=1, top_p=1)
VOCABULARY = 400


@pytest.fixture(scope="module")
def written():
    """150 tokens of a model whose distribution is a function of the last token: drawn with and without Alice's mark."""
    return {mark: draw(mark) for mark in (None, creator_mark(SECRET, ALICE))}


def draw(mark):
    model = np.random.default_rng(5).normal(0, 2, (VOCABULARY, VOCABULARY))
    marking, tokens = None if mark is None else Marking(mark), [0]
    for position in range(150):
        bend = None if marking is None else marking(tokens)
        tokens.append(choose(model[tokens[-1]], FREE, uniform(1, position), bend).token)
    return tokens


def key(number):
    return TextMark(number.to_bytes(32, "big"))


def test_marking__before_a_whole_context__bends_nothing():
    marking = Marking(key(1))

    assert [marking(list(range(length))) is None for length in range(CONTEXT + 2)] == [True] * CONTEXT + [False] * 2


def test_marking__context_that_the_text_had_before__is_not_marked_again():
    marking = Marking(key(1))
    text = [1, 2, 3, 4, 5, 1, 2, 3, 4]

    assert [marking(text[:end]) is not None for end in range(4, 10)] == [True, True, True, True, True, False]


def test_contexts__whole_text__are_those_that_were_marked_while_it_was_drawn():
    text, contexts = [1, 2, 3, 4, 5, 1, 2, 3, 4, 6, 7], Contexts()

    drawn = [(context, token) for end, token in enumerate(text) if (context := contexts.fresh(text[:end]))]
    assert list(Contexts().marked(text)) == drawn
    assert ((1, 2, 3, 4), 6) not in drawn


def test_marking__another_key_or_context__bends_otherwise():
    flat = np.full(50, 0.02)
    one, same, other_key = (Marking(mark)([1, 2, 3, 4])(flat) for mark in (key(1), key(1), key(2)))

    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other_key).max() > 0.01
    assert np.abs(one - Marking(key(1))([1, 2, 3, 5])(flat)).max() > 0.01


def test_creator_mark__each_creator_and_service__has_a_key_of_its_own():
    marks = {creator_mark(secret, creator) for secret, creator in product((SECRET, bytes(32)), (ALICE, BOB))}

    assert len(marks) == 4
    assert creator_mark(SECRET, ALICE.upper().replace("0X", "0x")) == creator_mark(SECRET, ALICE)


@pytest.mark.parametrize("account", ["", "0x12", "alice", ALICE + "00"])
def test_creator_mark__no_account__is_refused(account):
    with pytest.raises(InputError) as caught:
        creator_mark(SECRET, account)

    assert caught.value.code == "account-malformed"


def test_text_mark__key_of_another_length__is_refused():
    with pytest.raises(InputError) as caught:
        TextMark(b"short")

    assert caught.value.code == "mark-key-malformed"


def test_text_mark__shown_or_recorded__does_not_give_the_key_away():
    mark = creator_mark(SECRET, ALICE)
    told = repr(mark) + str(mark.section())

    assert mark.key.hex() not in told
    assert repr(mark.key) not in told
    assert mark.section() == creator_mark(SECRET, ALICE).section() != creator_mark(SECRET, BOB).section()


def test_detect_tokens__own_key__is_found_and_no_other(written):
    mark = creator_mark(SECRET, ALICE)
    marked = written[mark]

    assert detect_tokens(marked, mark).found
    assert detect_tokens(marked, mark).z > 8
    assert not detect_tokens(marked, creator_mark(SECRET, BOB)).found
    assert not detect_tokens(written[None], mark).found


def test_detect_tokens__random_keys__scores_are_standard_normal(written):
    """The mean of n scores stays within 4 / √n, their variance within 4·√(2 / n) of 1, whatever the text says."""
    n = 400
    scores = np.array([detect_tokens(written[None], key(number)).z for number in range(n)])

    assert abs(scores.mean()) < 4 / n**0.5
    assert abs(scores.var() - 1) < 4 * (2 / n) ** 0.5


def test_detect_tokens__repetition__counts_each_context_once():
    assert detect_tokens([1, 2, 3] * 50, key(1)).tokens == 3


def test_detect_tokens__too_short_for_a_context__says_nothing():
    detection = detect_tokens([1, 2, 3, 4], key(1))

    assert (detection.found, detection.chance, detection.tokens) == (False, 1.0, 0)


def test_chance_of__every_sum_of_signs__is_not_likelier_than_it_says():
    """All 4,096 sums of twelve weighted signs, the theorem's own case."""
    weights = np.arange(12, 0, -1)
    sums = np.array(list(product((-1, 1), repeat=12))) @ weights / math.sqrt(weights @ weights)

    assert all((sums >= z - 1e-9).mean() <= chance_of(z) for z in np.unique(sums))
    assert chance_of(4.01) < CHANCE < chance_of(3.99)


@pytest.mark.parametrize("content", [None, "not JSON", b"\xff\xfe"])
def test_detect__no_tokenizer_there__is_refused(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(InputError) as caught:
        detect("text", key(1), path)

    assert caught.value.code == "tokenizer-unreadable"
