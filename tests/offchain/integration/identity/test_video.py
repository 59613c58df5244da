from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import iscc_lib
import iscc_samples
import numpy as np
import pytest

from offchain.errors import InputError
from offchain.identity import video
from offchain.identity.video import FRAME_RATE, FRAME_SIDE, film, video_code

REFERENCE = "V4DUD6QORW4X4"
"""Body of ISCC:EMAV4DUD6QORW4X4, which iscc-sdk's own tests state for demo.mp4; a longer code of the same content
begins with the same bits, but for the last character, which shares bits with what follows."""


def sample(name: str) -> Path:
    return next(path for path in iscc_samples.videos() if path.name == name)


def ffmpeg(*arguments: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *arguments], check=True)


def test_video_code__sample_of_the_reference__its_published_code():
    code = video_code(sample("demo.mp4"))
    assert code is not None
    assert code.removeprefix("ISCC:")[3:].startswith(REFERENCE[:-1])


@pytest.mark.parametrize("name", ["demo.mkv", "demo.webm"])
def test_video_code__matroska_and_webm__near_that_of_the_mp4(name):
    codes = [video_code(sample(each)) for each in ("demo.mp4", name)]
    here, there = (int.from_bytes(iscc_lib.iscc_decode(code)[-1], "big") for code in codes)
    assert (here ^ there).bit_count() < 16


def test_film__sum_of_signatures__is_that_of_ffmpegs_readable_form(tmp_path):
    """The XML form names every number; the standard's code of all of them equals the one of their sum."""
    readable = tmp_path / "signature.xml"
    source = sample("demo.mp4")
    ffmpeg("-i", str(source), "-an", "-vf", f"fps=5,signature=format=xml:filename={readable}", "-f", "null", "-")
    found = re.findall(r"<FrameSignature>(.*?)</FrameSignature>", readable.read_text(), re.DOTALL)
    signatures = [tuple(map(int, numbers.split())) for numbers in found]
    assert len(signatures) == 300
    assert film(source).signature.tolist() == np.sum(sorted(set(signatures)), axis=0).tolist()
    assert video_code(source) == iscc_lib.gen_video_code_v0(signatures, bits=256).iscc


def test_film__frames__two_a_second_small_and_grey():
    frames = film(sample("demo.mp4")).frames
    assert frames.shape == (60 * FRAME_RATE, FRAME_SIDE, FRAME_SIDE)


def test_film__file_replaced__decoded_anew(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(sample("demo.mp4").read_bytes())
    first = video_code(path)
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=4:s=160x120", "-y", str(path))
    assert video_code(path) != first


def test_video_code__black__none(tmp_path):
    path = tmp_path / "black.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=black:d=5:s=160x120", str(path))
    assert video_code(path) is None


def test_video_code__cut_off__malformed(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(sample("demo.mp4").read_bytes()[:5_000])
    with pytest.raises(InputError) as caught:
        video_code(path)
    assert caught.value.code == "video-malformed"


def test_video_code__sound_without_pictures__malformed(tmp_path):
    path = tmp_path / "sound.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=d=3", "-c:a", "aac", str(path))
    with pytest.raises(InputError) as caught:
        video_code(path)
    assert caught.value.code == "video-malformed"


def test_video_code__too_many_pixels__malformed(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "_MAX_PIXELS", 160 * 120 - 1)
    path = tmp_path / "film.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=2:s=160x120", str(path))
    with pytest.raises(InputError):
        video_code(path)
