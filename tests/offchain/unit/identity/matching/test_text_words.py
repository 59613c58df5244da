from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from offchain.identity.matching.words import words


def split(text: str) -> list[str]:
    found = words(text)
    return [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)]


def grams(text: str) -> list[int]:
    return [int(gram) for gram in words(unicodedata.normalize("NFKC", text)).grams]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n—…!", []),
        ("It's 3 o'clock, Mr_Smith.", ["It", "s", "3", "o", "clock", "Mr", "Smith"]),
        ("naïve Straße e\u0301te", ["naïve", "Straße", "e\u0301te"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("العربية لغة", ["العربية", "لغة"]),
        ("漢字とABC", ["漢", "字", "と", "ABC"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("so\u00adft ze\u200bro", ["so\u00adft", "ze\u200bro"]),
    ],
)
def test_words__any_script__are_found_where_they_stand(text, expected):
    assert split(text) == expected


def test_words__case_punctuation_and_invisible_characters__change_no_gram():
    plain = "when the straße is wet, then do not run there"
    assert len(grams(plain)) == 10 - 5 + 1
    for edited in (
        "WHEN THE STRASSE IS WET THEN DO NOT RUN THERE",
        "“When” — the\tStraße\u00a0is\n*wet*: then\u2028do not… run; there?",
        "w\u00adhen the stra\u200bße is wet then do not run there",
        "ｗｈｅｎ the straße is ｗｅｔ then do not run there",
    ):
        assert grams(edited) == grams(plain)


def test_words__one_word_changed__changes_the_five_grams_that_hold_it():
    one, other = grams("a b c d e f g h i j k l"), grams("a b c d e f X h i j k l")
    assert [at for at in range(8) if one[at] != other[at]] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("one", "other"), [("ab c d e f", "a bc d e f"), ("a b c d e", "b a c d e"), ("a a a a b", "b a a a a")]
)
def test_words__other_boundaries_or_order__are_other_grams(one, other):
    assert grams(one) != grams(other)


def test_words__unspaced_scripts__count_for_as_many_words_as_they_usually_write():
    assert words("漢" * 80).share == pytest.approx(5 / 8)
    assert words("ท" * 80).share == pytest.approx(5 / 20)
    assert words("word " * 80).share == 1
    assert len(words("漢" * 80).grams) == 80 - 8 + 1
    assert len(words("ท" * 80).grams) == 80 - 20 + 1


def test_words__script_changes_at_the_end__leaves_no_hole_in_the_grams():
    found = words("漢" * 9 + " one two three four five")
    # The last whole gram of Chinese begins at character 9 - 8 + 5 words behind it; all begin without a gap.
    assert len(found.grams) == 7
    assert len(np.unique(found.grams)) == len(found.grams) - 1


def test_words__one_word_of_a_million_letters__takes_its_first_letters_only():
    found = words("a" * 1_000_000 + " b c d e")
    assert len(found) == 5
    assert found.grams.tolist() == words("a" * 900_000 + " b c d e").grams.tolist()


def test_words__more_than_a_block__are_split_as_if_in_one():
    text = "one two, three 漢字 four; five six seven " * 40_000
    found = words(text)
    assert len(text) > 2**20
    assert len(found) == 9 * 40_000
    assert np.array_equal(found.grams[: 9 * 1_000], found.grams[9 * 38_000 : 9 * 39_000])
    assert [text[found.starts[at] : found.ends[at]] for at in (-2, -1)] == ["six", "seven"]


def test_words__no_white_space_in_a_block__are_split_all_the_same():
    assert len(words("漢" * (2**20 + 10))) == 2**20 + 10
