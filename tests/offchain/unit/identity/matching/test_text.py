from __future__ import annotations

import random
import re
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.identity.matching.text import MIN_WORDS, compare, excerpt, features, probe

DATA = Path(__file__).parents[4] / "data"


@pytest.fixture(scope="module")
def alice() -> list[str]:
    return (DATA / "alice-in-wonderland-1.txt").read_text().split()


@pytest.fixture(scope="module")
def bennet() -> list[str]:
    return (DATA / "pride-and-prejudice-1.txt").read_text().split()


def invented(count: int, seed: int = 1, vocabulary: int = 5_000) -> list[str]:
    chance = random.Random(seed)
    return [f"w{chance.randrange(vocabulary)}" for _ in range(count)]


def likeness(here, there):
    asked, filed = probe(joined(here)), features(joined(there))
    assert asked is not None
    assert filed is not None
    return compare(asked.evidence, filed.evidence)


def joined(words) -> str:
    return words if isinstance(words, str) else " ".join(words)


def substituted(words: list[str], share: float, seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    edited = list(words)
    for at in chance.sample(range(len(words)), round(share * len(words))):
        edited[at] = chance.choice(words)
    return edited


def test_features__too_few_words__are_none():
    assert features(joined(invented(MIN_WORDS - 1))) is None
    assert probe(joined(invented(MIN_WORDS - 1))) is None
    assert features(joined(invented(MIN_WORDS))) is not None


@pytest.mark.parametrize("text", ["", " \n" * 500, "!?… — " * 500, "漢" * 41, "ท" * 103])
def test_features__nothing_to_tell__are_none(text):
    """41 ideographs and 103 Thai letters stand for fewer than 26 words (5/8 and 1/4 of a word each)."""
    assert features(text) is None


def test_features__terms__are_sorted_without_repetition_and_those_of_the_probe_hold_them(alice):
    filed, asked = features(joined(alice)), probe(joined(alice))
    assert np.all(np.diff(filed.terms.astype(object)) > 0)
    assert set(filed.terms.tolist()) <= set(asked.terms.tolist())
    # 2 / (window + 1) of random grams are filed (Schleimer et al. 2003, §3): window 8, so 22 %.
    assert 0.18 < len(filed.terms) / len(asked.terms) < 0.26


@pytest.mark.parametrize("count", [100_000, 600_000])
def test_features__very_long_text__keep_evidence_under_64_kib_and_find_200_words_of_it(count):
    work = invented(count, vocabulary=50_000)
    filed = features(joined(work))
    assert len(filed.evidence) <= 65_536
    chance = random.Random(1)
    for _ in range(10):
        start = chance.randrange(count - 200)
        asked = probe(joined(work[start : start + 200]))
        assert len(np.intersect1d(asked.terms, filed.terms)) >= asked.min_terms
        found = compare(asked.evidence, filed.evidence)
        assert found.regions
        assert all(start <= region.there[0] < region.there[1] <= start + 200 for region in found.regions)


def test_compare__another_encoding__is_same(alice):
    text = joined(alice)
    for edited in (
        text,
        text.upper(),
        text.replace("'", "’").replace(" ", "\n"),
        "**" + text.replace(",", " –") + "**",
    ):
        found = likeness(edited, alice)
        assert (found.decision, found.method) == ("same", "word-5-grams")
        assert found.score == pytest.approx(1, abs=0.02)


def test_compare__excerpt__is_derived_and_its_region_lies_where_it_was_taken(alice):
    found = likeness(alice[700:1_100], alice)
    assert found.decision == "derived"
    (region,) = found.regions
    ((here, there),) = excerpt(joined(alice[700:1_100]), joined(alice), found)
    assert here == there
    assert here in joined(alice[700:1_100])
    assert 650 < region.there[0] - region.here[0] < 900  # runs of letters are a few more than what white space splits
    assert region.here[1] - region.here[0] >= 0.95 * 400


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_compare__words_substituted__is_derived_and_tells_how_many_agree(alice, share):
    found = likeness(substituted(alice, share), alice)
    assert found.decision == "derived"
    told = re.search(r"about (\d+)% of them agree", found.sentence)
    # 490 grams are looked at: three standard deviations of the share that survives are 0.07, of its fifth root less.
    assert float(told[1]) / 100 == pytest.approx(1 - share, abs=0.05)


def test_compare__paragraphs_in_another_order__is_derived_with_a_region_each(alice):
    thirds = [alice[:700], alice[700:1_400], alice[1_400:]]
    found = likeness([*thirds[2], *thirds[1], *thirds[0]], alice)
    assert found.decision == "derived"
    assert len(found.regions) == 3
    assert found.score == pytest.approx(1, abs=0.05)


def test_compare__unrelated__is_none(alice, bennet):
    assert likeness(alice, bennet) is None
    assert likeness(bennet, alice) is None


@pytest.mark.parametrize(
    ("quoted", "around", "decision"),
    [
        (60, 2_000, "similar"),
        (60, 180, "derived"),
        (30, 170, "similar"),
        (1_200, 10_000, "derived"),
        (800, 10_000, "similar"),
    ],
)
def test_compare__quotation__is_derived_by_share_and_length(quoted, around, decision):
    """A fifth and 50 words, or 1,000 words; the registered work is as long as what stands around the quotation."""
    work = invented(max(quoted, around) * 2, seed=2)
    essay = invented(around, seed=3)
    middle = around // 2
    found = likeness([*essay[:middle], *work[100 : 100 + quoted], *essay[middle:]], work)
    assert found.decision == decision


def test_compare__short_work_inside_a_long_file__is_derived():
    """Above 4,096 words a probe samples, but never more coarsely than a work of 200 words is filed."""
    work, around = invented(200, seed=4), invented(30_000, seed=5)
    found = likeness([*around[:15_000], *work, *around[15_000:]], work)
    assert found.decision == "derived"
    assert found.regions[0].there[1] - found.regions[0].there[0] >= 180
    assert 15_000 - 8 <= found.regions[0].here[0] <= 15_020


@pytest.mark.parametrize("letters", [(0x4E00, 3_000), (0x3041, 80), (0x0E01, 46)])
def test_compare__scripts_without_spaces__find_an_excerpt(letters):
    chance = random.Random(1)
    first, count = letters
    text, other = ("".join(chr(first + chance.randrange(count)) for _ in range(2_000)) for _ in range(2))
    found = likeness(text[500:900], text)
    assert found.decision == "derived"
    assert excerpt(text[500:900], text, found)[0][0] in text[500:900]
    assert likeness(other, text) is None


def test_compare__one_phrase_over_and_over__equals_itself_in_linear_time():
    text = ["all", "work", "and", "no", "play", "makes", "jack", "a", "dull", "boy"] * 2_000
    found = likeness(text[:4_000], text[:4_000])
    assert found.decision in {"same", "derived"}
    assert likeness(text, text).decision in {"same", "derived"}


@pytest.mark.parametrize(
    "evidence",
    [b"", b"\x01", b"\x02" + b"\x00" * 30, b"\x01" * 15, struct.pack("<BxHIIf", 1, 8, 10, 2**31, 1.0), bytes(16)],
)
def test_compare__evidence_of_nothing_known__is_refused(evidence, alice):
    good = features(joined(alice)).evidence
    for pair in ((evidence, good), (good, evidence)):
        with pytest.raises(InputError) as caught:
            compare(*pair)
        assert caught.value.code == "evidence-malformed"


@pytest.mark.parametrize(
    ("field", "value"), [(2, 2**32 - 1), (1, 0), (3, 2**32 - 1), (4, 0.0), (4, 1e-30), (4, float("nan")), (4, 2.0)]
)
def test_compare__damaged_head__is_refused_or_answered_without_filling_memory(field, value, alice):
    good = features(joined(alice)).evidence
    head = list(struct.unpack_from("<BxHIIf", good))
    head[field] = value
    bad = struct.pack("<BxHIIf", *head) + good[16:]
    tracemalloc.start()
    for pair in ((bad, good), (good, bad)):
        if field == 2:  # a longer text is a possible one
            assert compare(*pair) is not None
            continue
        with pytest.raises(InputError):
            compare(*pair)
    assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    tracemalloc.stop()


def test_excerpt__other_texts_than_compared__is_refused(alice):
    found = likeness(alice, alice)
    with pytest.raises(InputError) as caught:
        excerpt(joined(alice[:50]), joined(alice), found)
    assert caught.value.code == "text-other"
