"""Long gradients made short: inner products of sketches are those of the gradients, but for a small random error.

Every coordinate is added to one of a few bins under a random sign (count sketch: Charikar, Chen, Farach-Colton 2002;
feature hashing: Weinberger et al. 2009, lemma 2: unbiased, with a variance of order 1 / bins). Bin and sign come from
SplitMix64 of the coordinate's number, so that anybody computes the same sketch with any library.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BINS", "sketched", "splitmix64"]

BINS: Final = 4096
"""Length of a sketch; a power of two, so that the top bits of a hash are a bin."""

_BITS: Final = BINS.bit_length() - 1


def sketched(gradient: NDArray[np.float64]) -> NDArray[np.float64]:
    """A vector [n] as its sketch [BINS], scaled to length 1; a zero vector stays zero."""
    import numpy as np

    bins, signs = _places(len(gradient))
    summed = np.zeros(BINS) + np.bincount(bins, weights=gradient * signs, minlength=BINS)
    return summed / (float(np.linalg.norm(summed)) or 1.0)


def splitmix64(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The first output of SplitMix64 seeded with each number (Steele, Lea, Flood 2014, figure 16)."""
    import numpy as np

    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@lru_cache(maxsize=1)
def _places(count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Bin and sign of each coordinate."""
    import numpy as np

    hashed = splitmix64(np.arange(count, dtype=np.uint64))
    bins = (hashed >> np.uint64(64 - _BITS)).astype(np.int64)
    return bins, np.where(hashed & np.uint64(1), 1.0, -1.0)
