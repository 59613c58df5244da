"""Which works share most with a file, whoever looked the terms up."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["POSTINGS_READ", "ranked"]

POSTINGS_READ: Final = 256
"""Works read of a term that more have, those with the lowest keys of the oldest run first: a common phrase costs no
more than a rare one, and what is made of nothing else still finds who registered it first."""


def ranked(
    at: NDArray[np.int64],
    keys: NDArray[np.uint64],
    counts: NDArray[np.int64],
    total: int,
    min_shared: int,
    limit: int,
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Works that share terms with a file, best first.

    Rare terms count for more: works are ordered by the sum of log(postings / postings of the term), the inverse
    document frequency of Spärck Jones (1972), then by key.

    Args:
        at: number of the term, of each posting; a term and a work make one posting.
        keys: of the work, of each posting.
        counts: works that have it, of each term.
        total: postings of all works and terms.
        min_shared: terms that a work must share.
        limit: works returned at most.

    Returns:
        Keys (k,) and shared terms (k,).
    """
    weights = np.log(max(1, total) / np.maximum(counts, 1))
    works, inverse = np.unique(keys, return_inverse=True)
    shared = np.bincount(inverse, minlength=len(works))
    scores = np.bincount(inverse, weights[at], minlength=len(works))
    enough = np.flatnonzero(shared >= min_shared)
    best = enough[np.lexsort((works[enough], -scores[enough]))][:limit]
    return works[best], shared[best]
