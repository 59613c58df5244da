"""How one image lies in another: the affine map that most key points agree on, and whether the pixels confirm it.

Key points vouch for geometry, the thumbnails for content: two pictures under the same logo have the first without the
second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from offchain.identity.matching.image_evidence import THUMBNAIL_SIDE, Evidence, View

__all__ = ["Alignment", "by_frame", "by_points", "inverse"]

_MAX_BITS: Final = 80
"""Distance of 256-bit descriptors above which two key points are not the same."""
_MAX_RATIO: Final = 0.85
"""Of the nearest descriptor's distance to the second nearest's (Lowe 2004, section 7.1)."""
_REPROJECTION_PIXELS: Final = 4.0
_MAX_TURN: Final = 25.0
"""Degrees by which the angle of a key point may differ from what the map makes of it."""
_MAX_GROWTH: Final = 1.6
_MIN_PAIRS: Final = 5
_MAX_SCALE, _MAX_STRETCH = 12.0, 2.5
_PLENTY: Final = 20
"""Key points that agree, with which the mirror image need not be tried."""
_ITERATIONS: Final = 600
_CONFIDENCE: Final = 0.995
_MIN_OVERLAP_PIXELS: Final = 40
_MIN_DETAIL: Final = 1.0
"""Mean square of the grey levels of detail below which there is nothing to compare."""
_Y, _X = np.mgrid[-1 : 1 : THUMBNAIL_SIDE * 1j, -1 : 1 : THUMBNAIL_SIDE * 1j]
_TREND: Final = np.stack([np.ones_like(_X), _X, _Y, _X * _X, _X * _Y, _Y * _Y], axis=-1)
_WHOLE: Final = np.ones((THUMBNAIL_SIDE, THUMBNAIL_SIDE), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Alignment:
    """A hypothesis how the file lies in the registered work.

    Attributes:
        forward: (2, 3) affine map from the file's unit square to the registered work's, mirror image included.
        pairs: key points that agree with it; 0 if it comes from the thumbnails alone.
        spread: share of the registered frame, or of the file's if that is more, that lies between these.
        agreement: correlation of the thumbnails where they overlap, slow changes of brightness left out.
        elsewhere: the same outside the key points' hull; 1 if there is nothing to see there.
        turn: degrees, clockwise, by which the file, unmirrored, has to be turned to lie as the registered work does.
        mirrored: whether the file shows a mirror image.
    """

    forward: NDArray[np.float64]
    pairs: int
    spread: float
    agreement: float
    elsewhere: float
    turn: float
    mirrored: bool


def by_points(here: Evidence, there: Evidence) -> Alignment | None:
    """The map that most key points agree on, over the views of the file; None if hardly any do."""
    best: Alignment | None = None
    for view, mirrored in zip(here.views, (False, True), strict=False):
        found = _aligned(here, there, view, mirrored=mirrored)
        if found is not None and (best is None or found.pairs > best.pairs):
            best = found
        if best is not None and best.pairs >= _PLENTY:
            break
    return best


def by_frame(here: Evidence, there: Evidence) -> Alignment:
    """The best of the eight ways to lay one frame over the other, mirrored and turned by quarters."""
    ours, theirs = (_detail(side.thumbnail, _WHOLE).reshape(_WHOLE.shape) for side in (here, there))
    scale = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    if scale <= _MIN_DETAIL * ours.size:
        return Alignment(np.eye(2, 3), 0, 1.0, 0.0, 1.0, 0.0, mirrored=False)
    found = [
        Alignment(forward, 0, 1.0, float((ours * _laid(theirs, forward)).sum()) / scale, 1.0, turn, mirrored)
        for forward, turn, mirrored in _FRAME_MAPS
    ]
    return max(found, key=lambda alignment: alignment.agreement)


def _laid(theirs: NDArray[np.float64], forward: NDArray[np.float64]) -> NDArray[np.float64]:
    """The registered thumbnail laid over the file's: at every place what one of the eight maps takes it to."""
    swapped = bool(forward[0, 0] == 0)
    down = forward[1, 0 if swapped else 1]
    across = forward[0, 1 if swapped else 0]
    flipped = theirs[:: int(down), :: int(across)]
    return flipped.T if swapped else flipped


def _frame_maps() -> tuple[tuple[NDArray[np.float64], float, bool], ...]:
    maps = []
    for quarters in range(4):
        turn = np.round([np.cos(np.pi * quarters / 2), np.sin(np.pi * quarters / 2)])
        for across in (1, -1):
            matrix = np.array([[across * turn[0], -turn[1]], [across * turn[1], turn[0]]])
            offset = (matrix.sum(axis=1) < 0).astype(np.float64)
            maps.append((np.column_stack([matrix, offset]), 90.0 * quarters, across < 0))
    return tuple(maps)


_FRAME_MAPS: Final = _frame_maps()


def _aligned(here: Evidence, there: Evidence, view: View, *, mirrored: bool) -> Alignment | None:
    ours, theirs = _paired(view, there.views[0])
    if len(ours) < _MIN_PAIRS:
        return None
    estimate, _ = cv2.estimateAffine2D(
        np.ascontiguousarray(ours[:, :2]),
        np.ascontiguousarray(theirs[:, :2]),
        method=cv2.RANSAC,
        ransacReprojThreshold=_REPROJECTION_PIXELS,
        maxIters=_ITERATIONS,
        confidence=_CONFIDENCE,
    )
    affine = None if estimate is None else np.asarray(estimate, dtype=np.float64)
    if affine is None or not _plausible(affine):
        return None
    agree = _agreeing(affine, ours, theirs)
    # Several key points at one place with several angles bear witness once.
    pairs = len(np.unique(np.round(ours[agree, :2]), axis=0))
    if pairs < _MIN_PAIRS:
        return None
    forward = _unit(affine, here.size, there.size, mirrored=mirrored)
    hulls = _hull(ours[agree], here.size), _hull(theirs[agree], there.size)
    spread = max(float(cv2.contourArea(hull)) for hull in hulls)
    if mirrored:
        hulls[0][:, 0] = 1 - hulls[0][:, 0]
    agreement = _agreement(here, there, forward, None)
    elsewhere = _agreement(here, there, forward, hulls)
    return Alignment(
        forward,
        pairs,
        spread,
        0.0 if agreement is None else agreement,
        1.0 if elsewhere is None else elsewhere,
        _turn(affine),
        mirrored,
    )


def _paired(view: View, there: View) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Places of key points whose descriptors are nearest and clearly nearer than the second nearest, (n, 4) each."""
    if not len(view.places) or len(there.places) < 2:
        return view.places[:0], there.places[:0]
    distances, nearest = cv2.batchDistance(
        view.descriptors, there.descriptors, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=2
    )
    first, second = distances[:, 0], distances[:, 1]
    # A second that is the same key point with another angle is no rival.
    at_first, at_second = there.places[nearest[:, 0], :2], there.places[nearest[:, 1], :2]
    rivals = np.linalg.norm(at_first - at_second, axis=1) > _REPROJECTION_PIXELS
    clear = (first <= _MAX_BITS) & ((first <= _MAX_RATIO * second) | ~rivals)
    return view.places[clear], there.places[nearest[clear, 0]]


def _plausible(affine: NDArray[np.float64]) -> bool:
    sizes = np.linalg.svd(affine[:, :2], compute_uv=False)
    return bool(
        np.linalg.det(affine[:, :2]) > 0
        and 1 / _MAX_SCALE <= sizes[1] <= sizes[0] <= _MAX_SCALE
        and sizes[0] <= _MAX_STRETCH * sizes[1]
    )


def _agreeing(affine: NDArray[np.float64], ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pairs that the map takes to the right place, turned and grown as it says."""
    linear = affine[:, :2]
    moved = ours[:, :2] @ linear.T + affine[:, 2]
    near = np.linalg.norm(moved - theirs[:, :2], axis=1) <= _REPROJECTION_PIXELS
    off = (theirs[:, 3] - ours[:, 3] - _turn(affine) + 180) % 360 - 180
    growth = theirs[:, 2] / (ours[:, 2] * np.sqrt(np.linalg.det(linear)))
    return np.asarray(near & (np.abs(off) <= _MAX_TURN) & (growth <= _MAX_GROWTH) & (growth >= 1 / _MAX_GROWTH))


def _turn(affine: NDArray[np.float64]) -> float:
    """Degrees of the rotation nearest to the map's linear part."""
    return float(np.rad2deg(np.arctan2(affine[1, 0] - affine[0, 1], affine[0, 0] + affine[1, 1])))


def _unit(
    affine: NDArray[np.float64], here: tuple[int, int], there: tuple[int, int], *, mirrored: bool
) -> NDArray[np.float64]:
    """The map between unit squares, from the one between the pixels of a view and of the registered plane."""
    # Pixel centres lie half a pixel inside.
    centred = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    flip = np.array([[-1, 0, here[0] - 1], [0, 1, 0], [0, 0, 1]]) if mirrored else np.eye(3)
    pixels = np.vstack([affine, [0, 0, 1]]) @ flip
    whole = np.diag([1 / there[0], 1 / there[1], 1]) @ np.linalg.inv(centred) @ pixels @ centred @ np.diag([*here, 1])
    return np.asarray(whole[:2])


def inverse(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (2, 3) affine map back."""
    linear = np.linalg.inv(affine[:, :2])
    return np.column_stack([linear, -linear @ affine[:, 2]])


def _hull(places: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """(n, 2) corners of the convex hull, in shares of the sides."""
    shares = np.asarray(places[:, :2] / np.array(size), dtype=np.float32)
    return np.asarray(cv2.convexHull(shares)[:, 0], dtype=np.float32)


def _agreement(
    here: Evidence,
    there: Evidence,
    forward: NDArray[np.float64],
    hidden: tuple[NDArray[np.float32], NDArray[np.float32]] | None,
) -> float | None:
    """Correlation of detail where the frames overlap, -1 to 1; None if one of them has none there.

    Args:
        here: of the file.
        there: of the registered work.
        forward: between unit squares.
        hidden: polygons, of the file and of the registered work, that are left out.
    """
    grid, other, polygon = here.thumbnail, there.thumbnail, hidden and hidden[0]
    shift = forward[:, 2] * THUMBNAIL_SIDE + forward[:, :2] @ np.full(2, 0.5) - 0.5
    pixels = np.column_stack([forward[:, :2], shift])
    # Over the grid of the thumbnail that shows less of the scene: no pixel of the other is then skipped.
    if abs(np.linalg.det(pixels[:, :2])) > 1:
        grid, other, polygon, pixels = other, grid, hidden and hidden[1], inverse(pixels)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    warped = cv2.warpAffine(other, pixels, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = np.asarray(cv2.warpAffine(np.ones(size, np.float32), pixels, size, flags=flags)) > 0.99
    if polygon is not None:
        covered = cv2.fillConvexPoly(np.zeros(size, np.uint8), np.round(polygon * THUMBNAIL_SIDE).astype(np.int32), 1)
        inside &= np.asarray(covered) == 0
    return _correlation(grid, np.asarray(warped, dtype=np.float32), inside)


def _correlation(left: NDArray[np.float32], right: NDArray[np.float32], inside: NDArray[np.bool_]) -> float | None:
    if inside.sum() < _MIN_OVERLAP_PIXELS:
        return None
    ours, theirs = _detail(left, inside), _detail(right, inside)
    scale = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    return float(ours @ theirs) / scale if scale > _MIN_DETAIL * inside.sum() else None


def _detail(levels: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Grey levels less their quadratic trend: every soft gradient resembles every other."""
    trend = _TREND[inside]
    wanted = levels[inside].astype(np.float64)
    return np.asarray(wanted - trend @ np.linalg.lstsq(trend, wanted, rcond=None)[0])
