from __future__ import annotations

import io
from pathlib import Path

import iscc_samples
import pytest
from PIL import Image

from offchain.errors import InputError
from offchain.identity import identify
from offchain.workflows import preview as workflow
from offchain.workflows.preview import MAX_SIDE, MAX_WORDS, Preview, make_preview
from tests.offchain.site import ALICE, CHELSEA, ROCKET


def preview(path: Path) -> Preview | None:
    return make_preview(path, identify(path, title="A title", limit=2**26))


def text(folder: Path, words: int) -> Path:
    path = folder / "text.txt"
    path.write_text(" ".join(f"word{number}" for number in range(words)))
    return path


@pytest.mark.parametrize("path", [ROCKET, CHELSEA], ids=["jpeg", "png"])
def test_make_preview__image__is_a_smaller_jpeg(path: Path):
    made = preview(path)
    assert made is not None
    image = Image.open(io.BytesIO(made.data))
    assert (image.format, made.media_type) == ("JPEG", "image/jpeg")
    assert max(image.size) == min(MAX_SIDE, max(Image.open(path).size) // 2)


def test_make_preview__photograph_with_notes__tells_none_of_them(tmp_path: Path):
    """Place, owner and comments of a photograph are the master's business."""
    exif = Image.Exif()
    exif[0x8298] = "Ada Somebody"  # Copyright, EXIF 2.3 §4.6.4
    Image.open(ROCKET).save(tmp_path / "noted.jpg", exif=exif, comment=b"taken from my window")
    made = preview(tmp_path / "noted.jpg")
    assert made is not None
    assert b"Ada Somebody" not in made.data
    assert b"window" not in made.data


def test_make_preview__sixteen_bit_greys__keep_their_range(tmp_path: Path):
    """Read as 8 bits, everything above 255 would be white."""
    image = Image.new("I;16", (64, 64), 0x8000)
    image.paste(0, (0, 0, 32, 64))
    image.save(tmp_path / "deep.png")
    made = preview(tmp_path / "deep.png")
    assert made is not None
    grey = Image.open(io.BytesIO(made.data)).convert("L")
    assert (grey.getpixel((4, 16)) < 10, 118 < grey.getpixel((28, 16)) < 138) == (True, True)


def test_make_preview__same_master_twice__same_bytes():
    """A step that is done again after a kill pins nothing new."""
    assert preview(ROCKET) == preview(ROCKET)


def test_make_preview__transparent_image__lies_on_white(tmp_path: Path):
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 32, 64))
    image.save(tmp_path / "a.png")
    made = preview(tmp_path / "a.png")
    assert made is not None
    assert min(Image.open(io.BytesIO(made.data)).getpixel((30, 16))) > 240


def test_make_preview__smallest_image__still_has_one(tmp_path: Path):
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    assert preview(tmp_path / "dot.png") is not None


def test_make_preview__long_text__quotes_its_first_words():
    made = preview(ALICE)
    assert made is not None
    excerpt = made.data.decode().removesuffix(" …\n")
    assert len(excerpt.split()) == MAX_WORDS
    assert ALICE.read_text("utf-8-sig").startswith(excerpt)


@pytest.mark.parametrize(("words", "quoted"), [(100, 25), (4, 1)])
def test_make_preview__short_text__quotes_a_quarter_at_most(tmp_path: Path, words: int, quoted: int):
    made = preview(text(tmp_path, words))
    assert made is not None
    assert len(made.data.decode().removesuffix(" …\n").split()) == quoted


def test_make_preview__three_words__has_none(tmp_path: Path):
    assert preview(text(tmp_path, 3)) is None


def test_make_preview__document__quotes_its_text():
    made = preview(iscc_samples.texts("docx")[0])
    assert made is not None
    assert made.media_type == "text/plain"
    assert made.data.startswith(b"ISCC Test Document")


@pytest.mark.parametrize("kind", ["gif", "tif"])
def test_make_preview__other_image__is_a_jpeg(kind: str):
    made = preview(iscc_samples.images(kind)[0])
    assert made is not None
    assert Image.open(io.BytesIO(made.data)).format == "JPEG"


def test_make_preview__sound__is_a_quarter_of_it_at_most():
    path = iscc_samples.audios("mp3")[0]
    made = preview(path)
    assert made is not None
    assert made.media_type == "audio/mpeg"
    # 64 kbit/s are 8,000 bytes a second; the sample lasts 15 s.
    assert 2 * 8_000 < len(made.data) <= 4 * 8_000
    assert made == preview(path)


def test_make_preview__tagged_song__tells_none_of_its_tags():
    made = preview(next(path for path in iscc_samples.audios("mp3") if path.stem == "withcover"))
    assert made is not None
    assert b"Belly Button" not in made.data


@pytest.mark.parametrize(
    "answer",
    [
        7,
        [],
        [2**62, "image/jpeg"],
        [[7], "image/jpeg"],
        ["text", "text/plain"],
        [b"<script>", "text/html"],
        [b"", 7],
        [b"", "image/jpeg", 7],
    ],
    ids=range(8),
)
def test_make_preview__answer_that_no_sound_decoder_gives__is_refused(answer, monkeypatch: pytest.MonkeyPatch):
    """A number in the place of bytes would have that many allocated; HTML would be published as HTML."""
    identity = identify(ALICE, title="A title", limit=2**26)
    monkeypatch.setattr(workflow, "guarded", lambda *_, **__: answer)
    with pytest.raises(InputError) as caught:
        make_preview(ALICE, identity)
    assert caught.value.code == "decoding-failed"


def test_make_preview__film__is_a_still_of_half_its_size():
    path = iscc_samples.videos("mp4")[0]
    made = preview(path)
    assert made is not None
    image = Image.open(io.BytesIO(made.data))
    assert (image.format, image.size) == ("JPEG", (88, 72))  # of 176 × 144
    assert made == preview(path)
