from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import iscc_samples
import numpy as np
import pytest

from offchain.identity.matching.features import Features, Probe
from offchain.identity.matching.video import compare, features, probe


def ffmpeg(*arguments: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *arguments], check=True)


@pytest.fixture(scope="module")
def source() -> Path:
    return next(path for path in iscc_samples.videos() if path.name == "demo.mp4")


@pytest.fixture(scope="module")
def registered(source) -> Features:
    found = features(source)
    assert found is not None
    return found


def copied(source: Path, target: Path, *options: str) -> Probe:
    ffmpeg(*("-i", str(source), "-an", "-c:v", "libx264", "-preset", "ultrafast", *options), str(target))
    found = probe(target)
    assert found is not None
    return found


def nearest(copy: Probe, registered: Features) -> int:
    here, there = (np.frombuffer(b"".join(codes), np.uint64).reshape(-1, 4) for codes in (copy.codes, registered.codes))
    return int(np.bitwise_count(here[:, None] ^ there[None]).sum(axis=2).min())


@pytest.mark.parametrize(
    ("options", "decision"),
    [
        (("-crf", "32"), "same"),
        (("-vf", "hue=s=0"), "same"),
        (("-vf", "pad=iw:ih*1.4:0:oh/7"), "same"),
        (("-vf", "crop=iw*0.92:ih*0.92,scale=trunc(iw/2)*2:trunc(ih/2)*2"), "derived"),
        (("-vf", "hflip"), "derived"),
        (("-ss", "20.3", "-t", "10"), "derived"),
    ],
)
def test_copy__edited__proposed_by_its_codes_and_decided(registered, source, tmp_path, options, decision):
    found = copied(source, tmp_path / "copy.mp4", *options)
    assert nearest(found, registered) <= found.radius
    likeness = compare(found.evidence, registered.evidence)
    assert likeness is not None
    assert likeness.decision == decision


def test_copy__excerpt__region_is_where_it_was_cut(registered, source, tmp_path):
    found = copied(source, tmp_path / "copy.mp4", "-ss", "20", "-t", "10")
    likeness = compare(found.evidence, registered.evidence)
    assert likeness is not None
    region = likeness.regions[0]
    assert region.there[0] - region.here[0] == pytest.approx(20, abs=1.5)
    assert region.here[1] - region.here[0] == pytest.approx(10, abs=1.5)


def test_other_film__not_a_copy(registered, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240:r=8", "-t", "20", str(tmp_path / "other.mp4"))
    found = probe(tmp_path / "other.mp4")
    assert found is not None
    assert nearest(found, registered) > found.radius
    assert compare(found.evidence, registered.evidence) is None


def test_black_film__featureless(tmp_path):
    ffmpeg("-f", "lavfi", "-i", "color=black:d=5:s=160x120", str(tmp_path / "black.mp4"))
    assert features(tmp_path / "black.mp4") is None
    assert probe(tmp_path / "black.mp4") is None


def test_features__a_minute__within_the_bounds_of_the_index(registered):
    assert 0 < len(registered.codes) <= 300
    assert len(set(registered.codes)) == len(registered.codes)
    assert len(registered.evidence) < 50_000


def test_films__flat_in_the_middle__alike_there_only_are_no_copies(tmp_path):
    """The code of a blank is the same in every film: a middle that shows nothing must not stand for the frame."""
    flat = "drawbox=t=fill:x=iw*0.15:y=ih*0.15:w=iw*0.7:h=ih*0.7:color=gray"
    for name, shown in {"one": "testsrc2=s=320x240:r=8", "other": "mandelbrot=s=320x240:r=8"}.items():
        ffmpeg("-f", "lavfi", "-i", shown, "-vf", flat, "-t", "20", str(tmp_path / f"{name}.mp4"))
    found, other = probe(tmp_path / "one.mp4"), features(tmp_path / "other.mp4")
    assert found is not None
    assert other is not None
    assert compare(found.evidence, other.evidence) is None
    again, same = compare(found.evidence, features(tmp_path / "one.mp4").evidence), nearest(found, other)
    assert again is not None
    assert (again.decision, same > found.radius) == ("same", True)
