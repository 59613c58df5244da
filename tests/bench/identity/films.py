"""Films to be recognised: footage in given folders, or pans over photographs, and how they are edited.

A pan shows three photographs, seven to fourteen seconds each, moving and zooming. It is not footage: nothing in it
moves by itself. Footage that packages ship is scarce, so both are measured and counted apart.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe

from tests.bench.identity.pictures import subject

__all__ = ["BEYOND", "EDITS", "edited", "footage", "pans", "photographs"]

WIDTH, HEIGHT, FRAME_RATE = 320, 180, 12
_IMAGES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_FOOTAGE: Final = frozenset({".mp4", ".mkv", ".webm", ".avi", ".mov"})
_H264: Final = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")
_BOX: Final = "drawbox=t=fill:x=iw*{0}:y=ih*{1}:w=iw*{2}:h=ih*{3}:color={4}"

EDITS: Final[dict[str, tuple[str, ...]]] = {
    "re-encoded at half the size, H.264 crf 34": ("-vf", "scale=iw/2:ih/2", "-crf", "34"),
    "grey": ("-vf", "hue=s=0"),
    "logo on 2.4 % of the picture": ("-vf", _BOX.format(0.78, 0.05, 0.17, 0.14, "white@0.85")),
    "crop 5 %": ("-vf", "crop=iw*0.95:ih*0.95"),
    "excerpt of 10 s": ("-ss", "{start}", "-t", "10"),
}
BEYOND: Final[dict[str, tuple[str, ...]]] = {
    "crop 10 %": ("-vf", "crop=iw*0.9:ih*0.9"),
    "brighter, more contrast": ("-vf", "eq=brightness=0.12:contrast=1.2"),
    "black bars": ("-vf", "pad=iw:ih*1.3:0:oh*0.115"),
    "8 frames a second": ("-vf", "fps=8"),
    "subtitle bar": ("-vf", _BOX.format(0.1, 0.85, 0.8, 0.1, "black")),
    "5 % faster": ("-vf", "setpts=PTS/1.05"),
    "excerpt of 10 s, crop 5 %, grey": ("-ss", "{start}", "-t", "10", "-vf", "crop=iw*0.95:ih*0.95,hue=s=0"),
    "mirrored": ("-vf", "hflip"),
}


def footage(folders: Iterable[Path], into: Path) -> Iterator[Path]:
    """The first 90 seconds of every film in the folders, scaled to the pans' width."""
    for at, path in enumerate(sorted(path for folder in folders for path in folder.rglob("*"))):
        if path.suffix in _FOOTAGE:
            clip = into / f"footage-{at:03d}.mp4"
            _ffmpeg("-i", str(path), "-an", "-t", "90", "-vf", f"scale={WIDTH}:-2", *_H264, "-crf", "20", str(clip))
            yield clip


def photographs(folders: Iterable[Path]) -> list[Path]:
    """One image of each subject, of those that differ at a glance: in more than 6 of 64 places, dark from light.

    Colour variants of one wallpaper under names of their own are no unrelated pictures.
    """
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in _IMAGES)
    found: list[Path] = []
    glances: list[Any] = []
    for path in {subject(path): path for path in paths}.values():
        small = cv2.imread(str(path), cv2.IMREAD_REDUCED_GRAYSCALE_8)
        if small is None or min(small.shape) <= 30:
            continue
        glance = cv2.resize(small, (8, 8), interpolation=cv2.INTER_AREA) > small.mean()
        if all((glance != other).sum() > 6 for other in glances):
            found.append(path)
            glances.append(glance)
    random.Random(7).shuffle(found)
    return found


def pans(images: list[Path], most: int, into: Path) -> Iterator[Path]:
    """Up to `most` pans; no photograph is in two."""
    for at in range(min(most, len(images) // 3)):
        clip = into / f"pan-{at:02d}.mp4"
        raw = ("-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FRAME_RATE), "-i", "-")
        chance = random.Random(at)
        shown = b"".join(_shot(cv2.imread(str(path)), chance) for path in images[3 * at : 3 * at + 3])
        _ffmpeg(*raw, *_H264, "-crf", "20", str(clip), shown=shown)
        yield clip


def _shot(image: Any, chance: random.Random) -> bytes:
    scale = min(1.0, 900 / max(image.shape[:2]))
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    first, last = _window(image, chance), _window(image, chance)
    count = int(chance.uniform(7, 14) * FRAME_RATE)
    frames = []
    for left, top, width in np.linspace(first, last, count):
        zoom = WIDTH / width
        matrix = np.array([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]])
        frames.append(cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA).tobytes())
    return b"".join(frames)


def _window(image: Any, chance: random.Random) -> tuple[float, float, float]:
    height, width = image.shape[:2]
    wide = min(width, height * WIDTH / HEIGHT) * chance.uniform(0.45, 0.95)
    return chance.uniform(0, width - wide), chance.uniform(0, height - wide * HEIGHT / WIDTH), wide


def edited(clip: Path, seconds: float, options: tuple[str, ...], into: Path) -> Path:
    """A copy of a clip that lasts so long, edited; the moment an excerpt begins is drawn from the clip's name."""
    drawn = int.from_bytes(hashlib.sha256(clip.name.encode()).digest()[:2], "big") / 0x10000
    start = drawn * max(0, seconds - 10)
    given = [option.replace("{start}", f"{start:.3f}") for option in options]
    if "-vf" in given:
        given[given.index("-vf") + 1] += ",scale=trunc(iw/2)*2:trunc(ih/2)*2"
    quality = () if "-crf" in given else ("-crf", "26")
    _ffmpeg("-i", str(clip), *given, *_H264, *quality, str(into / "copy.mp4"))
    return into / "copy.mp4"


def _ffmpeg(*arguments: str, shown: bytes = b"") -> None:
    quiet = ("-hide_banner", "-loglevel", "quiet", "-y", "-threads", "1")
    subprocess.run([get_ffmpeg_exe(), *quiet, *arguments], check=True, input=shown)
