"""Signatures of keys, against what every book on notation prints."""

from __future__ import annotations

import pytest

from offchain.generation.music.keys import fifths, key_of, signature
from offchain.generation.music.tokens import KEYS


@pytest.mark.parametrize(
    ("key", "sharps"),
    [
        ("C major", 0),
        ("A minor", 0),
        ("G major", 1),
        ("F# major", 6),
        ("Db major", -5),
        ("Eb minor", -6),
        ("G minor", -2),
    ],
)
def test_fifths__known_keys__as_in_the_circle_of_fifths(key, sharps):
    assert fifths(key) == sharps


def test_key_of__signature_of_every_key__is_that_key():
    assert [key_of(fifths(key), minor=key.endswith("minor")) for key in KEYS] == list(KEYS)


def test_key_of__seven_sharps__is_the_key_that_sounds_alike():
    """C sharp major sounds as D flat major, under which the model knows it."""
    assert key_of(7, minor=False) == "Db major"
    assert key_of(8, minor=False) is None


def test_signature__three_flats__are_b_e_a():
    assert signature(-3) == {"B": -1, "E": -1, "A": -1}
    assert signature(2) == {"F": 1, "C": 1}
    assert signature(0) == {}
