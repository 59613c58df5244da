"""Which works stand together: those that share holders with a floor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from offchain.pricing.catalogue.arrays import Holders, Indices
from offchain.pricing.catalogue.floors import Floors

__all__ = ["floors_of"]


def floors_of(holders: Holders) -> Floors:
    """Floors above 0, and their groups."""
    active = holders.floors > 0
    kept = active[holders.index] & (holders.share > 0)
    works_of_entries = np.repeat(np.arange(len(holders.start) - 1), np.diff(holders.start))
    work, index = works_of_entries[kept], holders.index[kept]
    start = np.searchsorted(work, np.arange(len(holders.start)))
    chosen = np.flatnonzero(active)
    works = np.unique(work)
    label_works, label_holders = _components(len(holders.start) - 1, len(active), work, index)
    works, works_start = _by_label(works, label_works[works])
    groups = np.unique(label_holders[chosen])
    chosen, holders_start = _by_label(chosen, label_holders[chosen])
    # A holder without works is a group without works: count works by the holders' labels.
    works_start = np.searchsorted(np.sort(label_works[works]), np.append(groups, np.iinfo(np.int64).max))
    return Floors(
        start, index, holders.share[kept], holders.floors, holders.penalties, works, works_start, chosen, holders_start
    )


def _components(works: int, holders: int, work: Indices, index: Indices) -> tuple[Indices, Indices]:
    """Labels of the works and of the holders: equal where shares connect them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = works + holders
    edges = coo_array((np.ones(len(work), np.int8), (work, works + index)), shape=(size, size))
    labels: NDArray[np.int32] = connected_components(edges, directed=False)[1]
    wide = labels.astype(np.int64)
    return wide[:works], wide[works:]


def _by_label(members: Indices, labels: Indices) -> tuple[Indices, Indices]:
    """Members sorted by label, and where each label's begin, with the end."""
    order = np.argsort(labels, kind="stable")
    counts = np.unique(labels, return_counts=True)[1]
    return members[order], np.append(0, np.cumsum(counts))
