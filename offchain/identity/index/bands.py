"""Disjoint bands of a 256-bit code, and the bucket numbers near a given one.

If two codes differ in at most r bits, and bands m = 1…M have limits t_m with Σ(t_m + 1) = r + 1, then at least one band
keeps its limit: otherwise the bands alone would differ in r + 1 bits. So looking into every bucket within t_m bits of
the query's, band by band, finds all (multi-index hashing: Norouzi, Punjani, Fleet, CVPR 2012; a limit for each band, -1
to leave one out: Qin et al., ICDE 2018). Bands need not cover the code, which leaves their width free.

Bit j of band m is bit m + BANDS·j of the code: neighbouring bits of a fingerprint resemble each other, and a band of
unlike bits fills its buckets more evenly.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["BANDS", "CODE_BITS", "CODE_BYTES", "CODE_WORDS", "band_width", "flips", "reach_needed", "within"]

CODE_BITS: Final = 256
CODE_BYTES: Final = CODE_BITS // 8
CODE_WORDS: Final = CODE_BITS // 64

BANDS: Final = 11
"""At radius 20 ten bands are searched to one bit and one exactly; a twelfth would pass 80 bytes a code."""

_MIN_WIDTH: Final = 14  # 0.7 MB of directory; spares small segments, of which there are few, most of their candidates
_MAX_WIDTH: Final = CODE_BITS // BANDS


def band_width(rows: int) -> int:
    """Bits of a band in a segment of `rows` codes: 8 to 16 codes a bucket, so that the directory stays small."""
    return min(max((rows // 8).bit_length() - 1, _MIN_WIDTH), _MAX_WIDTH)


def reach_needed(radius: int) -> int:
    """Smallest limit that, given to every band, finds all codes within `radius` bits."""
    return radius // BANDS


def within(width: int, reach: int) -> int:
    """Buckets at most `reach` bits from one of 2^width."""
    return sum(comb(width, bits) for bits in range(reach + 1))


@lru_cache(maxsize=64)
def flips(width: int, reach: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """All masks of `width` bits with at most `reach` set, fewest first; and how many have at most 0, 1, … `reach`."""
    masks = [sum(1 << bit for bit in bits) for count in range(reach + 1) for bits in combinations(range(width), count)]
    return np.array(masks, dtype=np.uint32), np.array([within(width, bits) for bits in range(reach + 1)])
