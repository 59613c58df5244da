"""Features that a stranger stated: compared apart, and whatever they do to the comparison stays there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from offchain.errors import InputError
from offchain.identity.matching import text
from offchain.identity.matching.judging import likeness_from_plain
from offchain.identity.similarity import judged, judged_apart

ALICE = Path(__file__).parents[3] / "data" / "alice-in-wonderland-1.txt"


def test_judged_apart__sound_features__as_in_this_process() -> None:
    prose = ALICE.read_text()
    probe, filed = text.probe(prose[:4_000]), text.features(prose)
    assert probe is not None
    assert filed is not None
    assert judged_apart(probe, filed) == judged(probe, filed)


def test_judged_apart__nothing_in_common__none() -> None:
    probe, filed = text.probe(ALICE.read_text()), text.features(" ".join(f"other{at}" for at in range(300)))
    assert probe is not None
    assert filed is not None
    assert judged_apart(probe, filed) is None


def test_judged_apart__damaged_evidence__refused() -> None:
    probe, filed = text.probe(ALICE.read_text()), text.features(ALICE.read_text())
    assert probe is not None
    assert filed is not None
    with pytest.raises(InputError) as caught:
        judged_apart(probe, replace(filed, evidence=filed.evidence[:-1]))
    assert caught.value.code == "evidence-malformed"


@pytest.mark.parametrize(
    "changed",
    [
        {"decision": "identical"},
        {"score": float("nan")},
        {"score": 2.0},
        {"sentence": 7},
        {"regions": [{"unit": "mile", "here": [0, 1], "there": [0, 1]}]},
        {"regions": [{"unit": "word", "here": "ab", "there": [0, 1]}]},
        {"regions": 3},
    ],
)
def test_likeness_from_plain__what_no_sound_process_says__refused(changed: dict[str, object]) -> None:
    sound = {"decision": "same", "method": "m", "score": 0.5, "error_rate": 0.1, "sentence": "s", "regions": []}
    assert likeness_from_plain(sound).decision == "same"
    with pytest.raises(InputError) as caught:
        likeness_from_plain(sound | changed)
    assert caught.value.code == "evidence-malformed"
