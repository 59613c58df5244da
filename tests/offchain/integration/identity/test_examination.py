"""One look at a file gives its identity and what matching needs; what a decoder says is checked."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import iscc_lib
import iscc_samples
import numpy as np
import pytest

from offchain.errors import InputError
from offchain.identity import examination, examine, identify
from offchain.identity.extraction import content_code, decoded
from offchain.identity.matching import image, text
from tests.offchain.site import ALICE, CHELSEA

LIMIT = 2**26


@pytest.mark.parametrize(
    "path",
    [ALICE, CHELSEA, iscc_samples.audios("mp3")[0], iscc_samples.videos("webm")[0]],
    ids=["text", "image", "audio", "video"],
)
def test_examine__each_medium__finds_itself(path: Path):
    """A work's own probe shares a filed code within its radius, or enough terms."""
    found = examine(path, title="x", limit=LIMIT, wanted=["features", "probe"])
    assert found.features is not None
    assert found.probe is not None
    assert {found.features.medium, found.probe.medium} == {found.identity.mode}
    shared = np.intersect1d(found.features.terms, found.probe.terms)
    filed = [int.from_bytes(code) for code in found.features.codes]
    distances = [(int.from_bytes(code) ^ other).bit_count() for code in found.probe.codes for other in filed]
    assert len(shared) >= found.probe.min_terms > 0 or min(distances) <= found.probe.radius


def test_examine__text_and_image__equals_the_matchers_own_answer_here():
    """Nothing is lost on the way between the processes."""
    for path, module, kind in ((ALICE, text, "text/plain"), (CHELSEA, image, "image/png")):
        found = examine(path, title="x", limit=LIMIT, wanted=["features"]).features
        ours = module.features(decoded(path, kind))  # type: ignore[attr-defined]
        assert found is not None
        assert (found.codes, found.evidence) == (ours.codes, ours.evidence)
        assert np.array_equal(found.terms, ours.terms)
        assert found.terms.dtype == np.uint64


def test_examine__not_wanted_or_featureless__is_none():
    assert examine(ALICE, title="x", limit=LIMIT).features is None
    few = examine(b"a few words", title="x", limit=LIMIT, wanted=["features", "probe"])
    assert (few.features, few.probe) == (None, None)


def test_identify__path_and_bytes__agree():
    assert identify(CHELSEA, title="x", limit=LIMIT) == identify(CHELSEA.read_bytes(), title="x", limit=LIMIT)


def test_content_code__all_zero__is_none(monkeypatch: pytest.MonkeyPatch):
    """A code of zeros stands for nothing in particular; every other one would be near it."""
    zero = "ISCC:" + iscc_lib.encode_component(2, 0, 0, 256, bytes(32))
    one = "ISCC:" + iscc_lib.encode_component(2, 0, 0, 256, bytes(31) + b"\1")
    for code, expected in ((zero, None), (one, one)):
        monkeypatch.setattr("offchain.identity.text.text_code", lambda _, code=code: code)
        assert content_code("text", "words") == expected


GOOD: dict[str, Any] = {"kind": "text/plain", "code": None, "features": None}
PROBE: dict[str, Any] = {"codes": [], "terms": b"", "evidence": b"", "radius": 1, "min_terms": 1}
CODE = "ISCC:" + iscc_lib.encode_component(2, 1, 0, 256, bytes(31) + b"\1")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        GOOD | {"kind": "text/evil"},
        GOOD | {"kind": []},
        GOOD | {"code": "ISCC:nonsense"},
        GOOD | {"code": CODE},
        GOOD | {"code": 7},
        GOOD | {"features": {}},
        GOOD | {"features": {"codes": [b"short"], "terms": b"", "evidence": b""}},
        GOOD | {"features": {"codes": [], "terms": b"odd", "evidence": b""}},
        GOOD | {"features": {"codes": [], "terms": b"", "evidence": "text"}},
        GOOD | {"features": {"codes": [], "terms": b"", "evidence": 2**62}},
        GOOD | {"features": {"codes": [], "terms": b"", "evidence": [7]}},
        GOOD | {"features": {"codes": [32], "terms": b"", "evidence": b""}},
        GOOD | {"features": {"codes": [2**62], "terms": b"", "evidence": b""}},
        GOOD | {"features": {"codes": [], "terms": 2**62, "evidence": b""}},
        GOOD | {"probe": PROBE | {"evidence": 2**62}},
        GOOD | {"probe": PROBE | {"codes": [32]}},
        GOOD | {"probe": PROBE | {"radius": float("inf")}},
        GOOD | {"probe": PROBE | {"min_terms": "1"}},
    ],
    ids=range(21),
)
def test_examine__answer_that_no_sound_decoder_gives__is_refused(answer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(examination, "guarded", lambda *_, **__: answer)
    with pytest.raises(InputError) as caught:
        examine(b"a text", title="x", limit=LIMIT, wanted=["features", "probe"])
    assert caught.value.code == "decoding-failed"


def test_examine__sound_answer__is_taken(monkeypatch: pytest.MonkeyPatch):
    """Else the refusals above would prove nothing."""
    answer = GOOD | {"features": {"codes": [bytes(32)], "terms": bytes(8), "evidence": b"x"}, "probe": PROBE}
    monkeypatch.setattr(examination, "guarded", lambda *_, **__: answer)
    found = examine(b"a text", title="x", limit=LIMIT, wanted=["features", "probe"])
    assert found.features is not None
    assert (found.features.codes, found.features.evidence) == ((bytes(32),), b"x")
    assert found.probe is not None
    assert found.probe.radius == 1


@pytest.mark.parametrize(
    ("head", "size", "seconds"),
    [
        (b"\x89PNG", 50_000_000, 60),
        (b"RIFF", 72_000, 60),
        (b"\x00\x00\x00\x20ftyp", 100_000, 61),
        # Ten minutes at 5 Mbit/s; at 1080p they take about 10 × 7.5 CPU seconds.
        (b"\x1aE\xdf\xa3", 375_000_000, 1_800),
        (b"ID3", 174_000_000, 1_800),
        (b"ID3", 173_999_999, 1_799),
    ],
)
def test_examine__cpu_time__follows_kind_and_size(
    head: bytes, size: int, seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    granted = []
    monkeypatch.setattr(examination, "guarded", lambda *_, **limits: granted.append(limits["seconds"]) or GOOD)
    monkeypatch.setattr(examination, "compose", lambda *_: None)
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    examine(path, title="x", limit=2**30)
    assert granted == [seconds]


def test_examine__decoder_taken_over__cannot_pass_for_another_work(monkeypatch: pytest.MonkeyPatch):
    """The hashes are not the decoder's to compute."""
    monkeypatch.setattr(examination, "guarded", lambda *_, **__: GOOD | {"work_id": 7, "sha256": "00"})
    honest = identify(b"a text", title="x", limit=LIMIT)
    assert honest.work_id == int(hashlib.sha256(b"a text").hexdigest(), 16)
