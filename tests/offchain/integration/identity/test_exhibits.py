"""Exhibits: what they show of both sides, and what they refuse."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import iscc_samples
import numpy as np
import pytest
from PIL import Image

from offchain.errors import InputError
from offchain.identity.exhibits import Side, exhibit_of, make_exhibit
from offchain.identity.matching import audio, text, video
from offchain.identity.matching.features import Likeness, Region
from tests.offchain.site import ALICE, CHELSEA, PRIDE

MARK = (0xF7, 0xC9, 0xE0)
TEXT = "text/plain"


def likeness(unit: str, here: tuple[float, ...], there: tuple[float, ...]) -> Likeness:
    return Likeness("derived", "", 0.0, 0.0, "", (Region(unit, here, there),))


def sample(name: str) -> Path:
    return next(path for path in (*iscc_samples.videos(), *iscc_samples.audios()) if path.name == name)


def image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def tone(path: Path, seconds: float) -> Path:
    """Silent in its first half, loud in its second."""
    rate = 8_000
    samples = np.sin(np.arange(int(seconds * rate)) / 5) * 20_000
    samples[: len(samples) // 2] = 0
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def test_make_exhibit__image__both_with_the_box_where_the_region_is():
    side = Side(CHELSEA, "image/png")
    made = make_exhibit(side, side, likeness("pixel-share", (0.5, 0.5, 1, 1), (0, 0, 1, 1)), 0)
    picture = image(made.data)
    width = (picture.width - 16) // 2
    assert made.media_type == "image/png"
    assert picture.getpixel((width // 2, 300)) == (0xD5, 0x00, 0x6D)  # the left edge of the left box
    assert picture.getpixel((10, 300)) != (0xD5, 0x00, 0x6D)
    assert picture.getpixel((width + 16, 300)) == (0xD5, 0x00, 0x6D)


def test_make_exhibit__very_bytes_of_an_image__no_box():
    side = Side(CHELSEA, "image/png")
    picture = image(make_exhibit(side, side, None, 0).data)
    width = (picture.width - 16) // 2
    left, right = picture.crop((0, 0, width, 480)), picture.crop((width + 16, 0, picture.width, 480))
    assert left.tobytes() == right.tobytes()


def test_make_exhibit__film_against_its_preview__the_frame_in_the_middle_of_the_stretch():
    """The picture of another second differs."""
    film, still = Side(sample("demo.mp4"), "video/mp4"), Side(CHELSEA, "image/png")
    shown = [image(make_exhibit(film, still, likeness("second", (at, at + 2), (0, 2)), 0).data) for at in (2, 30)]
    assert shown[0].size == shown[1].size
    assert shown[0].tobytes() != shown[1].tobytes()


def test_make_exhibit__real_match_of_a_film__both_frames_are_alike():
    path = sample("demo.mp4")
    probe, features = video.probe(path), video.features(path)
    assert probe is not None
    assert features is not None
    found = video.compare(probe.evidence, features.evidence)
    assert found is not None
    side = Side(path, "video/mp4")
    picture = np.asarray(image(make_exhibit(side, side, found, 0).data).convert("L"), dtype=float)
    width = (picture.shape[1] - 16) // 2
    assert abs(picture[:, :width] - picture[:, -width:]).mean() < 12


def test_make_exhibit__sound__stretch_is_marked_and_loudness_drawn(tmp_path):
    side = Side(tone(tmp_path / "tone.wav", 8), "audio/wav")
    made = make_exhibit(side, side, likeness("second", (0, 2), (1, 3)), 0)
    picture = image(made.data)
    # 960 pixels for 8 seconds; each waveform 160 high, 16 between them.
    marked = [[x for x in range(960) if picture.getpixel((x, row)) == MARK] for row in (5, 160 + 16 + 5)]
    assert (min(marked[0]), max(marked[0])) == (0, 240)
    assert (min(marked[1]), max(marked[1])) == (120, 360)
    assert picture.getpixel((900, 20)) == (0x40,) * 3
    assert picture.getpixel((400, 20)) == (255,) * 3


def test_make_exhibit__real_match_of_a_sound__whole_of_it_marked():
    path = sample("demo.mp3")
    probe, features = audio.probe(path), audio.features(path)
    assert probe is not None
    assert features is not None
    side = Side(path, "audio/mpeg")
    picture = image(make_exhibit(side, side, audio.compare(probe.evidence, features.evidence), 0).data)
    marked = sum(picture.getpixel((x, 0)) == MARK for x in range(960))
    assert marked > 700


def test_make_exhibit__sound_too_short__says_so(tmp_path):
    side = Side(tone(tmp_path / "tone.wav", 0.1), "audio/wav")
    with pytest.raises(InputError) as caught:
        make_exhibit(side, side, None, 0)
    assert caught.value.code == "no-exhibit"


def test_make_exhibit__text__quotes_at_most_so_many_words_of_each_side(tmp_path):
    excerpt = tmp_path / "excerpt.txt"
    excerpt.write_text(ALICE.read_text("utf-8")[3_000:8_000], "utf-8")
    probe, features = text.probe(excerpt.read_text("utf-8")), text.features(ALICE.read_text("utf-8"))
    assert probe is not None
    assert features is not None
    found = text.compare(probe.evidence, features.evidence)
    made = make_exhibit(Side(excerpt, TEXT), Side(ALICE, TEXT), found, 50)
    here, there = (_quoted(part) for part in made.data.decode().split("In the registered work"))
    assert made.media_type == "text/markdown"
    assert here == there
    assert 30 < len(here) <= 50
    assert " ".join(here) in " ".join(excerpt.read_text("utf-8").split())


def test_make_exhibit__text_against_an_excerpt_that_lacks_the_passage__quotes_the_file_and_says_so(tmp_path):
    preview = tmp_path / "preview.txt"
    preview.write_text("A hundred words at most", "utf-8")
    made = make_exhibit(Side(ALICE, TEXT), Side(preview, TEXT), likeness("word", (40, 60), (400, 420)), 100)
    here, there = made.data.decode().split("In the registered work")
    assert len(_quoted(here)) > 10
    assert "(not in the part of it that is public)" in there


def test_make_exhibit__text_that_would_be_markup__cannot_be(tmp_path):
    hostile = tmp_path / "hostile.txt"
    hostile.write_text("<script>alert(1)</script>\n\n# Verdict: guilty \x1b[31m red " * 30, "utf-8")
    made = make_exhibit(Side(hostile, TEXT), Side(hostile, TEXT), None, 100).data.decode()
    lines = [line for line in made.splitlines() if "script" in line or "guilty" in line]
    assert lines
    assert all(line.startswith("    ") for line in lines)
    assert "\x1b" not in made


def test_exhibit_of__media_that_cannot_be_shown_together__says_so():
    with pytest.raises(InputError) as caught:
        exhibit_of(CHELSEA, "image/png", PRIDE, TEXT, [], 10)
    assert caught.value.code == "no-exhibit"


def test_make_exhibit__damaged_file__typed_error(tmp_path):
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(CHELSEA.read_bytes()[:4_000])
    with pytest.raises(InputError) as caught:
        make_exhibit(Side(damaged, "image/png"), Side(CHELSEA, "image/png"), None, 0)
    assert caught.value.code == "image-malformed"


def _quoted(part: str) -> list[str]:
    return " ".join(line for line in part.splitlines() if line.startswith("    ")).split()
