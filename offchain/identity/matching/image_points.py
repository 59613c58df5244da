"""The grey plane that images are compared on, and the key points found there.

Key points are those of SIFT (Lowe, Distinctive Image Features from Scale-Invariant Keypoints, IJCV 60, 2004): they
follow what is depicted, whatever its place, size and angle.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from offchain.identity.image import MIN_CONTRAST, on_white

__all__ = ["MAX_POINTS", "KeyPoints", "grey_plane", "key_points", "trimmed"]

PLANE_SIDE: Final = 320
"""Side of a square of as many pixels as every plane has. Larger ones find more, and take longer by the square."""

_MAX_ASPECT: Final = 8.0
MAX_POINTS: Final = 450
_FLAT: Final = 0.01
"""Contrast below which SIFT drops a point; Lowe's 0.04 leaves too few of them on skies and flat drawings."""
_EDGE: Final = 10.0
_BLUR: Final = 1.6
_BORDER_LEVELS: Final = 12
_CELLS, _ORIENTATIONS = 4, 8


@dataclass(frozen=True, slots=True)
class KeyPoints:
    """Where an image has something to hold on to, strongest first.

    Attributes:
        places: (n, 4) float32: x and y in pixels of the plane, diameter in pixels, angle in degrees.
        descriptors: (n, 32) uint8: 256 bits of the gradients around each.
        mirrored: the same, as they would be if the image were mirrored.
    """

    places: NDArray[np.float32]
    descriptors: NDArray[np.uint8]
    mirrored: NDArray[np.uint8]


def grey_plane(image: Image.Image) -> NDArray[np.uint8] | None:
    """The upright image as (height, width) grey levels of about `PLANE_SIDE`² pixels, its contrast stretched.

    None if there is nothing to see: less contrast than an image's own code needs.
    """
    aspect = min(_MAX_ASPECT, max(1 / _MAX_ASPECT, image.width / image.height))
    size = round(PLANE_SIDE * sqrt(aspect)), round(PLANE_SIDE / sqrt(aspect))
    kernel = Image.Resampling.BICUBIC
    grey = np.asarray(on_white(image).resize(size, kernel, reducing_gap=2.0).convert("L"), dtype=np.float32)
    low, high = (float(level) for level in np.percentile(grey, (0.5, 99.5)))
    if high - low < MIN_CONTRAST:
        low, high = float(grey.min()), float(grey.max())
    if high - low < MIN_CONTRAST:
        return None
    return np.asarray(np.clip((grey - low) * (255 / (high - low)), 0, 255), dtype=np.uint8)


def trimmed(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The plane without a border of one level: the frame of a picture, the margins of a page."""
    differs = np.abs(plane.astype(np.int16) - int(plane[0, 0])) > _BORDER_LEVELS
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    return plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else plane


def key_points(plane: NDArray[np.uint8]) -> KeyPoints:
    """Find and describe the key points of a plane, `MAX_POINTS` at most."""
    found, gradients = cv2.SIFT.create(MAX_POINTS, 3, _FLAT, _EDGE, _BLUR).detectAndCompute(plane, None)
    if not found:
        none = np.zeros((0, 32), dtype=np.uint8)
        return KeyPoints(np.zeros((0, 4), dtype=np.float32), none, none)
    order = np.argsort([-point.response for point in found], kind="stable")[:MAX_POINTS]
    places = np.array([(*found[at].pt, found[at].size, found[at].angle) for at in order], dtype=np.float32)
    cells = gradients[order].astype(np.int16).reshape(-1, _CELLS, _CELLS, _ORIENTATIONS)
    return KeyPoints(places, _signs(cells), _signs(_mirror(cells)))


def _mirror(cells: NDArray[np.int16]) -> NDArray[np.int16]:
    """Gradients of the mirrored image: across a point's own direction, rows change places and angles change sign."""
    return cells[:, ::-1, :, -np.arange(_ORIENTATIONS) % _ORIENTATIONS]


def _signs(cells: NDArray[np.int16]) -> NDArray[np.uint8]:
    """256 bits from 128 gradients: which exceed their median, and which exceed the next orientation of their cell."""
    flat = cells.reshape(len(cells), -1)
    high = flat > np.median(flat, axis=1, keepdims=True)
    rising = (cells > np.roll(cells, -1, axis=3)).reshape(len(cells), -1)
    return np.packbits(np.concatenate([high, rising], axis=1), axis=1)
