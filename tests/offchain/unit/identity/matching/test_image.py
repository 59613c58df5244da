from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from offchain.errors import InputError
from offchain.identity.matching.features import CODE_BYTES, Features, Likeness
from offchain.identity.matching.image import RADIUS, compare, features, probe

DATA = Path(__file__).parents[4] / "data"
MAX_CODES, MAX_EVIDENCE = 16, 24 * 1024


@pytest.fixture(scope="module")
def photograph() -> Image.Image:
    return Image.open(DATA / "chelsea.png").convert("RGB")


@pytest.fixture(scope="module")
def other_photograph() -> Image.Image:
    return Image.open(DATA / "rocket.jpg").convert("RGB")


@pytest.fixture(scope="module")
def registered(photograph) -> Features:
    found = features(photograph)
    assert found is not None
    return found


DAMAGES = [lambda e: e[:9], lambda e: e[:-1], lambda e: e + b"\0", lambda e: b"\2" + e[1:]]


def saved(image: Image.Image, kind: str, quality: int) -> Image.Image:
    stream = BytesIO()
    image.save(stream, kind, quality=quality)
    return Image.open(stream)


def with_logo(image: Image.Image) -> Image.Image:
    """A flat disc in a corner: it hides, and offers little to find."""
    marked = image.copy()
    ImageDraw.Draw(marked).ellipse((image.width - 80, image.height - 80, image.width - 10, image.height - 10), "red")
    return marked


def with_emblem(image: Image.Image) -> Image.Image:
    """A corner full of key points, the same on every image."""
    marked = image.copy()
    emblem = np.random.default_rng(4).integers(0, 256, (20, 20), dtype=np.uint8)
    marked.paste(Image.fromarray(emblem).resize((140, 140), Image.Resampling.BICUBIC), (image.width - 150, 10))
    return marked


def page(words: str, seed: int) -> Image.Image:
    """A page of the same two columns and heading whatever its words, drawn in an order of their own."""
    sheet = Image.new("L", (600, 800), "white")
    draw = ImageDraw.Draw(sheet)
    chosen = np.random.default_rng(seed).choice(words.split(), size=(38, 2, 4))
    for row, columns in enumerate(chosen):
        for column, line in enumerate(columns):
            draw.text((40 + 280 * column, 20 + 20 * row), " ".join(line)[:34], fill="black", font_size=14)
    return sheet


def likeness_of(query: Image.Image, work: Features) -> Likeness | None:
    asked = probe(query)
    return None if asked is None else compare(asked.evidence, work.evidence)


def bits_apart(query: Image.Image, work: Features) -> int:
    asked = probe(query)
    assert asked is not None
    left, right = (np.frombuffer(b"".join(codes), np.uint64).reshape(-1, 4) for codes in (asked.codes, work.codes))
    return int(np.bitwise_count(left[:, None] ^ right[None]).sum(axis=2).min())


def box_of(image: Image.Image, window: tuple[int, int, int, int]) -> tuple[float, ...]:
    return tuple(end / side for end, side in zip(window, image.size * 2, strict=True))


def test_features__photograph__stay_within_their_share_of_the_index(registered):
    assert registered.medium == "image"
    assert 2 <= len(registered.codes) <= MAX_CODES
    assert len(set(registered.codes)) == len(registered.codes)
    assert {len(code) for code in registered.codes} == {CODE_BYTES}
    assert len(registered.terms) == 0
    assert len(registered.evidence) <= MAX_EVIDENCE


def test_features__same_image_again__are_the_same(photograph, registered):
    again = features(photograph.copy())
    assert again is not None
    assert (again.codes, again.evidence) == (registered.codes, registered.evidence)


def test_features__image_of_noise__still_fit_the_evidence():
    crowded = features(Image.effect_noise((900, 700), 200))
    assert crowded is not None
    assert len(crowded.evidence) <= MAX_EVIDENCE


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (300, 200), "black"),
        Image.new("RGBA", (300, 200), (0, 0, 0, 0)),
        Image.new("RGB", (1, 1), "teal"),
        Image.linear_gradient("L"),
        Image.radial_gradient("L"),
        Image.linear_gradient("L").rotate(90).resize((1_600, 30)),
    ],
    ids=["black", "transparent", "one pixel", "linear gradient", "radial gradient", "strip"],
)
def test_features__nothing_to_see__has_none(image):
    assert features(image) is None
    assert probe(image) is None


@pytest.mark.parametrize(
    "edit",
    [
        lambda image: saved(image, "JPEG", 30),
        lambda image: saved(image, "WEBP", 50),
        lambda image: image.resize((image.width // 2, image.height // 2)),
        lambda image: image.resize((2_000, 1_330)),
        lambda image: image.filter(ImageFilter.GaussianBlur(2)).resize((300, 300)),
        lambda image: image.convert("L"),
    ],
    ids=["JPEG", "WebP", "half", "larger", "stretched", "grey"],
)
def test_compare__whole_frame_in_another_encoding__is_the_same(photograph, registered, edit):
    query = edit(photograph)
    found = likeness_of(query, registered)
    assert found is not None
    assert found.decision == "same"
    assert found.regions[0].there == pytest.approx((0, 0, 1, 1), abs=0.01)
    assert bits_apart(query, registered) <= RADIUS


@pytest.mark.parametrize(
    "edit",
    [
        ImageOps.mirror,
        ImageOps.flip,
        lambda image: image.transpose(Image.Transpose.ROTATE_90),
        lambda image: image.transpose(Image.Transpose.TRANSPOSE),
        lambda image: image.rotate(3),
        lambda image: ImageEnhance.Contrast(ImageOps.mirror(image)).enhance(1.5).crop((60, 30, 451, 300)),
        with_logo,
    ],
    ids=["mirrored", "upside down", "turned", "transposed", "3 degrees", "mirrored and cut", "logo"],
)
def test_compare__edited__is_derived_and_proposed_by_a_code(photograph, registered, edit):
    query = edit(photograph)
    found = likeness_of(query, registered)
    assert found is not None
    assert found.decision == "derived"
    assert bits_apart(query, registered) <= RADIUS


@pytest.mark.parametrize("window", [(0, 0, 361, 240), (90, 60, 451, 300), (40, 10, 310, 190)])
def test_compare__cut_out__tells_which_part_is_shown(photograph, registered, window):
    found = likeness_of(photograph.crop(window), registered)
    assert found is not None
    assert found.decision == "derived"
    assert found.regions[0].here == pytest.approx((0, 0, 1, 1), abs=0.02)
    assert found.regions[0].there == pytest.approx(box_of(photograph, window), abs=0.02)


def test_compare__within_a_collage__tells_where_it_lies(photograph, other_photograph, registered):
    sheet = other_photograph.resize((1_000, 800))
    sheet.paste(photograph, (350, 280))
    found = likeness_of(sheet, registered)
    assert found is not None
    assert found.decision == "derived"
    assert found.regions[0].here == pytest.approx(box_of(sheet, (350, 280, 801, 580)), abs=0.02)
    assert found.regions[0].there == pytest.approx((0, 0, 1, 1), abs=0.02)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (ImageOps.mirror, "mirrored, 100 %"),
        (lambda image: image.transpose(Image.Transpose.ROTATE_90), "turned by 90°, 100 %"),
        (lambda image: image.crop((45, 30, 451, 300)), "correlate"),
    ],
    ids=["mirrored", "turned", "cut"],
)
def test_compare__edited__says_how(photograph, registered, edit, words):
    found = likeness_of(edit(photograph), registered)
    assert found is not None
    assert words in found.sentence
    assert ("mirrored" in found.sentence) is ("mirrored" in words)
    assert ("turned" in found.sentence) is ("turned" in words)


def test_compare__another_photograph__has_nothing_in_common(other_photograph, registered):
    assert likeness_of(other_photograph, registered) is None


def test_compare__unrelated_photographs_under_one_emblem__are_at_most_similar(photograph, other_photograph):
    marked = features(with_emblem(photograph))
    assert marked is not None
    found = likeness_of(with_emblem(other_photograph.resize(photograph.size)), marked)
    assert found is not None
    assert found.decision == "similar"


def test_compare__pages_of_one_template__differ_by_their_words():
    words = (DATA / "pride-and-prejudice-1.txt").read_text()
    first = features(page(words, 1))
    assert first is not None
    assert likeness_of(page(words, 2), first) is None
    again = likeness_of(saved(page(words, 1), "JPEG", 70), first)
    assert again is not None
    assert again.decision == "same"


@pytest.mark.parametrize("seed", [2, 3])
def test_compare__noise_and_noise__have_nothing_in_common(seed):
    first, second = (
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (40, 60), dtype=np.uint8)).resize((480, 320))
        for number in (1, seed)
    )
    work = features(first)
    assert work is not None
    assert likeness_of(second, work) is None


def test_compare__soft_drawing_with_few_key_points__is_known_by_its_pixels():
    blobs = np.random.default_rng(5).integers(0, 256, (9, 12), dtype=np.uint8)
    drawing = Image.fromarray(blobs).resize((600, 450), Image.Resampling.BICUBIC)
    other = Image.fromarray(blobs[::-1, ::-1] ^ 85).resize((600, 450), Image.Resampling.BICUBIC)
    work = features(drawing)
    assert work is not None
    copy = likeness_of(saved(drawing, "JPEG", 40), work)
    assert copy is not None
    assert copy.decision == "same"
    assert likeness_of(other, work) is None


@pytest.mark.parametrize("damage", DAMAGES, ids=["short", "cut", "long", "version"])
def test_compare__damaged_evidence__is_refused(registered, damage):
    with pytest.raises(InputError) as caught:
        compare(damage(registered.evidence), registered.evidence)
    assert caught.value.code == "evidence-malformed"
    with pytest.raises(InputError):
        compare(registered.evidence, damage(registered.evidence))
