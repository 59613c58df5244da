"""What is read from a score, which key it is in, and which scores are the same tune."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.generation.music.corpus import estimated_key, read_corpus, split, tunes
from offchain.generation.music.examples import transposed
from offchain.generation.music.musicxml import read_score
from offchain.generation.music.tokens import Metre, Note, Piece, from_notes, notes
from tests.offchain.written_scores import NAMES, note, rest, score

TIED = [
    note("F", 5, 2, alter=1),
    note("G", 4, 6, '<tie type="start"/>'),
    note("G", 4, 2, '<tie type="stop"/>') + rest(4),
]
PLAIN = [note("D", 4, 2), note("D", 4, 6), note("D", 4, 6)]
LOW = [note("G", 2, 2), note("G", 2, 6), note("G", 2, 6)]


def test_read_score__ties_rests_and_pickup__are_as_written():
    """Two divisions a quarter, a quarter before the first bar of three; soprano, bass, alto, tenor."""
    read = read_score(score(TIED, PLAIN, PLAIN, LOW))
    assert read.piece.metre == Metre(3, 4, 4)
    assert read.fifths == 1
    assert len(read.piece.frames) == 28
    assert [one for one in notes(read.piece) if one.voice == 0] == [Note(0, 0, 4, 78), Note(0, 4, 16, 67)]
    assert [one.pitch for one in notes(read.piece) if one.voice == 1] == [43, 43, 43]


def test_read_score__instruments_beside__are_left_out():
    read = read_score(score(LOW, TIED, PLAIN, PLAIN, LOW, names=("Horn", *NAMES)))
    assert notes(read.piece) == notes(read_score(score(TIED, PLAIN, PLAIN, LOW)).piece)


def test_read_score__statements__are_kept_in_their_words():
    head = (
        "<movement-title>A tune</movement-title><identification><rights>all\n kept</rights></identification>"
        "<credit><credit-words>used by permission</credit-words></credit>"
    )
    read = read_score(score(TIED, PLAIN, PLAIN, LOW, head=head))
    assert (read.title, read.statements) == ("A tune", ("rights: all kept", "used by permission"))


@pytest.mark.parametrize(
    "data",
    [
        b"no archive",
        score(TIED, PLAIN, LOW, names=("Soprano", "Alto", "Bass")),
        score(TIED, TIED, PLAIN, PLAIN, LOW, names=("Soprano 1", "Soprano 2", "Alto", "Tenor", "Bass")),
        score([note("G", 4, 2) + note("B", 4, 2, "<chord/>")], PLAIN, PLAIN, LOW),
        score(["<backup><duration>2</duration></backup>"], PLAIN, PLAIN, LOW),
        score([], [], [], []),
    ],
)
def test_read_score__not_one_of_four_voices__is_refused(data: bytes):
    with pytest.raises(InputError) as refused:
        read_score(data)
    assert refused.value.code == "score-unfit"


def test_read_score__an_entity_that_explodes__is_refused():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><score-partwise>&b;</score-partwise>'
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("score.xml", bomb)
    with pytest.raises(InputError, match="cannot be read"):
        read_score(packed.getvalue())


def test_read_corpus__what_cannot_be_read__is_named(tmp_path: Path):
    (tmp_path / "b.mxl").write_bytes(score(TIED, PLAIN, PLAIN, LOW))
    (tmp_path / "a.mxl").write_bytes(b"")
    corpus = read_corpus(tmp_path)
    assert [chorale.path for chorale in corpus.chorales] == ["b.mxl"]
    assert list(corpus.skipped) == ["a.mxl"]


def test_read_corpus__nothing_to_learn__is_refused(tmp_path: Path):
    with pytest.raises(InputError) as refused:
        read_corpus(tmp_path)
    assert refused.value.code == "corpus-empty"


def cadence(tonic: int, third: int) -> Piece:
    """Tonic, subdominant, dominant and tonic chords."""
    chords = [(0, third), (5, third), (7, 4), (0, third)]
    played = [
        Note(voice, 4 * at, 4, 48 + tonic + root + add)
        for at, (root, mode) in enumerate(chords)
        for voice, add in ((0, 12), (1, 0), (2, 7), (3, mode))
    ]
    return from_notes(played, 16)


@pytest.mark.parametrize(("tonic", "third", "key"), [(0, 4, "C major"), (9, 3, "A minor"), (7, 4, "G major")])
def test_estimated_key__a_cadence__is_its_key(tonic: int, third: int, key: str):
    assert estimated_key(cadence(tonic, third).frames) == key


def melody(seed: int) -> Piece:
    pitches = np.random.default_rng(seed).integers(57, 75, size=40)
    return from_notes([Note(0, 2 * at, 2, int(pitch)) for at, pitch in enumerate(pitches)], 80)


def test_tunes__a_tune_in_another_key_and_cut__is_the_same_tune():
    cut = from_notes([one for one in notes(melody(0)) if one.start < 50], 50)
    group = tunes([melody(0), melody(1), transposed(melody(0), 3), cut])
    assert group[0] == group[2] == group[3] != group[1]


def test_split__one_tune_many_times__is_in_one_part_only():
    pieces = [melody(seed) for seed in range(10)] + [transposed(melody(seed), 2) for seed in range(5)]
    parts = split(pieces, (0.6, 0.2, 0.2))
    assert sorted(at for part in parts for at in part) == list(range(15))
    assert all(any({seed, seed + 10} <= set(part) for part in parts) for seed in range(5))
    assert [len(part) for part in parts] == [9, 3, 3]
