"""What two images are compared by, as bytes: a thumbnail and the key points of each view.

Little-endian: version (u8), views (u8), width and height of the plane (u16 each), the thumbnail row by row; then of
every view its number of key points (u16), their places (n, 4) u16 and their descriptors (n, 32) u8. A registered work
keeps one view, at most 18 KiB; a file that is looked up has a second one, mirrored.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.errors import InputError
from offchain.identity.matching.image_points import MAX_POINTS, KeyPoints

__all__ = ["THUMBNAIL_SIDE", "Evidence", "View", "pack", "unpack"]

THUMBNAIL_SIDE: Final = 32

_VERSION: Final = 1
_HEAD: Final = struct.Struct("<BBHH")
_COUNT: Final = struct.Struct("<H")
_UNITS: Final = np.array([32, 32, 32, 128], dtype=np.float32)
"""Steps a pixel of x, y and diameter and a degree of angle are stored in."""
_MAX_SIDE: Final = 2_000
_DESCRIPTOR_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class View:
    """Key points of one view: places as in `KeyPoints`, descriptors of 256 bits."""

    places: NDArray[np.float32]
    descriptors: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What `compare` knows of an image.

    Attributes:
        size: width and height of the plane, pixels.
        thumbnail: (32, 32) float32 grey levels of the whole frame.
        views: itself; of a file that is looked up, also its mirror image.
    """

    size: tuple[int, int]
    thumbnail: NDArray[np.float32]
    views: tuple[View, ...]


def pack(plane_size: tuple[int, int], thumbnail: NDArray[np.uint8], points: KeyPoints, *, mirrored: bool) -> bytes:
    """Evidence of one image; with its mirror image if it is to be looked up."""
    width, _ = plane_size
    views = [_packed(points.places, points.descriptors)]
    if mirrored:
        turned = points.places * np.array([-1, 1, 1, -1], dtype=np.float32)
        turned += np.array([width - 1, 0, 0, 180], dtype=np.float32)
        turned[:, 3] %= 360
        views.append(_packed(turned, points.mirrored))
    return b"".join([_HEAD.pack(_VERSION, len(views), *plane_size), thumbnail.tobytes(), *views])


def unpack(evidence: bytes) -> Evidence:
    """Read evidence.

    Raises:
        InputError: `evidence-malformed`.
    """
    thumbnail_end = _HEAD.size + THUMBNAIL_SIDE**2
    if len(evidence) < thumbnail_end:
        raise _malformed(f"{len(evidence)} bytes")
    version, count, width, height = _HEAD.unpack_from(evidence)
    if version != _VERSION or count not in {1, 2}:
        raise _malformed(f"version {version} with {count} views")
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise _malformed(f"{width} × {height} pixels")
    thumbnail = np.frombuffer(evidence, np.uint8, THUMBNAIL_SIDE**2, _HEAD.size).astype(np.float32)
    views, at = [], thumbnail_end
    for _ in range(count):
        view, at = _unpacked(evidence, at)
        views.append(view)
    if at != len(evidence):
        raise _malformed(f"{len(evidence) - at} bytes too many")
    return Evidence((width, height), thumbnail.reshape(THUMBNAIL_SIDE, THUMBNAIL_SIDE), tuple(views))


def _packed(places: NDArray[np.float32], descriptors: NDArray[np.uint8]) -> bytes:
    steps = np.clip(np.round(places * _UNITS), 0, 65_535).astype("<u2")
    return _COUNT.pack(len(places)) + steps.tobytes() + descriptors.tobytes()


def _unpacked(evidence: bytes, at: int) -> tuple[View, int]:
    if at + _COUNT.size > len(evidence):
        raise _malformed("a view is missing")
    (count,) = _COUNT.unpack_from(evidence, at)
    places_at = at + _COUNT.size
    descriptors_at = places_at + 8 * count
    end = descriptors_at + _DESCRIPTOR_BYTES * count
    if count > MAX_POINTS or end > len(evidence):
        raise _malformed(f"{count} key points")
    steps = np.frombuffer(evidence, "<u2", 4 * count, places_at).astype(np.float32).reshape(count, 4)
    steps[:, 2] = np.maximum(steps[:, 2], 1)  # a diameter is divided by
    descriptors = np.frombuffer(evidence, np.uint8, _DESCRIPTOR_BYTES * count, descriptors_at)
    return View(steps / _UNITS, descriptors.reshape(count, _DESCRIPTOR_BYTES)), end


def _malformed(what: str) -> InputError:
    return InputError("evidence-malformed", f"this is no evidence of an image: {what}", "file the work again")
