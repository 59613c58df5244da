"""Prices between two solves: the best steps of a work at duals that stay as they are."""

from __future__ import annotations

import numpy as np

from offchain.pricing.catalogue.accounts import Accounts
from offchain.pricing.catalogue.arrays import Bytes, Catalogue, Duals, Floats, Indices
from offchain.pricing.catalogue.kernels import Blocks, Toll, best_steps, compiled

__all__ = ["Requotes"]


class Requotes:
    """Answers for single works once demand has changed.

    The rows are kept by their duals only, so many new prices may use a little more or less than a row's limit.

    Args:
        catalogue: its revenue may be written anew between calls, in place.
        duals: of the last solve.
    """

    def __init__(self, catalogue: Catalogue, duals: Duals) -> None:
        accounts = Accounts(catalogue)
        self._blocks, self._toll = accounts.blocks, accounts.toll(duals.rows)
        works = len(catalogue.revenue)
        place, holder, share = accounts.shares(np.arange(works))
        self._weights = 1.0 + np.bincount(place, share * duals.holders[holder], works).astype(np.float64)

    def steps(self, works: Indices) -> Bytes:
        """(n, C), the best steps of the works; a work between two price lists gets the cheaper of equals."""
        return _requote(self._blocks, works, self._weights, self._toll)


@compiled
def _requote(blocks: Blocks, works: Indices, weights: Floats, toll: Toll) -> Bytes:
    steps = np.zeros((works.shape[0], blocks.revenue.shape[1]), np.uint8)
    value = np.empty(blocks.revenue.shape[1:])
    for place in range(works.shape[0]):
        work = works[place]
        bounds = blocks.lowest[work], blocks.highest[work]
        best_steps(blocks, work, bounds, weights[work], toll, (value, steps[place]))
    return steps
