"""Random catalogues that tests and benchmarks share: 144 variables a work, binding rows, binding floors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from offchain.pricing.catalogue.arrays import Bytes, Catalogue, Floats, Holders, accessibility

__all__ = ["SEGMENTS", "STEPS", "TIERS", "catalogue", "repriced"]

TIERS, SEGMENTS, STEPS = 4, 3, 12
CELLS = TIERS * SEGMENTS
SLICE = 1000
"""Works made at a time, so that making a catalogue takes little more memory than it does."""
LADDERS = np.array([np.round(np.geomspace(200 * 3**tier, 6000 * 3**tier, STEPS)) for tier in range(TIERS)])
"""(T, K) prices in cents; a tier's ladder is three times that of the narrower one."""


def catalogue(works: int, *, seed: int = 0, chains: bool = False, floored: float = 0.1) -> Catalogue:
    """A catalogue whose rows bind, and about half of whose floors bind.

    Args:
        works: W, at least 20.
        seed: of all that is random.
        chains: whether a broader tier may not cost less than a narrower one, segment by segment.
        floored: fraction of the works that have a holder with a floor.
    """
    rng = np.random.default_rng(seed)
    revenue = _revenue(works, rng)
    parent = np.full(CELLS, -1)
    least = np.zeros((CELLS, STEPS), np.uint8)
    if chains:
        for cell in range(CELLS):
            tier = cell % TIERS
            if tier:
                parent[cell] = cell - 1
                least[cell] = np.searchsorted(LADDERS[tier], LADDERS[tier - 1])
    lowest = rng.integers(0, 2, (works, CELLS), dtype=np.uint8)
    highest = (STEPS - rng.integers(1, 3, (works, CELLS))).astype(np.uint8)
    best, most = _alone(revenue, lowest, highest)
    shape = (CELLS, STEPS)
    caps = [{0: 4}, {5: 5}, {10: 5}, {8: 3, 9: 3, 10: 3, 11: 3}]
    rows = []
    for number, cap in enumerate(caps):
        already = sum(int((best[:, cell] <= step).sum()) for cell, step in cap.items())
        wanted = already + 0.3 * (works * len(cap) - already)
        rows.append(accessibility(f"accessible {number}", cap, np.floor(wanted), shape))
    holders = _holders(most, floored, rng)
    return Catalogue(revenue, lowest, highest, parent, least, tuple(rows), holders)


def repriced(known: Catalogue, *, fraction: float = 0.01, seed: int = 1) -> Catalogue:
    """The same catalogue after the demand of some works has changed."""
    rng = np.random.default_rng(seed)
    works = len(known.revenue)
    chosen = rng.choice(works, max(1, int(works * fraction)), replace=False)
    revenue = known.revenue.copy()
    revenue[chosen] = _revenue(len(chosen), rng)
    return replace(known, revenue=revenue)


def _revenue(works: int, rng: np.random.Generator) -> Floats:
    """(W, C, K): price · logit demand · share kept, medians and markets spread over works and cells."""
    centre = np.tile(LADDERS[:, STEPS // 2], SEGMENTS)
    quality = np.exp(rng.normal(0, 0.5, (works, 1)))
    median = centre * quality * np.exp(rng.normal(0, 0.3, (works, CELLS)))
    spread = median * rng.uniform(0.15, 0.4, (works, CELLS))
    market = np.exp(rng.normal(3, 0.8, (works, CELLS))) * np.tile(3.0 ** -np.arange(TIERS), SEGMENTS)
    kept = 1 - rng.choice([0, 0.1, 0.25], works)
    scale = (market * kept[:, None])[..., None]
    prices = np.tile(LADDERS, (SEGMENTS, 1))
    revenue = np.empty((works, CELLS, STEPS))
    for first in range(0, works, SLICE):
        part = slice(first, first + SLICE)
        odds = (prices - median[part, :, None]) / spread[part, :, None]
        revenue[part] = scale[part] * prices / (1 + np.exp(np.minimum(odds, 50)))
    return revenue


def _alone(revenue: Floats, lowest: Bytes, highest: Bytes) -> tuple[Bytes, Floats]:
    """Best step of each cell (W, C) and most revenue of each work (W,), were there no rows; slice by slice."""
    steps = np.arange(STEPS)
    best, most = np.empty_like(lowest), np.empty(len(revenue))
    for first in range(0, len(revenue), SLICE):
        part = slice(first, first + SLICE)
        open_steps = (steps >= lowest[part, :, None]) & (steps <= highest[part, :, None])
        allowed = np.where(open_steps, revenue[part], -1.0)
        best[part], most[part] = allowed.argmax(axis=2), allowed.max(axis=2).sum(axis=1)
    return best, most


def _holders(most: Floats, floored: float, rng: np.random.Generator) -> Holders:
    """Holders of three works each; every twelfth of these works has a second holder, so that groups grow."""
    works = len(most)
    chosen = rng.permutation(works)[: max(1, round(works * floored))]
    count = -(-len(chosen) // 3)
    first = np.arange(len(chosen)) // 3
    entries = [(work, holder, rng.uniform(0.3, 0.7)) for work, holder in zip(chosen, first, strict=True)]
    if count > 1:
        entries += [(work, (first[at] + 1) % count, 0.25) for at, work in enumerate(chosen) if at % 12 == 0]
    entries.sort()
    work, holder, share = (np.array(column) for column in zip(*entries, strict=True))
    start = np.searchsorted(work, np.arange(works + 1))
    reachable = np.bincount(holder, share * most[work], minlength=count)
    floors = reachable * rng.uniform(0.99, 1.001, count)  # a few are out of reach
    return Holders(start, holder.astype(np.int64), share, floors, rng.uniform(0.5, 3, count))
