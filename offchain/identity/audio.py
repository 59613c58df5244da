"""Sound: Chromaprint fingerprints, and the 256-bit Audio-Code of ISO 24138 where there is something to hear.

Chromaprint (L. Lalinsky, "How does Chromaprint work?", 2011; algorithm 1) describes 2.7 seconds of sound by 32 bits,
8.08 times a second. ffmpeg's muxer of that name makes the same numbers as the reference tool, from which iscc-sdk
makes its codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import iscc_lib
import numpy as np
from numpy.typing import NDArray

from offchain.errors import InputError
from offchain.identity.ffmpeg import Bounds, Stamp, read, stamp

__all__ = ["MAX_SECONDS", "RATE", "Fingerprint", "audio_code", "fingerprint", "fingerprints", "heard"]

Fingerprint = NDArray[np.uint32]
"""Chromaprint's numbers of one recording, in order, `RATE` a second."""

_SAMPLE_RATE: Final = 11_025
RATE: Final = _SAMPLE_RATE / (4096 // 3)
"""Numbers a second: one every third of a frame of 4,096 samples."""

MAX_SECONDS: Final = 12 * 3600
"""Longest recording, whatever the size of its file."""

MIN_NUMBERS: Final = 40
"""Numbers, about seven seconds, and different numbers among them, below which there is too little to hear."""

_BOUNDS: Final = Bounds(seconds=600, memory=1 << 30, output=1 << 22)
_BATCHES: Final = "asetnsamples=65536:pad=0"  # with a codec's small frames, threads mostly wait for each other
_CHROMAPRINT: Final = ("-f", "chromaprint", "-algorithm", "1", "-fp_format", "raw")


def audio_code(path: Path) -> str | None:
    """The 256-bit Audio-Code (ISO 24138) as an `ISCC:` string, or None for silence, a steady tone or a short sound.

    Raises:
        InputError: `file-unreadable`, `audio-malformed` or `audio-oversized`.
    """
    numbers = fingerprint(path)
    if not heard(numbers):
        return None
    # The standard's reference reads the 32 bits as a signed number.
    return str(iscc_lib.gen_audio_code_v0(numbers.view(np.int32).tolist(), bits=256).iscc)


def heard(numbers: Fingerprint) -> bool:
    """Whether there is enough, and enough change, to tell this recording from another one."""
    return len(np.unique(numbers)) >= MIN_NUMBERS


def fingerprint(path: Path) -> Fingerprint:
    """Fingerprint the whole first sound track of a file; the last one is remembered.

    Raises:
        InputError: as `audio_code`.
    """
    return _fingerprint(path, stamp(path))


@lru_cache(maxsize=1)
def _fingerprint(path: Path, _stamp: Stamp) -> Fingerprint:
    (written,) = read(path, "audio", [("-map", "0:a:0", "-af", _BATCHES, *_limit(), *_CHROMAPRINT)], _BOUNDS)
    return _numbers(written)


def fingerprints(path: Path, speeds: Sequence[float], seconds: int) -> list[Fingerprint]:
    """Fingerprint a recording as it would sound at other speeds, pitch included, decoding it once.

    Args:
        path: the file.
        speeds: 1.02 plays it 2 % faster. The first is fingerprinted whole.
        seconds: how much of the start is fingerprinted at the others.

    Raises:
        InputError: as `audio_code`.
    """
    split = "".join(f"[in{at}]" for at in range(len(speeds)))
    mono = f"aresample={_SAMPLE_RATE},aformat=sample_fmts=s16:channel_layouts=mono,{_BATCHES}"
    start = f"[0:a:0]{mono},asplit={len(speeds)}{split}"
    turned = [
        f"[in{at}]{f'atrim=end={seconds},' if at else ''}asetrate={round(_SAMPLE_RATE * speed)}[out{at}]"
        for at, speed in enumerate(speeds)
    ]
    # A graph belongs to the first output on ffmpeg's command line.
    graph = ("-filter_complex", ";".join([start, *turned]))
    outputs = [(*(() if at else graph), "-map", f"[out{at}]", *_limit(), *_CHROMAPRINT) for at in range(len(speeds))]
    return [_numbers(written) for written in read(path, "audio", outputs, _BOUNDS)]


def _limit() -> tuple[str, str]:
    return ("-t", str(MAX_SECONDS + 60))


def _numbers(written: bytes) -> Fingerprint:
    numbers = np.frombuffer(written, dtype="<u4").astype(np.uint32)
    if len(numbers) > MAX_SECONDS * RATE:
        raise InputError(
            "audio-oversized",
            f"the recording is longer than {MAX_SECONDS // 3600} hours",
            "submit its parts as works of their own",
        )
    return numbers
