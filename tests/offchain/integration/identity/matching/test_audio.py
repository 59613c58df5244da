from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import iscc_samples
import numpy as np
import pytest

from offchain.identity.matching.audio import compare, features, probe
from offchain.identity.matching.features import Features
from tests.bench.identity.recordings import composed


@pytest.fixture(scope="module")
def pieces(tmp_path_factory) -> list[Path]:
    return list(composed(2, tmp_path_factory.mktemp("pieces")))


@pytest.fixture(scope="module")
def registered(pieces) -> Features:
    found = features(pieces[0])
    assert found is not None
    return found


def copied(source: Path, target: Path, *options: str) -> Path:
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([ffmpeg, "-v", "error", "-nostdin", "-i", str(source), *options, str(target)], check=True)
    return target


@pytest.mark.parametrize(
    ("name", "options", "decision"),
    [
        ("copy.mp3", ("-b:a", "64k"), "same"),
        ("copy.m4a", ("-b:a", "96k"), "same"),
        ("copy.ogg", ("-c:a", "libopus", "-b:a", "48k"), "same"),
        ("excerpt.mp3", ("-ss", "21.3", "-t", "10"), "derived"),
        ("faster.flac", ("-af", "asetrate=22050*1.035,aresample=22050"), "derived"),
        ("slower.flac", ("-af", "asetrate=22050*0.965,aresample=22050"), "derived"),
    ],
)
def test_copy__edited__proposed_by_its_terms_and_decided(registered, pieces, tmp_path, name, options, decision):
    found = probe(copied(pieces[0], tmp_path / name, *options))
    assert found is not None
    assert len(np.intersect1d(found.terms, registered.terms)) >= found.min_terms
    likeness = compare(found.evidence, registered.evidence)
    assert likeness is not None
    assert likeness.decision == decision


def test_copy__faster__speed_and_region_are_those_of_the_edit(registered, pieces, tmp_path):
    found = probe(copied(pieces[0], tmp_path / "copy.flac", "-af", "asetrate=22050*1.035,aresample=22050"))
    likeness = compare(found.evidence, registered.evidence)
    told = re.search(r"played at ([0-9.]+) % of its speed", likeness.sentence)
    assert told is not None
    assert float(told[1]) == pytest.approx(103.5, abs=0.3)
    (start, end), (at, until) = likeness.regions[0].here, likeness.regions[0].there
    assert (until - at) / (end - start) == pytest.approx(1.035, abs=0.01)


def test_copy__excerpt__region_is_where_it_was_cut(registered, pieces, tmp_path):
    found = probe(copied(pieces[0], tmp_path / "copy.mp3", "-ss", "21.3", "-t", "10"))
    region = compare(found.evidence, registered.evidence).regions[0]
    assert region.there[0] - region.here[0] == pytest.approx(21.3, abs=0.5)


def test_other_piece__not_proposed_and_nothing_in_common(registered, pieces):
    found = probe(pieces[1])
    assert len(np.intersect1d(found.terms, registered.terms)) < found.min_terms
    assert compare(found.evidence, registered.evidence) is None


def test_short_sound__featureless():
    short = next(path for path in iscc_samples.audios() if path.name == "short.wav")
    assert features(short) is None
    assert probe(short) is None
