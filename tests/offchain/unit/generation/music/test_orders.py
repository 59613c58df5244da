"""What a prompt and parameters come to."""

from __future__ import annotations

from collections import Counter

import pytest

from offchain.errors import InputError
from offchain.generation.music.keys import fifths
from offchain.generation.music.orders import order
from offchain.generation.music.params import MusicParams
from offchain.generation.music.tokens import Metre

CREATED = 1_790_000_000


def test_order__free_piece__has_the_bars_and_the_metre_asked_for():
    asked = order(" \n", MusicParams("A minor", bars=5, metre="3/4"), 1, CREATED).request()

    assert (asked.length, asked.key, asked.metre, asked.melody) == (60, "A minor", Metre(3, 4), None)


def test_order__melody__brings_length_metre_and_key():
    asked = order("[M:3/4] [K:F] c2 | f6 |", MusicParams(bars=5), 1, CREATED).request()

    assert (asked.length, asked.key, asked.metre) == (4 + 12, "F major", Metre(3, 4, 4))
    assert asked.melody is not None
    assert len(asked.melody) == asked.length


@pytest.mark.parametrize(("prompt", "key"), [("c", None), ("[K:G] c", "G major"), ("[K:Gm] c", "G minor")])
def test_order__melody_without_a_key_asked_for__keeps_its_own(prompt, key):
    assert order(prompt, MusicParams(), 1, CREATED).key == key
    assert order(prompt, MusicParams("E minor"), 1, CREATED).key == "E minor"


def test_order__free_piece_without_a_key__has_one_by_its_seed():
    """Of the eighteen keys with up to four accidentals, each about as often: 1,800 seeds, expected 100 each, σ < 10."""
    keys = Counter(order("", MusicParams(), seed, CREATED).key for seed in range(1800))

    assert len(keys) == 18
    assert max(abs(fifths(key)) for key in keys) == 4
    assert all(50 < count < 150 for count in keys.values())
    assert order("", MusicParams(), 7, CREATED).key == order("", MusicParams(bars=2), 7, CREATED).key


@pytest.mark.parametrize(
    ("prompt", "seed", "code"),
    [("", -1, "parameter-out-of-range"), ("", 2**53, "parameter-out-of-range"), ("\ud800", 1, "melody-malformed")],
)
def test_order__what_cannot_be_written__is_refused(prompt, seed, code):
    with pytest.raises(InputError) as caught:
        order(prompt, MusicParams(), seed, CREATED)

    assert caught.value.code == code


def test_order__prompt_with_a_lone_surrogate_in_a_comment__is_refused():
    with pytest.raises(InputError) as caught:
        order("c % \ud800", MusicParams(), 1, CREATED)

    assert caught.value.code == "prompt-malformed"
