"""The linear programme of a catalogue as one sparse matrix, from which every alternative is fed.

One variable for each work, cell and allowed step; each cell chooses one step; a row each for accessibility and budgets,
and one for each holder's floor with a variable for its shortfall. Built in NumPy, without a loop over works.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from offchain.pricing.catalogue.arrays import Catalogue, Floats, Indices

__all__ = ["Linear", "linear_programme"]


class Linear(NamedTuple):
    """min cost · x, low ≤ matrix · x ≤ high, 0 ≤ x; steps that bounds forbid have no column.

    Attributes:
        cost: (columns,), the revenue with a minus, then the penalties.
        matrix: cells, rows, floors (rows of the matrix) by columns.
        low: left sides; −∞ where there is none.
        high: right sides.
        step: (columns without shortfalls,), place of each in the catalogue's flattened revenue.
    """

    cost: Floats
    matrix: csr_array[np.float64]
    low: Floats
    high: Floats
    step: Indices


def linear_programme(catalogue: Catalogue) -> Linear:
    """The programme of a catalogue without orders between cells."""
    works, cells, steps = catalogue.revenue.shape
    every = np.arange(steps)
    allowed = (every >= catalogue.lowest[..., None]) & (every <= catalogue.highest[..., None])
    step = np.flatnonzero(allowed)
    revenue, cell = catalogue.revenue.reshape(-1)[step], step // steps
    work = cell // cells
    holders, count = catalogue.holders, len(catalogue.holders.floors)
    columns = np.arange(len(step))
    entries = [(cell, columns, np.ones(len(step)))]
    for number, row in enumerate(catalogue.rows):
        weight = np.broadcast_to(row.weights, (works, cells, steps)).reshape(-1)[step]
        if row.per == "sale":
            assert catalogue.sales is not None
            weight = weight * catalogue.sales.reshape(-1)[step]
        held = np.flatnonzero(weight)
        entries.append((np.full(len(held), works * cells + number), columns[held], weight[held]))
    first_floor = works * cells + len(catalogue.rows)
    lengths = np.diff(holders.start)
    shared = csr_array((holders.share, holders.index, holders.start), shape=(works, count))
    earned = shared[work[np.isin(work, np.flatnonzero(lengths))]].tocoo()
    of = columns[np.isin(work, np.flatnonzero(lengths))]
    column = of[earned.coords[0]]
    entries.append((first_floor + earned.coords[1], column, earned.data * revenue[column]))
    entries.append((first_floor + np.arange(count), len(step) + np.arange(count), np.ones(count)))
    lines, places, values = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    matrix = coo_array((values, (lines, places)), shape=(first_floor + count, len(step) + count)).tocsr()
    limits = np.array([row.limit for row in catalogue.rows], dtype=float)
    low = np.concatenate([np.ones(works * cells), np.full(len(limits), -np.inf), holders.floors])
    high = np.concatenate([np.ones(works * cells), limits, np.full(count, np.inf)])
    return Linear(np.concatenate([-revenue, holders.penalties]), matrix, low, high, step)
