"""Images found again after editing: eighteen edits, mirror image and quarter turn, beside pHash, PDQ and the ISCC.

    python -m tests.bench.identity.image [--photographs DIR ...] [--limit N]

Prints JSON. Images are those of the scikit-image wheel and of the folders named (Debian's wallpapers and clip art,
say), at most 1,024 pixels on the longer side. Every edited image is looked up among all originals of its set. A method
with a threshold gets the one at which it calls 0.1 % of the same unrelated pairs a copy. Only the times vary.

No image or package named here was used to choose a constant: that was done on plasma-workspace-wallpapers,
lomiri-wallpapers-*, lxqt-themes and half of the folders of openclipart-png.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import iscc_lib
import iscc_samples
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from offchain.errors import InputError
from offchain.identity.image import image_code, on_white, open_image
from offchain.identity.matching.image import compare, features, probe
from tests.bench.identity.pictures import subject
from tests.bench.identity.statistics import clopper_pearson, wilson

SKIMAGE = Path((find_spec("skimage") or sys.exit("scikit-image is not installed")).origin or "").parent / "data"
# One of each pair that shows the same: the stereo pair, the two chessboards.
PHOTOGRAPHS = [
    *("astronaut", "brick", "camera", "cell", "chelsea", "clock_motion", "coffee", "coins", "grass", "gravel"),
    *("hubble_deep_field", "ihc", "microaneurysms", "moon", "motorcycle_left", "page", "retina", "rocket", "text"),
]
DRAWINGS = ["chessboard_GRAY", "color", "horse", "logo", "no_time_for_that_tiny", "phantom"]
LONGER_SIDE = 1_024
SHORTER_SIDE = 128
MAX_CANDIDATES = 20
FALSE_POSITIVES = 0.001
COPY_BITS = 40  # of the 256-bit ISCC: one of two images in a folder that show the same is left out
Edit = Callable[[Image.Image, random.Random], Image.Image]
Code = NDArray[np.uint64]


def saved(image: Image.Image, kind: str, quality: int) -> Image.Image:
    stream = BytesIO()
    image.save(stream, kind, quality=quality)
    return Image.open(stream).convert("RGB")


def scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)))


def cropped(image: Image.Image, share: float, chance: random.Random) -> Image.Image:
    """A window of 1 - share of either side, anywhere."""
    width, height = round(image.width * (1 - share)), round(image.height * (1 - share))
    x, y = chance.randint(0, image.width - width), chance.randint(0, image.height - height)
    return image.crop((x, y, x + width, y + height))


def noisy(image: Image.Image, deviation: float, chance: random.Random) -> Image.Image:
    levels = np.asarray(image, dtype=np.float32)
    noise = np.random.default_rng(chance.getrandbits(32)).normal(0, deviation, levels.shape)
    return Image.fromarray(np.clip(levels + noise, 0, 255).astype(np.uint8))


def with_logo(image: Image.Image) -> Image.Image:
    """A disc with a triangle in the lower right corner, a quarter of the shorter side wide."""
    marked, side = image.copy(), min(image.size) // 4
    x, y = image.width - side * 9 // 8, image.height - side * 9 // 8
    draw = ImageDraw.Draw(marked, "RGBA")
    draw.ellipse((x, y, x + side, y + side), fill=(200, 30, 30, 230))
    foot = y + side * 3 // 4
    draw.polygon([(x + side // 5, foot), (x + side // 2, y + side // 8), (x + side * 4 // 5, foot)])
    return marked


def with_caption(image: Image.Image) -> Image.Image:
    bar = round(image.height * 0.12)
    captioned = Image.new("RGB", (image.width, image.height + bar), "white")
    captioned.paste(image, (0, 0))
    text = "When the quarterly figures arrive"
    ImageDraw.Draw(captioned).text((10, image.height + bar // 4), text, fill="black", font_size=max(8, bar // 2))
    return captioned


EDITS: dict[str, Edit] = {
    "JPEG q30": lambda image, _: saved(image, "JPEG", 30),
    "WebP q50": lambda image, _: saved(image, "WEBP", 50),
    "resize 50 %": lambda image, _: scaled(image, 0.5),
    "resize 25 %": lambda image, _: scaled(image, 0.25),
    "grey": lambda image, _: image.convert("L").convert("RGB"),
    "brightness +30 %": lambda image, _: ImageEnhance.Brightness(image).enhance(1.3),
    "brightness -30 %": lambda image, _: ImageEnhance.Brightness(image).enhance(0.7),
    "contrast +50 %": lambda image, _: ImageEnhance.Contrast(image).enhance(1.5),
    "gamma 2": lambda image, _: image.point([round(255 * (level / 255) ** 2) for level in range(256)] * 3),
    "blur 2 px": lambda image, _: image.filter(ImageFilter.GaussianBlur(2)),
    "noise of 15 levels": lambda image, chance: noisy(image, 15, chance),
    "crop 5 %": lambda image, chance: cropped(image, 0.05, chance),
    "crop 10 %": lambda image, chance: cropped(image, 0.10, chance),
    "crop 20 %": lambda image, chance: cropped(image, 0.20, chance),
    "frame of 6 %": lambda image, _: ImageOps.expand(image, round(min(image.size) * 0.06), (40, 30, 20)),
    "logo": lambda image, _: with_logo(image),
    "caption": lambda image, _: with_caption(image),
    "turned by 3°": lambda image, _: image.rotate(3, Image.Resampling.BICUBIC),
}
VIEWS: dict[str, Edit] = {
    "mirrored": lambda image, _: ImageOps.mirror(image),
    "turned by 90°": lambda image, _: image.transpose(Image.Transpose.ROTATE_90),
}


def iscc_bits(image: Image.Image) -> Code | None:
    code = image_code(image)
    return None if code is None else np.frombuffer(iscc_lib.iscc_decode(code)[-1], np.uint64)


def peers() -> dict[str, Callable[[Image.Image], Code | None]]:
    """Codes of 256 bits by method; the peers that are not installed are left out."""
    methods: dict[str, Callable[[Image.Image], Code | None]] = {"ISCC": iscc_bits}
    if find_spec("imagehash"):
        phash = import_module("imagehash").phash
        methods["pHash-256"] = lambda image: np.packbits(phash(image, hash_size=16).hash).view(np.uint64)
    if find_spec("pdqhash"):
        pdq = import_module("pdqhash").compute
        methods["PDQ"] = lambda image: np.packbits(pdq(np.asarray(image))[0]).view(np.uint64)
    return methods


@dataclass
class Measured:
    """What was seen on one set of images.

    Attributes:
        decisions: by edit, what was decided about the original of every edited image; None if it was not found.
        others: decisions about works that an edited image was not made from, with both names.
        pairs: of an edited image and a work that it was not made from.
        distances: bits by method and edit, to the original; 256 where there is no code.
        unrelated: bits by method, of those pairs.
        seconds: of CPU by step.
    """

    decisions: dict[str, list[str | None]] = field(default_factory=lambda: defaultdict(list))
    others: list[tuple[str, str, str, str]] = field(default_factory=list)
    pairs: int = 0
    distances: dict[str, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    unrelated: dict[str, list[NDArray[np.uint16]]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


class Registry:
    """The originals of a set, with an exhaustive search in place of the index: the same candidates."""

    def __init__(self, originals: Sequence[tuple[str, Image.Image]], measured: Measured) -> None:
        self._measured = measured
        self._features = [self._timed("features", features, image) for _, image in originals]
        filed = [(at, code) for at, work in enumerate(self._features) for code in (work.codes if work else ())]
        self._owners = np.array([at for at, _ in filed])
        self._codes = as_rows([code for _, code in filed])

    def decisions(self, image: Image.Image) -> dict[int, str]:
        """What is decided about the `MAX_CANDIDATES` works with most codes in reach."""
        asked = self._timed("probe", probe, image)
        if asked is None:
            return {}
        near = (hamming(as_rows(asked.codes), self._codes) <= asked.radius).sum(axis=0)
        votes = np.bincount(self._owners, weights=near)
        candidates = [int(at) for at in np.argsort(-votes, kind="stable")[:MAX_CANDIDATES] if votes[at]]
        found = {}
        for at in candidates:
            work = self._features[at]
            likeness = work and self._timed("compare", compare, asked.evidence, work.evidence)
            if likeness:
                found[at] = likeness.decision
        return found

    def _timed(self, step: str, run: Callable[..., Any], *given: object) -> Any:
        start = time.process_time()
        answer = run(*given)
        self._measured.seconds[step].append(time.process_time() - start)
        return answer


def as_rows(codes: Sequence[bytes]) -> Code:
    return np.frombuffer(b"".join(codes), dtype=np.uint64).reshape(-1, 4)


def hamming(left: Code, right: Code) -> NDArray[np.uint16]:
    return np.asarray(np.bitwise_count(left[:, None] ^ right[None]).sum(axis=2, dtype=np.uint16))


def measured_on(originals: Sequence[tuple[str, Image.Image]]) -> Measured:
    """Edit every image in every way, look each result up, and note what every method says."""
    measured = Measured()
    registry = Registry(originals, measured)
    methods = peers()
    codes = {name: [method(image) for _, image in originals] for name, method in methods.items()}
    for at, (name, image) in enumerate(originals):
        for edit, apply in (EDITS | VIEWS).items():
            edited = apply(image, random.Random(f"{at} {edit}"))
            decisions = registry.decisions(edited)
            measured.decisions[edit].append(decisions.pop(at, None))
            measured.pairs += len(originals) - 1
            measured.others += [(name, edit, originals[other][0], what) for other, what in decisions.items()]
            for method, code_of in methods.items():
                bits = distances(code_of(edited), codes[method])
                measured.distances[method][edit].append(int(bits[at]))
                measured.unrelated[method].append(np.delete(bits, at))
    return measured


def distances(code: Code | None, others: Sequence[Code | None]) -> NDArray[np.uint16]:
    """Bits to each; 256 where one of the two has no code."""
    bits = [256 if code is None or other is None else int(np.bitwise_count(code ^ other).sum()) for other in others]
    return np.array(bits, dtype=np.uint16)


def found_by_peers(measured: Measured) -> dict[str, dict[str, float]]:
    """Shares found by method and edit, at the threshold that calls `FALSE_POSITIVES` of the unrelated pairs a copy."""
    shares: dict[str, dict[str, float]] = {}
    for method, by_edit in measured.distances.items():
        unrelated = np.sort(np.concatenate(measured.unrelated[method]))
        threshold = int(unrelated[int(FALSE_POSITIVES * len(unrelated))]) - 1
        shares[method] = {edit: float(np.mean(np.array(bits) <= threshold)) for edit, bits in by_edit.items()}
    return shares


def rows_of(kind: str, originals: Sequence[tuple[str, Image.Image]]) -> Iterator[dict[str, object]]:
    """Rows of one set of images."""
    measured = measured_on(originals)
    shares = found_by_peers(measured)
    goals = {"crop 20 %": 75.0, **dict.fromkeys(VIEWS, 95.0)}
    for edit, decisions in measured.decisions.items():
        yield found_row(f"{kind}, {edit}", decisions, {m: s[edit] for m, s in shares.items()}, goals.get(edit))
    every = [decision for edit in EDITS for decision in measured.decisions[edit]]
    means = {method: float(np.mean([by_edit[edit] for edit in EDITS])) for method, by_edit in shares.items()}
    yield found_row(f"{kind}, mean of {len(EDITS)} edits", every, means, 90.0)
    for called in (("same", "derived"), ("similar",)):
        others = [other for other in measured.others if other[3] in called]
        yield {
            "name": f"{kind}, unrelated called {' or '.join(called)}",
            "value": round(100 * len(others) / measured.pairs, 5),
            "unit": "% of pairs",
            "better": "lower",
            "goal": 100 * FALSE_POSITIVES,
            "references": {},
            "interval": [round(100 * end, 5) for end in clopper_pearson(len(others), measured.pairs)],
            "pairs": measured.pairs,
            "works": sorted({f"{left} | {right}" for left, _, right, _ in others}),
        }
    for step, seconds in measured.seconds.items():
        yield {
            "name": f"{kind}, {step}",
            "value": round(1_000 * float(np.mean(seconds)), 1),
            "unit": "CPU ms",
            "better": "lower",
            "goal": None,
            "references": {},
        }


def found_row(
    name: str, decisions: Sequence[str | None], references: dict[str, float], goal: float | None
) -> dict[str, object]:
    found = sum(decision in {"same", "derived"} for decision in decisions)
    return {
        "name": name,
        "value": round(100 * found / len(decisions), 1),
        "unit": "% found",
        "better": "higher",
        "goal": goal,
        "references": {method: round(100 * share, 1) for method, share in references.items()},
        "interval": [round(100 * end, 1) for end in wilson(found, len(decisions))],
        "same": sum(decision == "same" for decision in decisions),
        "samples": len(decisions),
    }


def packaged(stems: Sequence[str]) -> list[tuple[str, Image.Image]]:
    paths = [next(SKIMAGE.glob(stem + ".*")) for stem in stems]
    return [(path.stem, loaded(path)) for path in paths]


def loaded(path: Path) -> Image.Image:
    """RGB of at most `LONGER_SIDE`.

    Raises:
        InputError: too large, or damaged.
    """
    with path.open("rb") as stream:
        flat = on_white(open_image(stream))
    flat.thumbnail((LONGER_SIDE, LONGER_SIDE))
    return flat


def distinct(folder: Path, limit: int) -> list[tuple[str, Image.Image]]:
    """Up to `limit` images of a folder, in an order drawn at random, none of which shows what an earlier one does.

    What shows the same is told by the name (`subject`), and by the standard's code.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".png", ".jpg", ".jpeg", ".webp"})
    random.Random(1).shuffle(paths)
    kept: list[tuple[str, Image.Image]] = []
    seen: list[Code | None] = []
    subjects: set[Path] = set()
    for path in paths:
        if len(kept) == limit:
            break
        if path.is_symlink() or subject(path) in subjects:
            continue
        try:
            image = loaded(path)
        except InputError:
            continue
        code = iscc_bits(image)
        if min(image.size) < SHORTER_SIDE or code is None or distances(code, seen).min(initial=256) <= COPY_BITS:
            continue
        seen.append(code)
        subjects.add(subject(path))
        kept.append((str(path.relative_to(folder)), image))
    return kept


def rows(folders: Sequence[Path] = (), limit: int = 60) -> Iterator[dict[str, object]]:
    """Rows of scikit-image's photographs and drawings, then of the images of each folder."""
    demo = ("iscc-samples demo", loaded(Path(iscc_samples.images("png")[0])))
    yield from rows_of("image: scikit-image and iscc-samples", [*packaged(PHOTOGRAPHS + DRAWINGS), demo])
    for folder in folders:
        yield from rows_of(f"image: {folder.name}", distinct(folder, limit))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--photographs", nargs="*", type=Path, default=[])
    parser.add_argument("--limit", type=int, default=60)
    given = parser.parse_args()
    print(json.dumps({"rows": list(rows(given.photographs, given.limit))}, indent=1, ensure_ascii=False))
