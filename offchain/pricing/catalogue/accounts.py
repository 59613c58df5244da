"""What price lists earn, use of the rows, and pay to holders; no choice is made here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from offchain.pricing.catalogue.arrays import Catalogue, Floats, Indices
from offchain.pricing.catalogue.floors import Floors
from offchain.pricing.catalogue.grouping import floors_of
from offchain.pricing.catalogue.kernels import Blocks, Mixture, Toll, tally

__all__ = ["Accounts"]


class Accounts:
    """A catalogue, arranged for reading.

    Attributes:
        blocks: its works.
        floors: its floors, and the groups of works that they tie.
        group: (W,), group of each work, −1 where no floor ties it.
        holder_group: (H,), group of each holder, −1 where it has no floor.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        works, *shape = catalogue.revenue.shape
        sales = np.empty((0, 1, 1)) if catalogue.sales is None else catalogue.sales
        read = catalogue.revenue, sales, catalogue.lowest, catalogue.highest, catalogue.parent, catalogue.least
        # In one order of memory, since the kernels are compiled anew for every other one.
        self.blocks = Blocks(*map(np.ascontiguousarray, read))
        weights = [(row.weights * (row.per == "price"), row.weights * (row.per == "sale")) for row in catalogue.rows]
        self._weights = np.array(weights, dtype=float).reshape(-1, 2, *shape)
        self.floors: Floors = floors_of(catalogue.holders)
        self.group = _labels(works, self.floors.works, self.floors.works_start)
        self.holder_group = _labels(len(self.floors.floors), self.floors.holders, self.floors.holders_start)

    def toll(self, rows: Floats) -> Toll:
        """What the rows charge each step at their duals (A,)."""
        return Toll(*np.tensordot(rows, self._weights, 1))

    def total(self, works: Indices, mixture: Mixture) -> tuple[Floats, Floats]:
        """Revenue of each of these works (W,), 0 for others, and what they use of the rows (A,)."""
        revenue = np.zeros(len(self.group))
        counted = np.zeros((2, *self._weights.shape[2:]))
        tally(self.blocks, works, mixture, (revenue, counted[0], counted[1]))
        return revenue, np.tensordot(self._weights, counted, 3)

    def priced(self, work: Indices, steps: Sequence[bytes]) -> tuple[Floats, Floats]:
        """Revenue (n,) and use of the rows (n, A) of single works at given steps (C bytes each)."""
        blocks = self.blocks
        cells = np.arange(blocks.revenue.shape[1])
        chosen = np.frombuffer(b"".join(steps), np.uint8).reshape(-1, len(cells))
        uses = self._weights[:, 0][:, cells, chosen].sum(axis=2)
        if len(blocks.sales):
            sold = blocks.sales[work[:, None], cells, chosen]
            uses = uses + (self._weights[:, 1][:, cells, chosen] * sold).sum(axis=2)
        return blocks.revenue[work[:, None], cells, chosen].sum(axis=1), uses.T

    def shares(self, work: Indices) -> tuple[Indices, Indices, Floats]:
        """Of a list of works, the shares of holders with a floor: place in the list, holder, fraction."""
        floors = self.floors
        counts = floors.start[work + 1] - floors.start[work]
        place = np.repeat(np.arange(len(work)), counts)
        entry = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + floors.start[work][place]
        return place, floors.owner[entry], floors.share[entry]

    def shortfalls(self, revenue: Floats, holders: NDArray[np.bool_]) -> Floats:
        """(H,), how much the chosen holders lack of their floors at these revenues (W,); 0 for others."""
        floors = self.floors
        work = np.repeat(np.arange(len(revenue)), np.diff(floors.start))
        earned = np.bincount(floors.owner, floors.share * revenue[work], len(floors.floors))
        return np.maximum(floors.floors - earned, 0.0) * holders


def _labels(size: int, members: Indices, start: Indices) -> Indices:
    labels = np.full(size, -1)
    labels[members] = np.repeat(np.arange(len(start) - 1), np.diff(start))
    return labels
