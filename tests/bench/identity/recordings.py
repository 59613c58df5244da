"""Recordings to be recognised: music in given folders, or pieces composed here by chance, and how they are edited.

The synthesiser plays chords, a melody and a beat with a few overtones; it stands in where no music is at hand.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
import wave
from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from pathlib import Path
from typing import Final

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

__all__ = ["BEYOND", "EDITS", "LEAST", "composed", "cut", "edited"]

SECONDS, LEAST = 60, 56
_SUFFIXES: Final = frozenset({".ogg", ".opus", ".mp3", ".flac", ".wav", ".m4a"})
_SAMPLE_RATE: Final = 22_050
_FLAC: Final = ("-c:a", "flac", "copy.flac")
_MP3: Final = ("-c:a", "libmp3lame", "-b:a", "128k", "copy.mp3")


def _faster(speed: float) -> tuple[str, ...]:
    return ("-af", f"aresample=44100,asetrate=44100*{speed},aresample=44100", *_FLAC)


EDITS: Final[dict[str, tuple[str, ...]]] = {
    "MP3 128 kbit/s": _MP3,
    "MP3 64 kbit/s": ("-c:a", "libmp3lame", "-b:a", "64k", "copy.mp3"),
    "AAC 96 kbit/s": ("-c:a", "aac", "-b:a", "96k", "copy.m4a"),
    "Opus 48 kbit/s": ("-c:a", "libopus", "-b:a", "48k", "copy.ogg"),
    "low pass 3 kHz": ("-af", "lowpass=f=3000", *_FLAC),
    "white noise at -20 dBFS": ("-af", "aeval=val(ch)+0.2*(random(ch)-0.5)*1.73:c=same", *_FLAC),
    "bass +8 dB, treble -8 dB": ("-af", "bass=g=8,treble=g=-8", *_FLAC),
    "volume -12 dB": ("-af", "volume=-12dB", *_FLAC),
    "mono, MP3 96 kbit/s": ("-ac", "1", "-c:a", "libmp3lame", "-b:a", "96k", "copy.mp3"),
    "first 5 s and last 7 s cut": ("-ss", "5", "-t", "48", *_FLAC),
    "excerpt of 10 s, MP3": ("-ss", "{start}", "-t", "10", *_MP3),
    "speed +2 %": _faster(1.02),
    "speed -2 %": _faster(0.98),
}
"""Twelve kinds, speed in both directions, as ffmpeg's options; `{start}` is a moment drawn by chance."""

BEYOND: Final[dict[str, tuple[str, ...]]] = {
    "speed +3.5 %": _faster(1.035),
    "speed -3.5 %": _faster(0.965),
    "speed +1.05 %, between two probes": _faster(1.0105),
    "tempo +3 %, pitch kept": ("-af", "atempo=1.03", *_FLAC),
    "excerpt of 10 s at speed +2 %": ("-ss", "{start}", "-t", "10", *_faster(1.02)),
    "excerpt of 10 s at MP3 64 kbit/s under noise at -12 dBFS": (
        *("-ss", "{start}", "-t", "10", "-af", "aeval=val(ch)+0.5*(random(ch)-0.5)*1.73:c=same"),
        *("-c:a", "libmp3lame", "-b:a", "64k", "copy.mp3"),
    ),
}


def cut(folders: Iterable[Path], most: int, into: Path) -> Iterator[Path]:
    """The minute that begins five seconds into a piece, for up to `most` pieces; of a short one, what there is.

    Every folder gives as many pieces as the others while it has any, of one piece in two folders the first. A clip that
    `into` has already is not cut again.
    """
    chance = random.Random(4)
    shelves = [sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES) for folder in folders]
    long = [[path for path in shelf if path.stat().st_size > 700_000] for shelf in shelves]
    for shelf in long:
        chance.shuffle(shelf)
    turns = (path for turn in zip_longest(*long) for path in turn if path is not None)
    once = {hashlib.sha256(path.read_bytes()).hexdigest()[:8]: path for path in reversed(list(turns))}
    for digest, path in islice(reversed(once.items()), most):
        clip = into / f"{path.stem}-{digest}.flac"
        if not clip.exists():
            whole = clip.with_suffix(".partial.flac")
            _ffmpeg("-ss", "5", "-t", str(SECONDS), "-i", str(path), "-vn", "-ac", "2", "-ar", "44100", str(whole))
            whole.replace(clip)
        yield clip


def composed(count: int, into: Path) -> Iterator[Path]:
    """Pieces of our own, a minute each, every one drawn from its number."""
    for at in range(count):
        clip = into / f"composed-{at:02d}.wav"
        samples = (0.8 * 32767 * _piece(random.Random(at))).astype("<i2")
        with wave.open(str(clip), "wb") as file:
            file.setparams((1, 2, _SAMPLE_RATE, 0, "NONE", ""))
            file.writeframes(samples.tobytes())
        yield clip


def edited(clip: Path, options: tuple[str, ...], into: Path) -> Path:
    """A copy of a clip, edited; the chances are drawn from the clip's name."""
    start = int.from_bytes(hashlib.sha256(clip.name.encode()).digest()[:2], "big") % 40_000 / 1000 + 5
    *given, name = [option.replace("{start}", f"{start:.3f}") for option in options]
    opening = given[:4] if given[0] == "-ss" else []
    _ffmpeg(*opening, "-i", str(clip), *given[len(opening) :], str(into / name))
    return into / name


def _ffmpeg(*arguments: str) -> None:
    quiet = ("-nostdin", "-hide_banner", "-loglevel", "quiet", "-y", "-threads", "1")
    subprocess.run([get_ffmpeg_exe(), *quiet, *arguments], check=True, stdin=subprocess.DEVNULL)


def _piece(chance: random.Random) -> NDArray[np.float64]:
    beat = 60 / chance.uniform(70, 150)
    scale = [chance.randrange(12) + step for step in chance.choice(([0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10]))]
    piece = np.zeros(SECONDS * _SAMPLE_RATE)
    moment = 0.0
    while moment < SECONDS - 4 * beat:
        root = chance.randrange(7)
        for note in (root, root + 2, root + 4):
            _play(piece, moment, 4 * beat, 110 * 2 ** (scale[note % 7] / 12), 0.1)
        for step in range(8):
            if chance.random() < 0.8:
                _play(piece, moment + step * beat / 2, beat / 2, 440 * 2 ** (scale[chance.randrange(7)] / 12), 0.2)
        moment += 4 * beat
    return piece / np.abs(piece).max()


def _play(piece: NDArray[np.float64], moment: float, seconds: float, hertz: float, volume: float) -> None:
    times = np.arange(int(seconds * _SAMPLE_RATE)) / _SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * hertz * part * times) / part for part in (1, 2, 3))
    first = int(moment * _SAMPLE_RATE)
    piece[first : first + len(times)] += (volume * tone * np.exp(-2 * times / seconds))[: len(piece) - first]
