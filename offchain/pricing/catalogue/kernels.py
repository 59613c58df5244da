"""Machine code that reads the catalogue: the best steps of a work at given duals, and sums over many works.

A forest of cells is solved by dynamic programming from the leaves: a child tells its parent what the best of its own
steps is worth at each step of the parent. One work costs O(C · K), with or without ties between its cells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numba import njit

from offchain.pricing.catalogue.arrays import Bytes, Floats, Indices

__all__ = ["Blocks", "Mixture", "Toll", "best_steps", "compiled", "copy_steps", "copy_work", "scan", "tally"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Machine code that runs without the interpreter's lock, kept for the next process where a folder allows it."""
    try:
        return cast(F, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # neither this folder nor the user's can be written
        return cast(F, njit(nogil=True)(function))


class Blocks(NamedTuple):
    """The catalogue without its rows and floors, shapes as in `Catalogue`; `sales` has 0 works where there is none."""

    revenue: Floats
    sales: Floats
    lowest: Bytes
    highest: Bytes
    parent: Indices
    least: Bytes


class Mixture(NamedTuple):
    """Two price lists (W, C), and how much of each work (W,) the first one has."""

    below: Bytes
    above: Bytes
    part: Floats


class Toll(NamedTuple):
    """What the rows charge a step at their duals: (C, K) a price, and (C, K) a licence sold."""

    price: Floats
    sale: Floats


@compiled
def copy_steps(source: Bytes, target: Bytes) -> None:
    """Copy a table of steps; assigning a slice compiles to twenty times as much."""
    for row in range(source.shape[0]):
        for cell in range(source.shape[1]):
            target[row, cell] = source[row, cell]


@compiled
def copy_work(source: Bytes, row: int, target: Bytes, work: int) -> None:
    """Copy one work's steps from a row of one table to a row of another."""
    for cell in range(source.shape[1]):
        target[work, cell] = source[row, cell]


@compiled
def _untied_steps(
    blocks: Blocks, work: int, bounds: tuple[Bytes, Bytes], weight: float, toll: Toll, steps: Bytes
) -> float:
    """`best_steps` where every cell stands alone and nothing is charged per sale."""
    revenue = blocks.revenue[work]
    lowest, highest = bounds
    total = 0.0
    for cell in range(revenue.shape[0]):
        best, at = -np.inf, lowest[cell]
        for step in range(lowest[cell], highest[cell] + 1):
            now = weight * revenue[cell, step] - toll.price[cell, step]
            if now > best:
                best, at = now, np.uint8(step)
        total += best
        steps[cell] = at
    return total


@compiled
def _adjust(blocks: Blocks, work: int, bounds: tuple[Bytes, Bytes], weight: float, toll: Toll, value: Floats) -> None:
    """Write weight · revenue − toll of every step within the bounds, −inf of others."""
    lowest, highest = bounds
    for cell in range(value.shape[0]):
        for step in range(value.shape[1]):
            value[cell, step] = -np.inf
        for step in range(lowest[cell], highest[cell] + 1):
            value[cell, step] = weight * blocks.revenue[work, cell, step] - toll.price[cell, step]
            if blocks.sales.shape[0] > 0:
                value[cell, step] -= blocks.sales[work, cell, step] * toll.sale[cell, step]


@compiled
def _tied_steps(parent: Indices, least: Bytes, value: Floats, steps: Bytes) -> float:
    """Best steps of a forest: first what each child is worth to its parent, then the choice from the roots."""
    cells, ladder = value.shape
    for cell in range(cells - 1, -1, -1):
        if parent[cell] >= 0:
            best, at = -np.inf, ladder
            for step in range(ladder - 1, -1, -1):
                while at > least[cell, step]:
                    at -= 1
                    best = max(best, value[cell, at])
                value[parent[cell], step] += best
    total = 0.0
    for cell in range(cells):
        first = 0 if parent[cell] < 0 else int(least[cell, steps[parent[cell]]])
        best, at = -np.inf, 0
        for step in range(first, ladder):
            if value[cell, step] > best:
                best, at = value[cell, step], step
        steps[cell] = at
        if parent[cell] < 0:
            total += best
    return total


@compiled
def best_steps(
    blocks: Blocks, work: int, bounds: tuple[Bytes, Bytes], weight: float, toll: Toll, out: tuple[Floats, Bytes]
) -> float:
    """Write the best steps of a work; the cheapest of equals.

    Args:
        blocks: the catalogue.
        work: its number.
        bounds: first and last step of each cell (C,), which may be tighter than the catalogue's.
        weight: what a unit of the work's revenue counts: 1 + Σ share · dual of the holder.
        toll: of the rows.
        out: (C, K) memory to work in, and the steps (C,), written.

    Returns:
        Σ weight · revenue − toll of these steps; −inf where no steps are open.
    """
    value, steps = out
    if blocks.parent.max() < 0 and blocks.sales.shape[0] == 0:
        return _untied_steps(blocks, work, bounds, weight, toll, steps)
    _adjust(blocks, work, bounds, weight, toll, value)
    return _tied_steps(blocks.parent, blocks.least, value, steps)


@compiled
def tally(blocks: Blocks, works: Indices, mixture: Mixture, totals: tuple[Floats, Floats, Floats]) -> None:
    """Add up mixtures of two price lists.

    Args:
        blocks: the catalogue.
        works: which to add.
        mixture: the two lists.
        totals: (W,) revenue, written for these works; (C, K) prices and (C, K) sales, added to.
    """
    revenue, count, sold = totals
    for work in works:
        revenue[work] = 0.0
        part = mixture.part[work]
        for steps, weight in ((mixture.below[work], part), (mixture.above[work], 1.0 - part)):
            if weight > 0.0:
                for cell in range(steps.shape[0]):
                    step = steps[cell]
                    revenue[work] += weight * blocks.revenue[work, cell, step]
                    count[cell, step] += weight
                    if blocks.sales.shape[0] > 0:
                        sold[cell, step] += weight * blocks.sales[work, cell, step]


@compiled
def scan(blocks: Blocks, works: Indices, toll: Toll, steps: Bytes) -> float:
    """Best steps of works that no floor ties; written into `steps` (W, C). Returns Σ revenue − toll."""
    value = np.empty(blocks.revenue.shape[1:])
    total = 0.0
    for work in works:
        bounds = blocks.lowest[work], blocks.highest[work]
        total += best_steps(blocks, work, bounds, 1.0, toll, (value, steps[work]))
    return total
