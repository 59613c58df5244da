"""What the marks survive, how little they show, and how rarely something unmarked reads as marked.

    python -m tests.bench.identity.marks [--images FOLDER ...] [--unmarked FOLDER ...] [--sounds FOLDER ...] [--most N]

Prints JSON. Parameters were set on photographs of the scikit-image wheel and on the sounds of iscc-samples; name other
folders to evaluate on. Without folders these same files are used, and the rows say so. What is marked is what the
service publishes: pictures of at most 512 pixels and half the original, as JPEG; 30 seconds of sound.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from offchain.identity.marks import audio, image
from offchain.identity.marks.payload import CHIPS, payload
from tests.bench.identity.statistics import clopper_pearson, wilson

KEY = hashlib.sha256(b"a key for measuring").digest()
QUALITY = 88
RATE = 44_100
SECONDS = 30
PICTURES, SOUNDS = {".jpg", ".jpeg", ".png", ".webp"}, {".wav", ".flac", ".ogg", ".opus", ".mp3"}
Edit = Callable[[Image.Image, random.Random], Image.Image]


def saved(picture: Image.Image, quality: int, kind: str = "JPEG") -> Image.Image:
    file = BytesIO()
    picture.save(file, kind, quality=quality)
    return Image.open(file).convert("RGB")


def scaled(picture: Image.Image, width: float, height: float | None = None) -> Image.Image:
    size = (round(picture.width * width), round(picture.height * (width if height is None else height)))
    return picture.resize(size, Image.Resampling.BICUBIC)


def cropped(picture: Image.Image, kept: float, chance: random.Random) -> Image.Image:
    """A random part with `kept` of the width and of the height."""
    width, height = round(picture.width * kept), round(picture.height * kept)
    left, top = chance.randint(0, picture.width - width), chance.randint(0, picture.height - height)
    return picture.crop((left, top, left + width, top + height))


def noisy(picture: Image.Image, deviation: float) -> Image.Image:
    noise = np.random.default_rng(7).normal(0, deviation, (picture.height, picture.width, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


EDITS: dict[str, Edit] = {
    "as published": lambda p, _: p,
    "JPEG q70": lambda p, _: saved(p, 70),
    "JPEG q50": lambda p, _: saved(p, 50),
    "JPEG q30": lambda p, _: saved(p, 30),
    "WebP q50": lambda p, _: saved(p, 50, "WEBP"),
    "brightness × 1.3": lambda p, _: ImageEnhance.Brightness(p).enhance(1.3),
    "contrast × 0.7": lambda p, _: ImageEnhance.Contrast(p).enhance(0.7),
    "grey": lambda p, _: ImageOps.grayscale(p).convert("RGB"),
    "noise σ = 5": lambda p, _: noisy(p, 5),
    "blur σ = 1": lambda p, _: p.filter(ImageFilter.GaussianBlur(1)),
    "mirrored": lambda p, _: ImageOps.mirror(p),
    "turned by 90°": lambda p, _: p.transpose(Image.Transpose.ROTATE_90),
    "size 75 %, JPEG q70": lambda p, _: saved(scaled(p, 0.75), 70),
    "size 50 %, JPEG q85": lambda p, _: saved(scaled(p, 0.5), 85),
    "size 170 %": lambda p, _: scaled(p, 1.7),
    "90 % of each side kept, JPEG q70": lambda p, c: saved(cropped(p, 0.9, c), 70),
    "70 % of each side kept, JPEG q70": lambda p, c: saved(cropped(p, 0.7, c), 70),
    "50 % of each side kept, JPEG q70": lambda p, c: saved(cropped(p, 0.5, c), 70),
    "80 % of each side kept, size 130 %, JPEG q80": lambda p, c: saved(scaled(cropped(p, 0.8, c), 1.3), 80),
    "stretched by 20 %, size known": lambda p, _: scaled(p, 1.2, 1.0),
    "turned by 1°": lambda p, _: p.rotate(1, Image.Resampling.BICUBIC),
    "turned by 5°": lambda p, _: p.rotate(5, Image.Resampling.BICUBIC),
}

CODINGS: dict[str, Sequence[str]] = {
    "WAV": ("x.wav",),
    "MP3 128 kbit/s": ("-b:a", "128k", "x.mp3"),
    "MP3 64 kbit/s": ("-b:a", "64k", "x.mp3"),
    "AAC 96 kbit/s": ("-c:a", "aac", "-b:a", "96k", "x.m4a"),
    "Opus 64 kbit/s": ("-c:a", "libopus", "-b:a", "64k", "x.opus"),
    "Opus 32 kbit/s": ("-c:a", "libopus", "-b:a", "32k", "x.opus"),
    "resampled to 22.05 kHz": ("-ar", "22050", "x.wav"),
    "white noise at -40 dBFS": ("-af", "aeval=val(ch)+0.0173*(2*random(0)-1):c=same", "x.wav"),
    "low pass 4 kHz": ("-af", "lowpass=f=4000", "x.wav"),
    "equalizer +6 dB at 1 kHz": ("-af", "equalizer=f=1000:t=q:w=1:g=6", "x.wav"),
    "volume -12 dB": ("-af", "volume=-12dB", "x.wav"),
    "first 3.2 s cut": ("-ss", "3.217", "x.wav"),
    "20 s of it": ("-ss", "2.1", "-t", "20", "x.wav"),
    "10 s of it": ("-ss", "2.1", "-t", "10", "x.wav"),
    "speed +1 %": ("-af", "aresample=44100,asetrate=44541,aresample=44100", "x.wav"),
    "tempo +1 %": ("-af", "atempo=1.01", "x.wav"),
}


def files(folders: Iterable[Path], suffixes: set[str], most: int) -> list[Path]:
    """At most so many files of the folders, drawn by chance, one of each parent folder's name and size in bytes."""
    found = {
        (path.stem, path.stat().st_size): path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in suffixes and path.is_file()
    }
    paths = sorted(found.values())
    random.Random(2026).shuffle(paths)
    return paths[:most]


def preview(path: Path) -> Image.Image | None:
    """As `workflows.preview` makes it; None for what is no picture or too small to publish."""
    try:
        picture = Image.open(path).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    side = min(512, max(picture.size) // 2)
    if side < 96:
        return None
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return saved(picture, 85)


def psnr(one: Image.Image, other: Image.Image) -> float:
    error = np.mean((np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity of the grey levels (Wang, Bovik, Sheikh and Simoncelli 2004), 11 × 11 Gaussian window."""
    x, y = (np.asarray(each.convert("L"), dtype=np.float64) for each in (one, other))

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * mx * my + c1) * (2 * cov + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean())


def rate_row(name: str, hits: int, of: int, **more: object) -> dict[str, object]:
    low, high = wilson(hits, of)
    interval = (round(100 * low, 1), round(100 * high, 1))
    return {
        "name": name,
        "value": round(100 * hits / of, 1),
        "unit": "% read",
        "better": "higher",
        "interval": interval,
        "samples": of,
        **more,
    }


def figure(name: str, value: float, unit: str, better: str = "higher", **more: object) -> dict[str, object]:
    return {"name": name, "value": round(float(value), 4), "unit": unit, "better": better, **more}


def image_rows(pictures: Iterable[Image.Image]) -> Iterator[dict[str, object]]:
    hits, cpu, offered = dict.fromkeys(EDITS, 0), [0.0, 0.0], 0
    shown: list[tuple[float, float]] = []
    wrong = 0
    for number, picture in enumerate(pictures):
        offered += 1
        reference = int.from_bytes(hashlib.sha256(b"work %d" % number).digest()[:8], "big")
        begun = time.process_time()
        made = image.embed(picture, reference, KEY)
        cpu[0] += time.process_time() - begun
        if made is None:
            continue
        marked = saved(made, QUALITY)
        shown.append((psnr(picture, made), ssim(picture, made)))
        for name, edit in EDITS.items():
            levels = image.levels(edit(marked, random.Random(number)))
            begun = time.process_time()
            found = image.read_at(levels, KEY, [marked.size]) if "size known" in name else image.read(levels, KEY)
            cpu[1] += time.process_time() - begun
            hits[name] += found == reference
            wrong += found not in (None, reference)
    count = len(shown)
    yield rate_row("image mark: pictures that can carry it", count, offered)
    yield figure("image mark: PSNR, median", float(np.median([each[0] for each in shown])), "dB", goal=38)
    yield figure("image mark: PSNR, least", min(each[0] for each in shown), "dB", goal=38)
    yield figure("image mark: SSIM, median", float(np.median([each[1] for each in shown])), "of 1")
    yield figure("image mark: SSIM, least", min(each[1] for each in shown), "of 1")
    for name, read in hits.items():
        yield rate_row(f"image mark: {name}", read, count)
    yield figure("image mark: read as another work's", wrong, f"of {count * len(EDITS)} reads", "lower", goal=0)
    yield figure("image mark: embedding", 1000 * cpu[0] / offered, "CPU ms", "lower")
    yield figure("image mark: reading, mean of all edits", 1000 * cpu[1] / count / len(EDITS), "CPU ms", "lower")


def unmarked_rows(pictures: Iterable[Image.Image], paths: Iterable[Path]) -> Iterator[dict[str, object]]:
    """Previews through the whole search; and tiles of larger pictures, each alone as a small one, without it."""
    begun, reads, false = time.process_time(), 0, 0
    for picture in pictures:
        reads += 1
        false += image.read(image.levels(picture), KEY) is not None
    cpu = 1000 * (time.process_time() - begun) / reads
    counts = [image.read_at(tile, KEY, [(image.TILE, image.TILE)]) is not None for tile in tiles(paths)]
    for what, count, of in (("previews", false, reads), ("tiles", sum(counts), len(counts))):
        high = clopper_pearson(count, of)[1]
        name = f"image mark: unmarked {what} read as marked"
        yield figure(name, count, f"of {of}", "lower", goal=0, rate_below=high)
    yield figure("image mark: reading an unmarked preview", cpu, "CPU ms", "lower")
    yield noise_row(1_000_000)


def tiles(paths: Iterable[Path]) -> Iterator[image.Levels]:
    """Squares of a tile's size, out of pictures of at most 1,024 pixels."""
    for path in paths:
        try:
            levels = image.levels(Image.open(path).convert("RGB"))
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        for top in range(0, levels.shape[0] - image.TILE + 1, image.TILE):
            for left in range(0, levels.shape[1] - image.TILE + 1, image.TILE):
                yield levels[top : top + image.TILE, left : left + image.TILE]


def noise_row(tries: int) -> dict[str, object]:
    """The last guard alone: symbols decoded from noise, of which one in 2³² passes the check."""
    chance, code = np.random.default_rng(32), payload(KEY)
    false = sum(code.decode(chance.normal(size=CHIPS)) is not None for _ in range(tries))
    high = clopper_pearson(false, tries)[1]
    return figure("mark: payloads decoded from noise", false, f"of {tries}", "lower", goal=0, rate_below=high)


def sound_rows(paths: Sequence[Path], most: int) -> Iterator[dict[str, object]]:
    """The first of the sounds that are long and loud enough to have an excerpt of 30 seconds."""
    hits: dict[str, int] = dict.fromkeys(CODINGS, 0)
    ratios: list[float] = []
    folder = Path(tempfile.mkdtemp())
    false = 0
    for number, path in enumerate(paths):
        reference = int.from_bytes(hashlib.sha256(b"sound %d" % number).digest()[:8], "big")
        sound = decoded(path, RATE, 2, "-t", str(SECONDS))
        if len(sound) < SECONDS * RATE or float(np.abs(sound).max()) < 0.01:
            continue
        if len(ratios) == most:
            break
        marked = audio.embed(sound, RATE, reference, KEY)
        ratios.append(10 * np.log10(np.mean(sound**2) / np.mean((marked - sound) ** 2)))
        false += audio.read(audio.fold(decoded(path, audio.READ_RATE, 1, "-t", str(SECONDS))[:, 0]), KEY) is not None
        for name, options in CODINGS.items():
            coded = encoded(marked, folder, options)
            hits[name] += audio.read(audio.fold(decoded(coded, audio.READ_RATE, 1)[:, 0]), KEY) == reference
    count = len(ratios)
    yield figure("audio mark: SNR, median", float(np.median(ratios)), "dB")
    yield figure("audio mark: SNR, least", min(ratios), "dB")
    for name, read in hits.items():
        yield rate_row(f"audio mark, {SECONDS} s: {name}", read, count)
    yield figure("audio mark: unmarked sounds read as marked", false, f"of {count}", "lower", goal=0)


def decoded(path: Path, rate: int, channels: int, *options: str) -> audio.Samples:
    """The sound of a file; none where ffmpeg finds none."""
    command = ["-i", str(path), *options, "-f", "f32le", "-ac", str(channels), "-ar", str(rate), "-"]
    done = subprocess.run([get_ffmpeg_exe(), "-v", "error", *command], check=False, capture_output=True)
    return np.frombuffer(done.stdout if done.returncode == 0 else b"", dtype=np.float32).reshape(-1, channels)


def encoded(sound: audio.Samples, folder: Path, options: Sequence[str]) -> Path:
    path = folder / options[-1]
    command = ["-y", "-f", "f32le", "-ac", "2", "-ar", str(RATE), "-i", "-", *options[:-1], str(path)]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *command], input=sound.tobytes(), check=True)
    return path


def rows(
    images: Sequence[Path] = (), unmarked: Sequence[Path] = (), sounds: Sequence[Path] = (), most: int = 100
) -> list[dict[str, object]]:
    """The whole table; folders of files, or what is installed."""
    own = [path for path in sorted((installed("skimage") / "data").iterdir()) if path.suffix in PICTURES]
    pictures = files(images, PICTURES, 10 * most) if images else own
    others = files(unmarked, PICTURES, 50 * most) if unmarked else own
    heard = (
        files(sounds, SOUNDS, 100 * most) if sounds else [installed("iscc_samples") / "files" / "video" / "demo.mp4"]
    )
    table = list(image_rows(first(map(preview, pictures), most)))
    table += unmarked_rows(first(map(preview, others), 10 * most), others[: 5 * most])
    table += sound_rows(heard, most)
    return table


def installed(package: str) -> Path:
    return Path(str((find_spec(package) or parser.error(f"{package} is not installed")).origin)).parent


def first(pictures: Iterable[Image.Image | None], most: int) -> Iterator[Image.Image]:
    kept = (picture for picture in pictures if picture is not None)
    return (picture for _, picture in zip(range(most), kept, strict=False))


parser = argparse.ArgumentParser(description=__doc__)
for option in ("--images", "--unmarked", "--sounds"):
    parser.add_argument(option, type=Path, nargs="*", default=[])
parser.add_argument("--most", type=int, default=100)

if __name__ == "__main__":
    given = parser.parse_args()
    print(
        json.dumps({"rows": rows(given.images, given.unmarked, given.sounds, given.most)}, indent=1, ensure_ascii=False)
    )
