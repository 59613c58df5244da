"""A catalogue cut into parts for several workers; works that share a holder with a floor stay together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from offchain.pricing.catalogue.arrays import Catalogue, Holders, Indices
from offchain.pricing.catalogue.grouping import floors_of

__all__ = ["partition", "take"]


def partition(catalogue: Catalogue, parts: int) -> list[Indices]:
    """Numbers of the works of each part, rising; the parts are as even as the groups allow."""
    floors = floors_of(catalogue.holders)
    groups = np.split(floors.works, floors.works_start[1:-1])
    shares: list[list[Indices]] = [[] for _ in range(parts)]
    sizes = np.zeros(parts, np.int64)
    for group in sorted(groups, key=len, reverse=True):
        part = int(sizes.argmin())
        shares[part].append(group)
        sizes[part] += len(group)
    free = np.setdiff1d(np.arange(len(catalogue.revenue)), floors.works)
    wanted = np.maximum(len(catalogue.revenue) / parts - sizes, 0)
    cuts = np.round(np.cumsum(wanted) / max(wanted.sum(), 1) * len(free)).astype(np.int64)[:-1]
    works = zip(shares, np.split(free, cuts), strict=True)
    return [np.sort(np.concatenate([*share, rest])) for share, rest in works]


def take(catalogue: Catalogue, works: Indices) -> Catalogue:
    """These works as a catalogue of their own, with all rows and all holders.

    The floor of a holder without works here is 0; that of a holder without any works goes with work 0.
    """
    holders = catalogue.holders
    counts = np.diff(holders.start)[works]
    start = np.append(0, np.cumsum(counts))
    entry = np.arange(start[-1]) + np.repeat(holders.start[works] - start[:-1], counts)
    here = np.isin(np.arange(len(holders.floors)), holders.index[entry])
    if len(works) and works[0] == 0:
        here |= ~np.isin(np.arange(len(holders.floors)), holders.index)
    floors = np.where(here, holders.floors, 0.0)
    return replace(
        catalogue,
        revenue=catalogue.revenue[works],
        lowest=catalogue.lowest[works],
        highest=catalogue.highest[works],
        holders=Holders(start, holders.index[entry], holders.share[entry], floors, holders.penalties),
        sales=None if catalogue.sales is None else catalogue.sales[works],
    )
