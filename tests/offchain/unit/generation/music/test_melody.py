"""Notation of melodies: what each sign means, and where a wrong one is."""

from __future__ import annotations

import pytest

from offchain.errors import InputError
from offchain.generation.music.melody import read_melody
from offchain.generation.music.tokens import HOLD, REST, Metre, onset


def pitches(notation):
    """MIDI pitches of the onsets."""
    return [token - onset(60) + 60 for token in read_melody(notation).tokens if token > REST]


def lengths(notation):
    """Sixteenths from each onset or rest to the next."""
    tokens = read_melody(notation).tokens
    starts = [at for at, token in enumerate(tokens) if token != HOLD]
    return [end - start for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True)]


@pytest.mark.parametrize(
    ("notation", "expected"),
    [
        ("C D E", [60, 62, 64]),
        ("c a", [72, 81]),
        ("C'", [72]),
        ("c, B,", [60, 59]),
        ("^F _B =F", [66, 70, 65]),
        ("^^F __B", [67, 69]),
        ("[K:G] F f", [66, 78]),
        ("[K:Gm] B e", [70, 75]),
        ("[K:F#m] C F G", [61, 66, 68]),
        ("[K:Ebmaj] e", [75]),
        ("[K:Ab minor] C", [59]),
        ("[K:G] =F F", [65, 65]),
    ],
)
def test_read_melody__spelling__is_that_pitch(notation, expected):
    assert pitches(notation) == expected


def test_read_melody__accidental__lasts_in_every_octave_until_the_bar_line():
    assert pitches("[M:2/4] ^F f c c | F f c c") == [66, 78, 72, 72, 65, 77, 72, 72]


@pytest.mark.parametrize(
    ("notation", "expected"),
    [
        ("c", [2]),
        ("c2", [4]),
        ("c/", [1]),
        ("c/2", [1]),
        ("c3/2", [3]),
        ("c8//", [4]),
        ("[L:1/4] c c2", [4, 8]),
        ("[L:1/16] c", [1]),
        ("[M:2/4] c", [1]),
        ("[M:3/4] c", [2]),
        ("c z2 c", [2, 1, 1, 1, 1, 2]),
    ],
)
def test_read_melody__length__in_sixteenths(notation, expected):
    """Without L the unit is 1/8, and 1/16 in metres below 3/4 (standard 2.1, §3.1.7)."""
    assert lengths(notation) == expected


@pytest.mark.parametrize(
    ("notation", "bar", "pickup"),
    [
        ("c8", 16, 0),
        ("c4 | c8", 16, 8),
        ("c8 | c8", 16, 0),
        ("[M:3/4] c2 | c6 | c4 |]", 12, 4),
        ("[M:C|] c", 16, 0),
        ("[M:6/8] c", 12, 0),
        ("c4 |", 16, 0),
        ("| c4 | c8", 16, 8),
    ],
)
def test_read_melody__bar_lines__tell_metre_and_pickup(notation, bar, pickup):
    metre = read_melody(notation).metre

    assert (metre.bar, metre.pickup) == (bar, pickup)


def test_read_melody__tie_over_a_bar_line__is_one_note_and_keeps_its_accidental():
    melody = read_melody("[M:2/4] c4 ^f4- | f2 f2 a4")

    assert melody.tokens[4:16] == [onset(78)] + [HOLD] * 5 + [onset(77), HOLD] + [onset(81)] + [HOLD] * 3
    assert melody.metre == Metre(2, 4, 0)


def test_read_melody__fields_on_lines__are_read_and_titles_passed_over():
    melody = read_melody('X:1\nT:Cradle song\nM:3/4 % waltz\nL:1/4\nK:Bb\n"Bb" (d e) f | b,3 |]\nw: la la la\n')

    assert (melody.key, melody.metre) == ("Bb major", Metre(3, 4))
    assert pitches('T:A\nK:Bb\nd "F" e % e\n') == [74, 75]


def test_read_melody__no_key__is_unknown():
    assert read_melody("c").key is None


@pytest.mark.parametrize(
    ("notation", "line", "column"),
    [
        ("c H", 1, 3),
        ("c2 d2\nc2 [ceg]", 2, 4),
        ("|: c", 1, 1),
        ("c8 :|", 1, 4),
        ("(3cde", 1, 1),
        ("c {d} e", 1, 3),
        ("c/3", 1, 1),
        ("c c/4", 1, 3),
        ("c0", 1, 1),
        ("c/0", 1, 1),
        ("c-d", 1, 3),
        ("c- z", 1, 4),
        ("-c", 1, 1),
        ("c8 | c4 | c8", 1, 9),
        ("c16 c | c", 1, 7),
        ("K:Hm\nc", 1, 1),
        ("K:Ddor\nc", 1, 1),
        ("M:4/3\nc", 1, 1),
        ("M:0/4\nc", 1, 1),
        ("M:99/4\nc", 1, 1),
        ("L:1/12\nc", 1, 1),
        ("L:1/0\nc", 1, 1),
        ("L:0/8\nc", 1, 1),
        ("K:G#\nc", 1, 1),
        ("c\nK:G\nc", 2, 1),
        ("c [V:2] c", 1, 3),
    ],
)
def test_read_melody__wrong_sign__is_refused_at_its_place(notation, line, column):
    with pytest.raises(InputError) as caught:
        read_melody(notation)

    assert caught.value.code == "melody-malformed"
    assert (caught.value.facts["line"], caught.value.facts["column"]) == (line, column)


def test_read_melody__lowest_and_highest_of_a_soprano__are_sung():
    assert pitches("A, a") == [57, 81]


@pytest.mark.parametrize("notation", ["c _A,", "c b", "c c'"])
def test_read_melody__outside_of_a_soprano__is_refused_at_its_place(notation):
    with pytest.raises(InputError) as caught:
        read_melody(notation)

    assert caught.value.code == "melody-range"
    assert caught.value.facts["column"] == 3


def test_read_melody__example_of_its_own_remedy__is_read():
    with pytest.raises(InputError) as caught:
        read_melody("")

    assert read_melody(caught.value.remedy.split("`")[1]).key == "G major"


def test_read_melody__above_a_soprano__message_names_notes():
    with pytest.raises(InputError, match="from `A,` to `a`") as caught:
        read_melody("c b")

    assert "down" in caught.value.remedy


@pytest.mark.parametrize(
    ("notation", "code"),
    [
        ("", "melody-empty"),
        ("K:G\n", "melody-empty"),
        ("z8", "melody-empty"),
        ("c9999", "melody-too-long"),
        ("c8 " * 300, "melody-too-long"),
        ("c " * 100_000, "melody-too-long"),
    ],
)
def test_read_melody__nothing_or_too_much__is_refused(notation, code):
    with pytest.raises(InputError) as caught:
        read_melody(notation)

    assert caught.value.code == code
