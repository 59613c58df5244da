"""How far edited copies and unrelated works are apart: the measurement behind `offchain.identity.similarity.NEAR_BITS`.

    python -m tests.bench.identity.content_codes [TEXT_FILE ...]

Prints JSON. Images are those of the scikit-image wheel; texts are the files named, best whole novels without a
publisher's text that they share, or else the chapters in tests/data. Deterministic.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import iscc_lib
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from offchain.identity.image import grey_pixels
from offchain.identity.similarity import NEAR_BITS

DATA = Path(__file__).resolve().parents[2] / "data"
SKIMAGE = Path((find_spec("skimage") or sys.exit("scikit-image is not installed")).origin or "").parent / "data"
IMAGE_RADIUS, TEXT_RADIUS = NEAR_BITS.values()
# One of each pair that shows the same: the stereo pair, the two chessboards.
PHOTOGRAPHS = [
    "astronaut",
    "brick",
    "camera",
    "cell",
    "chelsea",
    "clock_motion",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "hubble_deep_field",
    "ihc",
    "microaneurysms",
    "moon",
    "motorcycle_left",
    "page",
    "retina",
    "rocket",
    "text",
]
DRAWINGS = ["chessboard_GRAY", "color", "horse", "logo", "no_time_for_that_tiny", "phantom"]
PASSAGE = 200  # words


def code_of(unit: str) -> int:
    return int.from_bytes(iscc_lib.iscc_decode(unit)[-1], "big")


def image_code(image: Image.Image) -> int:
    return code_of(iscc_lib.gen_image_code_v0(grey_pixels(image), 256).iscc)


def text_code(words: list[str]) -> int:
    return code_of(iscc_lib.gen_text_code_v0(" ".join(words), 256).iscc)


def saved(image: Image.Image, kind: str, quality: int) -> Image.Image:
    stream = BytesIO()
    image.save(stream, kind, quality=quality)
    return Image.open(stream)


def scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))))


def cropped(image: Image.Image, share: float) -> Image.Image:
    x, y = round(image.width * share / 2), round(image.height * share / 2)
    return image.crop((x, y, image.width - x, image.height - y))


IMAGE_EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG q70": lambda image: saved(image, "JPEG", 70),
    "resize 80 %, JPEG q70": lambda image: saved(scaled(image, 0.8), "JPEG", 70),
    "resize 50 %, JPEG q50": lambda image: saved(scaled(image, 0.5), "JPEG", 50),
    "WebP q50": lambda image: saved(image, "WEBP", 50),
    "grey": lambda image: image.convert("L"),
    "brightness +30 %": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "blur 2 px": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "crop 2 %": lambda image: cropped(image, 0.02),
    "crop 5 %": lambda image: cropped(image, 0.05),
}


def substituted(words: list[str], share: float, chance: random.Random) -> list[str]:
    edited = list(words)
    for at in chance.sample(range(len(words)), round(len(words) * share)):
        edited[at] = chance.choice(words) + "ly"
    return edited


TEXT_EDITS: dict[str, Callable[[list[str], random.Random], list[str]]] = {
    "5 % of words substituted": lambda words, chance: substituted(words, 0.05, chance),
    "10 % of words substituted": lambda words, chance: substituted(words, 0.10, chance),
    "20 % of words substituted": lambda words, chance: substituted(words, 0.20, chance),
    "excerpt of 80 %": lambda words, _: words[: len(words) * 8 // 10],
    "excerpt of 50 %": lambda words, _: words[: len(words) // 2],
}


def edited_row(name: str, distances: list[int], radius: int) -> dict[str, object]:
    found = sum(distance <= radius for distance in distances) / len(distances)
    return {
        "name": name,
        "value": round(100 * found, 1),
        "unit": "% called near",
        "better": "higher",
        "median_bits": statistics.median(distances),
        "max_bits": max(distances),
        "samples": len(distances),
    }


def unrelated_row(name: str, codes: Iterable[int], radius: int) -> dict[str, object]:
    rows = np.array([list(code.to_bytes(32, "big")) for code in codes], dtype=np.uint8).view(np.uint64)
    nearest, near, pairs = 256, 0, 0
    for at in range(len(rows) - 1):
        distances = np.bitwise_count(rows[at + 1 :] ^ rows[at]).sum(axis=1, dtype=np.uint16)
        nearest, near, pairs = (
            min(nearest, int(distances.min())),
            near + int((distances <= radius).sum()),
            pairs + len(distances),
        )
    return {
        "name": name,
        "value": near,
        "unit": "pairs called near",
        "better": "lower",
        "min_bits": nearest,
        "samples": pairs,
    }


def image_rows() -> Iterable[dict[str, object]]:
    for group, stems in (("photograph", PHOTOGRAPHS), ("drawing", DRAWINGS)):
        images = [Image.open(next(SKIMAGE.glob(stem + ".*"))).convert("RGB") for stem in stems]
        codes = [image_code(image) for image in images]
        for edit, apply in IMAGE_EDITS.items():
            distances = [
                (image_code(apply(image)) ^ code).bit_count() for image, code in zip(images, codes, strict=True)
            ]
            yield edited_row(f"{group}, {edit}", distances, IMAGE_RADIUS)
        yield unrelated_row(f"{group}s, unrelated", codes, IMAGE_RADIUS)
    faces = np.load(SKIMAGE / "lfw_subset.npy")
    codes = [image_code(Image.fromarray((face * 255).astype(np.uint8))) for face in faces]
    yield unrelated_row("25×25 crops of faces and of none, unrelated", codes, IMAGE_RADIUS)
    yield unrelated_row("the same, first 64 bits", [code >> 192 << 192 for code in codes], IMAGE_RADIUS * 64 // 256)


def text_rows(paths: list[Path]) -> Iterable[dict[str, object]]:
    chance = random.Random(1)
    texts = [path.read_text(errors="replace").split() for path in paths]
    passages = [text[at : at + PASSAGE] for text in texts for at in range(0, len(text) - PASSAGE, PASSAGE)]
    for edit, apply in TEXT_EDITS.items():
        distances = [(text_code(apply(words, chance)) ^ text_code(words)).bit_count() for words in passages[:200]]
        yield edited_row(f"passage of {PASSAGE} words, {edit}", distances, TEXT_RADIUS)
    yield unrelated_row(f"passages of {PASSAGE} words, unrelated", map(text_code, passages), TEXT_RADIUS)


if __name__ == "__main__":
    given = [Path(name) for name in sys.argv[1:]] or sorted(DATA.glob("*.txt"))
    print(json.dumps({"rows": [*image_rows(), *text_rows(given)]}, indent=1, ensure_ascii=False))
