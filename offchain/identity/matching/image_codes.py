"""The 256-bit codes of an image: of the whole frame, and of the regions around its key points.

A code holds the signs of the lowest frequencies of a square's cosine transform, as pHash does for whole images
(Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010). A region is laid along its key
point's direction, so that cutting, framing and turning an image leaves most of its codes as they were.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["frame_codes", "region_codes"]

_SIDE: Final = 32
_FREQUENCIES: Final = 20
_DISTINCT_BITS: Final = 160
_WINDOW_PIXELS: Final = 12.0
"""Deviation of the Gaussian window over a region: its rim moves most when the point's angle and size are misjudged."""
_REGION_DIAMETERS: Final = 12.0
_MIN_REGION: Final = 24.0
_MAX_OUTSIDE: Final = 0.15
"""Share of half a region's side that may lie outside the plane."""
_POOL: Final = 2
"""Strongest regions looked at for each one chosen."""
_CLEAR: Final = 0.1
"""A frequency is clear if it is this share of the root mean square of all: its sign survives an edit."""
_MIN_CLEAR_FRAME: Final = 0.2


def _basis() -> NDArray[np.float32]:
    """Rows of the orthonormal DCT-II, without its normalisation: only signs count."""
    at = np.arange(_SIDE)
    return np.cos(np.pi * (2 * at + 1) * np.arange(_FREQUENCIES)[:, None] / (2 * _SIDE)).astype(np.float32)


def _lowest() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Vertical and horizontal frequency of every bit, lowest first; the lowest 96 come a second time.

    The lowest frequencies survive most edits, so they weigh twice.
    """
    grid = [(down, across) for down in range(_FREQUENCIES) for across in range(_FREQUENCIES) if down + across]
    grid.sort(key=lambda pair: (pair[0] ** 2 + pair[1] ** 2, pair))
    chosen = grid[:_DISTINCT_BITS] + grid[: 256 - _DISTINCT_BITS]
    down, across = np.array(chosen, dtype=np.intp).T
    return down, across


_BASIS: Final = _basis()
_DOWN, _ACROSS = _lowest()
_SYMMETRIES: Final = tuple((turn, down, across) for turn in (False, True) for down in (1, -1) for across in (1, -1))


def frame_codes(plane: NDArray[np.uint8]) -> tuple[bytes, ...]:
    """Codes of the whole frame in its eight views, itself first: mirrored and turned by quarters.

    Nothing for a frame without detail, whose signs would be those of rounding errors.
    """
    square = cv2.resize(plane, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    spectrum = _spectra(square[None])
    if _clear_share(spectrum)[0] < _MIN_CLEAR_FRAME:
        return ()
    odd = np.where(np.arange(_FREQUENCIES) % 2, -1, 1)
    # Mirroring an axis turns the sign of its odd frequencies; a diagonal mirror swaps the axes.
    views = [
        (spectrum.transpose(0, 2, 1) if turn else spectrum)
        * np.where(down < 0, odd, 1)[:, None]
        * np.where(across < 0, odd, 1)
        for turn, down, across in _SYMMETRIES
    ]
    return _codes(np.concatenate(views))


def region_codes(plane: NDArray[np.uint8], places: NDArray[np.float32], count: int) -> tuple[bytes, ...]:
    """Codes of the `count` regions that are most likely to keep theirs, the same for the mirrored image.

    Args:
        plane: (height, width) grey levels.
        places: (n, 4) x, y, diameter and angle of key points, strongest first.
        count: most codes wanted.
    """
    places = places[_usable(plane, places)][: _POOL * count]
    if not len(places):
        return ()
    spectra = _spectra(_windowed(_squares(plane, places)))
    # Of the two mirror images of a region, the one whose lowest vertical frequency is positive stands for both.
    spectra[:, 1::2] *= np.where(spectra[:, 1, 0] < 0, -1, 1)[:, None, None]
    likely = np.argsort(-_clear_share(spectra), kind="stable")[:count]
    return tuple(dict.fromkeys(_codes(spectra[likely])))


def _usable(plane: NDArray[np.uint8], places: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Regions that are large enough to be told apart and lie inside the plane."""
    height, width = plane.shape
    half = places[:, 2] * (_REGION_DIAMETERS / 2)
    slack = half * (1 - _MAX_OUTSIDE)
    x, y = places[:, 0], places[:, 1]
    inside = (x > slack) & (y > slack) & (x < width - slack) & (y < height - slack)
    return np.asarray(inside & (2 * half >= _MIN_REGION))


def _squares(plane: NDArray[np.uint8], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 32, 32) grey levels of each place's region, laid along its direction."""
    softened = {1: plane, 2: cv2.GaussianBlur(plane, (0, 0), 1.0), 3: cv2.GaussianBlur(plane, (0, 0), 2.0)}
    squares = np.empty((len(places), _SIDE, _SIDE), dtype=np.float32)
    middle = (_SIDE - 1) / 2
    for at, (x, y, diameter, angle) in enumerate(places.astype(np.float64)):
        step = diameter * _REGION_DIAMETERS / _SIDE
        across = step * np.cos(np.deg2rad(angle))
        down = step * np.sin(np.deg2rad(angle))
        back = np.array(
            [[across, -down, x - (across - down) * middle], [down, across, y - (down + across) * middle]],
        )
        # Sampled every `step` pixels, finer detail would alias.
        source = softened[1 if step < 1.5 else 2 if step < 3 else 3]
        squares[at] = cv2.warpAffine(
            source, back, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
        )
    return squares


def _windowed(squares: NDArray[np.float32]) -> NDArray[np.float32]:
    bell = cv2.getGaussianKernel(_SIDE, _WINDOW_PIXELS).astype(np.float32)
    window = (bell @ bell.T) / float(bell.max()) ** 2
    return np.asarray((squares - squares.mean(axis=(1, 2), keepdims=True)) * window)


def _spectra(squares: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 20, 20) lowest frequencies, vertical first."""
    return np.asarray(_BASIS @ squares @ _BASIS.T, dtype=np.float32)


def _clear_share(spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    sizes = np.abs(spectra[:, _DOWN, _ACROSS])
    mean = np.sqrt((sizes**2).mean(axis=1, keepdims=True))
    return np.asarray((sizes > _CLEAR * np.maximum(mean, 1e-6)).mean(axis=1), dtype=np.float32)


def _codes(spectra: NDArray[np.float32]) -> tuple[bytes, ...]:
    return tuple(bits.tobytes() for bits in np.packbits(spectra[:, _DOWN, _ACROSS] > 0, axis=1))
