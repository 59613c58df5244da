"""Moving pictures after editing: which stretch of a registered film a file shows.

A film is filed under the 256-bit Image-Codes of frames that differ from each other: of the whole frame, of the frame
cropped by 4 % at every side, and of its middle, where no logo and no subtitle is. Black bars are cut off first. A file
found somewhere is looked up by its own frames, their middles and their mirror images. `compare` looks for frames that
resemble each other at the same distance in time: a shared title or a dark frame alone is no copy, frames of three
looks in the right order are.

Excerpts of ten seconds are meant to be found, or of 1/25 of the film if that is longer. Nothing is sure of a film that
never changes, or of one played more than a few percent faster or slower.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import iscc_lib
import numpy as np
from numpy.typing import NDArray

from offchain.errors import InputError
from offchain.identity.matching.features import CODE_BYTES, Features, Likeness, Probe, Region
from offchain.identity.video import FRAME_RATE, FRAME_SIDE, MIN_CONTRAST, Film, film

__all__ = ["compare", "features", "probe"]

Views = tuple[tuple[float, bool], ...]
Decision = Literal["same", "derived", "similar"]
Codes = NDArray[np.uint64]

RADIUS: Final = 40
_CODE_SIDE: Final = 32
_BLACK: Final = 32
_LIT: Final = 0.25
_NEW_LOOK: Final = 24  # bits from the frame filed before

# Share cut off at every side, and whether mirrored.
_FILED_VIEWS: Final[Views] = ((0.0, False), (0.04, False), (0.2, False))
_PROBED_VIEWS: Final[Views] = ((0.0, False), (0.2, False), (0.0, True))

_MAX_FILED: Final = 100
_MAX_LOOKED_UP: Final = 32
_MAX_FRAMES: Final = 480  # four minutes whole; of a longer film every second, third … frame is kept
_MAX_PROBE_FRAMES: Final = 2_400
_NO_TERMS: Final = np.empty(0, np.uint64)

_VERSION: Final = 1
_HEAD: Final = struct.Struct("<BBI")
_WORDS: Final = CODE_BYTES // 8

_NEAR: Final = 60
_TOLERANCE: Final = 0.5  # seconds
_DERIVED_SCORE: Final = 3.0
_SIMILAR_SCORE: Final = 1.5
_WHOLE: Final = 0.9
_SAME_BITS: Final = 24
_MAX_REGIONS: Final = 20
_ERROR_RATES: Final[dict[Decision, float]] = {"same": 0.0006, "derived": 0.0006, "similar": 0.0033}


@dataclass(frozen=True, slots=True)
class _Frames:
    """Frames as evidence: seconds from the start, and `views` codes of each, (n, views, 4)."""

    seconds: NDArray[np.float32]
    codes: Codes


def features(path: Path) -> Features | None:
    """What a registered film is filed under: at most 300 codes, and 48 kB of evidence.

    Raises:
        InputError: `file-unreadable`, `video-malformed` or `video-oversized`.
    """
    frames = _frames(film(path), _FILED_VIEWS)
    if len(frames.seconds) < FRAME_RATE:
        return None
    filed = frames.codes[_looks(frames.codes[:, 0], _MAX_FILED)].reshape(-1, _WORDS)
    return Features("video", _strings(filed), _NO_TERMS, _packed(_thinned(frames, _MAX_FRAMES)))


def probe(path: Path) -> Probe | None:
    """What a file is looked up by: at most 96 codes.

    Raises:
        InputError: as `features`.
    """
    frames = _frames(film(path), _PROBED_VIEWS)
    if len(frames.seconds) < FRAME_RATE:
        return None
    looked_up = frames.codes[_looks(frames.codes[:, 0], _MAX_LOOKED_UP)].reshape(-1, _WORDS)
    evidence = _packed(_thinned(frames, _MAX_PROBE_FRAMES))
    return Probe("video", _strings(looked_up), RADIUS, _NO_TERMS, 0, evidence)


def compare(probe: bytes, registered: bytes) -> Likeness | None:
    """Decide from a probe's evidence and a film's evidence; None when they have nothing in common.

    Raises:
        InputError: `evidence-malformed`.
    """
    here, there = _unpacked(probe), _unpacked(registered)
    distance = _distances(here.codes, there.codes)
    near = distance <= _NEAR
    if not near.any():
        return None
    offset = _offset(here, there, near)
    aligned = near & (np.abs(there.seconds[None, :] - here.seconds[:, None] - offset) <= _step(here) / 2 + _TOLERANCE)
    score = _score(there.codes[aligned.any(axis=0), 0])
    if score < _SIMILAR_SCORE:
        return None
    whole = _distances(here.codes[:, :1], there.codes[:, :1])
    decision = _decision(aligned, float(np.median(whole[aligned])), score)
    regions = _regions(here, there, aligned)
    return Likeness(
        decision=decision,
        method="frame-alignment",
        score=1 - float(distance[aligned].mean()) / (8 * CODE_BYTES),
        error_rate=_ERROR_RATES[decision],
        sentence=_sentence(aligned, regions[0]),
        regions=regions,
    )


def _frames(decoded: Film, views: Views) -> _Frames:
    """Codes of the frames that show anything, once black bars are cut off.

    A view that shows nothing, such as the middle of a flat graphic, has the code of the view before it: the code of a
    blank is the same in every film.
    """
    seen = decoded.seen
    pictures = decoded.frames[seen]
    left, top, right, bottom = _content_box(pictures)
    codes: list[list[NDArray[np.uint64]]] = []
    for crop, mirrored in views:
        across = _averaging(left + crop * (right - left), right - crop * (right - left))[:: -1 if mirrored else 1]
        down = _averaging(top + crop * (bottom - top), bottom - crop * (bottom - top))
        shown = [down @ picture @ across.T for picture in pictures.astype(np.float32)]
        before = codes[-1] if codes else [None] * len(shown)
        codes.append([_code(view, instead) for view, instead in zip(shown, before, strict=True)])
    array = np.array(codes, np.uint64).reshape(len(views), -1, _WORDS).swapaxes(0, 1)
    return _Frames((np.flatnonzero(seen) / FRAME_RATE).astype(np.float32), np.ascontiguousarray(array))


def _content_box(pictures: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom, in pixels, of the lines that are ever lit over a quarter: a logo in a bar is not."""
    if not len(pictures):
        return 0, 0, FRAME_SIDE, FRAME_SIDE
    lit = pictures.max(axis=0) > _BLACK
    across, down = (np.flatnonzero(lit.mean(axis=axis) > _LIT) for axis in (0, 1))
    if min(len(across), len(down)) < FRAME_SIDE // 4:
        return 0, 0, FRAME_SIDE, FRAME_SIDE
    return float(across[0]), float(down[0]), float(across[-1] + 1), float(down[-1] + 1)


def _averaging(start: float, end: float) -> NDArray[np.float32]:
    """The matrix that averages pixels `start` to `end` of `FRAME_SIDE` into `_CODE_SIDE` equal parts."""
    edges = np.linspace(start, end, _CODE_SIDE + 1)
    pixels = np.arange(FRAME_SIDE)
    shares = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    matrix = np.clip(shares, 0, None) / (edges[1] - edges[0])
    return np.asarray(matrix, np.float32)


def _code(picture: NDArray[np.float32], instead: NDArray[np.uint64] | None) -> NDArray[np.uint64]:
    if instead is not None and picture.std() < MIN_CONTRAST:
        return instead
    pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8).tobytes()
    unit = iscc_lib.gen_image_code_v0(pixels, bits=8 * CODE_BYTES).iscc
    return np.frombuffer(iscc_lib.iscc_decode(unit)[-1], np.uint64)


def _looks(codes: Codes, most: int) -> NDArray[np.int64]:
    """Frames that differ from the one chosen before; if there are too many, spread over all of them."""
    chosen = [0]
    for at in range(1, len(codes)):
        if int(np.bitwise_count(codes[at] ^ codes[chosen[-1]]).sum()) >= _NEW_LOOK:
            chosen.append(at)
    spread = np.linspace(0, len(chosen) - 1, min(most, len(chosen)))
    return np.array(chosen)[np.rint(spread).astype(np.int64)]


def _strings(codes: Codes) -> tuple[bytes, ...]:
    return tuple(sorted({code.tobytes() for code in codes}))


def _thinned(frames: _Frames, most: int) -> _Frames:
    stride = -(-len(frames.seconds) // most)
    return _Frames(frames.seconds[::stride], frames.codes[::stride])


def _packed(frames: _Frames) -> bytes:
    count, views, _ = frames.codes.shape
    head = _HEAD.pack(_VERSION, views, count)
    return head + frames.seconds.astype("<f4").tobytes() + frames.codes.astype("<u8").tobytes()


def _unpacked(evidence: bytes) -> _Frames:
    try:
        version, views, count = _HEAD.unpack_from(evidence)
        seconds = np.frombuffer(evidence, "<f4", count, _HEAD.size)
        codes = np.frombuffer(evidence, "<u8", count * views * _WORDS, _HEAD.size + seconds.nbytes)
    except (struct.error, ValueError) as error:
        raise _malformed(str(error)) from error
    if version != _VERSION or not views or not count or len(evidence) != _HEAD.size + seconds.nbytes + codes.nbytes:
        raise _malformed(f"version {version}, {count} frames of {views} views")
    if not (np.isfinite(seconds).all() and (np.diff(seconds) > 0).all() and seconds[0] >= 0 and seconds[-1] < 1e6):
        raise _malformed("its frames are not in order")
    return _Frames(seconds, codes.reshape(count, views, _WORDS))


def _malformed(what: str) -> InputError:
    return InputError("evidence-malformed", f"this is not evidence of a film: {what}", "rebuild the index")


def _distances(here: Codes, there: Codes) -> NDArray[np.uint16]:
    """Bits by which frames differ, (here, there), in the nearest of their views."""
    nearest = np.full((len(here), len(there)), 8 * CODE_BYTES, np.uint16)
    for mine, theirs in np.ndindex(here.shape[1], there.shape[1]):
        differ = np.zeros_like(nearest)
        for word in range(_WORDS):
            differ += np.bitwise_count(here[:, None, mine, word] ^ there[None, :, theirs, word])
        np.minimum(nearest, differ, out=nearest)
    return nearest


def _step(frames: _Frames) -> float:
    """Seconds between one frame of the evidence and the next."""
    return float(np.median(np.diff(frames.seconds))) if len(frames.seconds) > 1 else 0.0


def _offset(here: _Frames, there: _Frames, near: NDArray[np.bool_]) -> float:
    """Seconds by which the registered film runs ahead, where most of its frames find one that resembles them."""
    mine, theirs = np.nonzero(near)
    slot = np.rint((there.seconds[theirs] - here.seconds[mine]) * FRAME_RATE).astype(np.int64)
    pairs = np.unique(np.stack((slot, theirs)), axis=1)  # a still in the file votes once for each registered frame
    lowest = int(pairs[0].min())
    votes = np.bincount(pairs[0] - lowest)
    return float((int(np.argmax(np.convolve(votes, (1, 2, 1), "same"))) + lowest) / FRAME_RATE)


def _score(codes: Codes) -> float:
    """How many looks the matched frames have: each counts by how much it differs from the one before."""
    if not len(codes):
        return 0.0
    moved = np.bitwise_count(codes[1:] ^ codes[:-1]).sum(axis=1)
    return 1 + float(np.minimum(moved / _NEW_LOOK, 1).sum())


def _decision(aligned: NDArray[np.bool_], bits: float, score: float) -> Decision:
    """`bits` are those by which whole frames differ: a logo, a crop or a mirror makes a derived film."""
    if score < _DERIVED_SCORE:
        return "similar"
    whole = min(aligned.any(axis=0).mean(), aligned.any(axis=1).mean()) >= _WHOLE
    return "same" if whole and bits <= _SAME_BITS else "derived"


def _regions(here: _Frames, there: _Frames, aligned: NDArray[np.bool_]) -> tuple[Region, ...]:
    """Stretches without a gap of more than ten seconds in the file, longest first."""
    mine = here.seconds[aligned.any(axis=1)]
    regions = []
    for stretch in np.split(mine, np.flatnonzero(np.diff(mine) > 10) + 1):
        inside = (here.seconds >= stretch[0]) & (here.seconds <= stretch[-1])
        theirs = there.seconds[aligned[inside].any(axis=0)]
        ends = tuple((float(span[0]), float(span[-1]) + 1 / FRAME_RATE) for span in (stretch, theirs))
        regions.append(Region("second", *ends))
    regions.sort(key=lambda region: region.here[0] - region.here[1])
    return tuple(regions[:_MAX_REGIONS])


def _sentence(aligned: NDArray[np.bool_], region: Region) -> str:
    frames = int(aligned.any(axis=1).sum())
    return f"{frames} of {len(aligned)} frames look alike in order, most of them from {region.here[0]:.0f} s on"
