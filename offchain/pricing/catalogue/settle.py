"""The best whole-number prices of a group of works, by branch and bound (Land and Doig 1960).

The bound of a node is the dual along the floors' multipliers (`offchain.pricing.catalogue.floors`), the steps on both
sides of the multiplier found are candidates, and the cell in which these differ most is where the node splits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from offchain.pricing.catalogue.arrays import Bytes, Floats
from offchain.pricing.catalogue.floors import Floors, Group, group_of, lower, search
from offchain.pricing.catalogue.kernels import Blocks, Toll, compiled, copy_steps, copy_work

__all__ = ["Patience", "settle_groups"]


class Patience(NamedTuple):
    """Most nodes of a group's search, and the share of its worth at which the bound is near enough."""

    nodes: int
    near: float


class _Stack(NamedTuple):
    """Nodes that wait: bounds of their cells (N, n, C), and of their worth (N,)."""

    lowest: Bytes
    highest: Bytes
    bounds: Floats


@compiled
def _worth(blocks: Blocks, floors: Floors, group: Group, toll: Toll, steps: Bytes) -> float:
    """Σ revenue − toll − penalty · shortfall of integer steps."""
    total = 0.0
    for holder in group.holders:
        group.earned[holder] = 0.0
    for place in range(group.works.shape[0]):
        work = group.works[place]
        revenue = 0.0
        for cell in range(steps.shape[1]):
            step = steps[place, cell]
            revenue += blocks.revenue[work, cell, step]
            total -= toll.price[cell, step]
            if blocks.sales.shape[0] > 0:
                total -= blocks.sales[work, cell, step] * toll.sale[cell, step]
        total += revenue
        for entry in range(floors.start[work], floors.start[work + 1]):
            group.earned[floors.owner[entry]] += floors.share[entry] * revenue
    for holder in group.holders:
        total -= floors.penalties[holder] * max(0.0, floors.floors[holder] - group.earned[holder])
    return total


@compiled
def _branch_cell(blocks: Blocks, group: Group) -> int:
    """The cell whose two candidate steps differ most in revenue, as place · C + cell, or −1 where none differs."""
    cells = group.below.shape[1]
    found, widest = -1, -1.0
    for place in range(group.works.shape[0]):
        for cell in range(cells):
            one, other = group.below[place, cell], group.above[place, cell]
            if one != other:
                revenue = blocks.revenue[group.works[place], cell]
                width = abs(revenue[one] - revenue[other])
                if width > widest:
                    found, widest = place * cells + cell, width
    return found


@compiled
def _improves(bound: float, worth: float, near: float) -> bool:
    """Whether a bound leaves more than `near` of the worth to be found; any does before the first worth is known."""
    return worth == -np.inf or bound > worth + near * abs(worth)


@compiled
def _keep_best(blocks: Blocks, floors: Floors, group: Group, toll: Toll, worth: float) -> float:
    """Keep the best of the three candidates where it is worth more than what is kept; returns what that is worth."""
    for steps in (group.below, group.above, group.middle):
        now = _worth(blocks, floors, group, toll, steps)
        if now > worth:
            worth = now
            copy_steps(steps, group.best)
    return worth


@compiled
def _split_cell(blocks: Blocks, floors: Floors, group: Group, toll: Toll, duals: Floats) -> int:
    """`_branch_cell`; of several floors the last one searched may be slack, then the others are searched again."""
    at = _branch_cell(blocks, group)
    for holder in group.holders:
        if at < 0:
            search(blocks, floors, group, toll, duals, holder)
            at = _branch_cell(blocks, group)
    return at


@compiled
def _settle(
    blocks: Blocks, floors: Floors, group: Group, toll: Toll, duals: Floats, patience: Patience
) -> tuple[float, float]:
    """Best integer steps of a group, depth first, left in `group.best`: their worth, and a bound on any steps'."""
    works, cells = group.below.shape
    nodes = patience.nodes
    stack = _Stack(
        np.empty((nodes + 2, works, cells), np.uint8),
        np.empty((nodes + 2, works, cells), np.uint8),
        np.full(nodes + 2, np.inf),
    )
    copy_steps(group.lowest, stack.lowest[0])
    copy_steps(group.highest, stack.highest[0])
    worth, left, top = -np.inf, -np.inf, 1
    while top > 0:
        top -= 1
        bound = stack.bounds[top]
        copy_steps(stack.lowest[top], group.lowest)
        copy_steps(stack.highest[top], group.highest)
        if nodes > 0 and _improves(bound, worth, patience.near):
            nodes -= 1
            bound = min(bound, lower(blocks, floors, group, toll, duals)[0])
            if bound == -np.inf:  # the split has left a tree of cells without steps
                continue
            worth = _keep_best(blocks, floors, group, toll, worth)
            at = _split_cell(blocks, floors, group, toll, duals) if _improves(bound, worth, patience.near) else -1
            if at >= 0:
                place, cell = at // cells, at % cells
                split = min(group.below[place, cell], group.above[place, cell])
                for child in (top, top + 1):
                    copy_steps(group.lowest, stack.lowest[child])
                    copy_steps(group.highest, stack.highest[child])
                    stack.bounds[child] = bound
                stack.highest[top, place, cell] = split
                stack.lowest[top + 1, place, cell] = split + 1
                top += 2
                continue
        left = max(left, bound)
    return worth, max(worth, left)


@compiled
def settle_groups(
    blocks: Blocks, floors: Floors, toll: Toll, duals: Floats, best: Bytes, patience: Patience
) -> tuple[float, float]:
    """Integer steps for every group at given tolls.

    Args:
        blocks: the catalogue.
        floors: the groups.
        toll: of the rows.
        duals: (H,), multipliers to start from; left anywhere.
        best: (W, C), written for the groups' works.
        patience: when the search of a group ends; one cut short leaves a bound that still holds.

    Returns:
        Σ revenue − toll − penalty · shortfall of `best`, and a bound on it for any steps.
    """
    worth, bound = 0.0, 0.0
    earned = np.zeros(floors.floors.shape[0])
    for number in range(floors.works_start.shape[0] - 1):
        group = group_of(blocks, floors, number, earned)
        found = _settle(blocks, floors, group, toll, duals, patience)
        for place in range(group.works.shape[0]):
            copy_work(group.best, place, best, group.works[place])
        worth += found[0]
        bound += found[1]
    return worth, bound
