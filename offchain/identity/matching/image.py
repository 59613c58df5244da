"""Images: found by codes of the frame and of its regions, decided by key points and pixels that agree.

Filed are a code of the frame, one of the frame without its border, and those of the twelve regions that are most likely
to keep theirs; looked up are the frame's eight views and three times as many regions. A region's code is the same for
the mirrored image, and turns with it. Evidence then decides (`image_alignment`); what is found is what is drawn
(`image_picture`).
"""

from __future__ import annotations

from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from offchain.identity.matching.features import Features, Likeness, Probe, Region
from offchain.identity.matching.image_alignment import Alignment, by_frame, by_points, inverse
from offchain.identity.matching.image_codes import frame_codes, region_codes
from offchain.identity.matching.image_evidence import THUMBNAIL_SIDE, Evidence, pack, unpack
from offchain.identity.matching.image_points import KeyPoints, grey_plane, key_points, trimmed

__all__ = ["RADIUS", "compare", "features", "probe"]

Decision = Literal["same", "derived", "similar"]

RADIUS: Final = 26
"""Bits within which a code makes a candidate. Past 21, each makes an index of eleven bands flip a second bit in one."""

_FILED_REGIONS: Final = 12
_SOUGHT_REGIONS: Final = 36
_FEW_POINTS: Final = 60
"""Fewer key points than these are no argument against a copy whose pixels agree."""
_CONFIRMED: Final = ((40, 0.35), (8, 0.5), (5, 0.8))
"""Key points and the agreement of pixels that make a copy: fewer points need better pixels."""
_WIDE_SPREAD, _MIN_ELSEWHERE = 0.3, 0.3
"""Key points that take less of either frame than the first need pixels elsewhere that agree by the second."""
_FRAME_AGREEMENT, _FRAME_AGREEMENT_OF_MANY = 0.95, 0.97
"""Of whole frames without key points that agree; the second where both have enough of them."""
_SIMILAR_PAIRS, _SIMILAR_AGREEMENT = 10, 0.9
_SAME_AGREEMENT: Final = 0.985
_SAME_PLACE: Final = 0.015
"""Share of a side by which a corner may move in copies of a whole frame."""
_CORNERS: Final = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
_ERROR_RATE: Final = 1e-4
"""Upper end of the 95 % interval of each decision: none of 40,000 unrelated pairs reached one through the codes."""


def features(content: Image.Image) -> Features | None:
    """What a registered image is filed under; None if there is nothing to see in it.

    Args:
        content: upright, as `open_image` gives it.
    """
    plane = grey_plane(content)
    if plane is None:
        return None
    points = key_points(plane)
    codes = [code for frame in _frames(plane) for code in frame_codes(frame)[:1]]
    codes += region_codes(plane, points.places, _FILED_REGIONS)
    if not codes:
        return None
    evidence = _evidence(plane, points, mirrored=False)
    return Features("image", tuple(dict.fromkeys(codes)), np.zeros(0, dtype=np.uint64), evidence)


def probe(content: Image.Image) -> Probe | None:
    """What an image is looked up by; None if there is nothing to see in it.

    Args:
        content: upright, as `open_image` gives it.
    """
    plane = grey_plane(content)
    if plane is None:
        return None
    points = key_points(plane)
    codes = [code for frame in _frames(plane) for code in frame_codes(frame)]
    codes += region_codes(plane, points.places, _SOUGHT_REGIONS)
    if not codes:
        return None
    evidence = _evidence(plane, points, mirrored=True)
    return Probe("image", tuple(dict.fromkeys(codes)), RADIUS, np.zeros(0, dtype=np.uint64), 0, evidence)


def compare(probe: bytes, registered: bytes) -> Likeness | None:
    """Decide from a probe's evidence and a work's evidence; None when they have nothing in common.

    Raises:
        InputError: `evidence-malformed`.
    """
    here, there = unpack(probe), unpack(registered)
    points = by_points(here, there)
    if points is not None and any(points.pairs >= n and points.agreement >= least for n, least in _CONFIRMED):
        return _likeness(points, "similar" if _only_a_detail(points) else "derived", here)
    frame = by_frame(here, there)
    if frame.agreement >= (_FRAME_AGREEMENT if _few_points(here, there) else _FRAME_AGREEMENT_OF_MANY):
        return _likeness(frame, "derived", here)
    if points is not None and points.pairs >= _SIMILAR_PAIRS:
        return _likeness(points, "similar", here)
    return _likeness(frame, "similar", here) if frame.agreement >= _SIMILAR_AGREEMENT else None


def _frames(plane: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    inner = trimmed(plane)
    return (plane,) if inner.shape == plane.shape else (plane, inner)


def _evidence(plane: NDArray[np.uint8], points: KeyPoints, *, mirrored: bool) -> bytes:
    thumbnail = cv2.resize(plane, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA)
    return pack((plane.shape[1], plane.shape[0]), thumbnail.astype(np.uint8), points, mirrored=mirrored)


def _only_a_detail(found: Alignment) -> bool:
    """An emblem that unrelated images share agrees where it lies, and nothing does elsewhere."""
    return found.spread < _WIDE_SPREAD and found.elsewhere < _MIN_ELSEWHERE


def _few_points(here: Evidence, there: Evidence) -> bool:
    return min(len(here.views[0].places), len(there.views[0].places)) < _FEW_POINTS


def _likeness(found: Alignment, decision: Decision, here: Evidence) -> Likeness:
    if decision == "derived" and _whole_frame(found):
        decision = "same"
    region = _region(found)
    wanted = len(here.views[0].places)
    score = found.agreement if not found.pairs else max(0.0, found.agreement) * min(1.0, found.pairs / max(1, wanted))
    return Likeness(
        decision,
        "sift-ransac" if found.pairs else "thumbnail-correlation",
        round(min(1.0, score), 4),
        _ERROR_RATE,
        _sentence(found, region),
        (region,),
    )


def _whole_frame(found: Alignment) -> bool:
    """Every corner stays where it is, and so does what is between them."""
    moved = _CORNERS @ found.forward[:, :2].T + found.forward[:, 2]
    stays = bool(np.abs(moved - _CORNERS).max() <= _SAME_PLACE)
    return stays and not found.mirrored and found.agreement >= _SAME_AGREEMENT


def _region(found: Alignment) -> Region:
    """The boxes, in both frames, of what lies in the other."""
    backward = inverse(found.forward)
    return Region("pixel-share", _box(backward), _box(found.forward))


def _box(into: NDArray[np.float64]) -> tuple[float, ...]:
    """Left, top, right and bottom of the other frame as it lies in this one, cut at the edges."""
    corners = _CORNERS @ into[:, :2].T + into[:, 2]
    ends = np.clip([*corners.min(axis=0), *corners.max(axis=0)], 0, 1)
    return tuple(round(float(end), 4) for end in ends)


def _sentence(found: Alignment, region: Region) -> str:
    ways = ["mirrored"] if found.mirrored else []
    turn = round(abs((found.turn + 180) % 360 - 180))
    ways += [f"turned by {turn}°"] if turn else []
    left, top, right, bottom = region.there
    shown = round(100 * (right - left) * (bottom - top))
    ways.append(f"{shown} % of the registered image shown")
    witness = f"{found.pairs} key points agree" if found.pairs else "the whole frames agree"
    return f"{witness}, thumbnails correlate by {found.agreement:.2f}; {', '.join(ways)}"
