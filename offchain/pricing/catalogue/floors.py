"""Floors of rights holders inside a group of works: the multiplier that meets a floor.

Works that share holders form a group. At given tolls of the rows, a group's part of the dual is convex and piecewise
linear in the multiplier of each of its floors, so the lowest point is where two tangents meet (Kelley, The
cutting-plane method for solving convex programs, 1960, in one dimension): found exactly in a few steps.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from offchain.pricing.catalogue.arrays import Bytes, Floats, Indices
from offchain.pricing.catalogue.kernels import Blocks, Mixture, Toll, best_steps, compiled, copy_steps, copy_work

__all__ = ["Floors", "Group", "group_of", "lower", "respond_groups", "scan_groups", "search"]

_TANGENTS: Final = 60  # more than any search needs; a bound on the loop
_SWEEPS: Final = 8  # over the floors of a group that holds several
_STALLED: Final = 1e-9  # of the value: what a sweep must gain for another one to be worth its time
_EXACT: Final = 1e-13  # of the values compared: where two tangents meet on the curve


class Floors(NamedTuple):
    """Floors, and the groups of works that they tie together.

    Attributes:
        start: (W + 1,), entries of each work, as in `Holders`.
        owner: (entries,), holder of each entry.
        share: (entries,), its fraction of the work's net revenue.
        floors: (H,), minor units of net revenue.
        penalties: (H,), a unit of shortfall.
        works: works of all groups, group after group.
        works_start: (G + 1,), where each group's works begin.
        holders: holders of all groups, group after group.
        holders_start: (G + 1,), where each group's holders begin.
    """

    start: Indices
    owner: Indices
    share: Floats
    floors: Floats
    penalties: Floats
    works: Indices
    works_start: Indices
    holders: Indices
    holders_start: Indices


class Group(NamedTuple):
    """One group: its works and holders, bounds, three candidates and the best steps (n, C), memory to work in."""

    works: Indices
    holders: Indices
    lowest: Bytes
    highest: Bytes
    below: Bytes
    above: Bytes
    middle: Bytes
    best: Bytes
    value: Floats
    earned: Floats


@compiled
def group_of(blocks: Blocks, floors: Floors, number: int, earned: Floats) -> Group:
    """One group with the catalogue's bounds; `earned` (H,) is shared memory."""
    works = floors.works[floors.works_start[number] : floors.works_start[number + 1]]
    holders = floors.holders[floors.holders_start[number] : floors.holders_start[number + 1]]
    shape = (works.shape[0], blocks.revenue.shape[1])
    lowest, highest = np.empty(shape, np.uint8), np.empty(shape, np.uint8)
    for place in range(works.shape[0]):
        copy_work(blocks.lowest, works[place], lowest, place)
        copy_work(blocks.highest, works[place], highest, place)
    steps = np.zeros((4, works.shape[0], blocks.revenue.shape[1]), np.uint8)
    value = np.empty(blocks.revenue.shape[1:])
    return Group(works, holders, lowest, highest, steps[0], steps[1], steps[2], steps[3], value, earned)


@compiled
def respond(blocks: Blocks, floors: Floors, group: Group, toll: Toll, duals: Floats, steps: Bytes) -> float:
    """Best steps at the duals, what each holder earns with them, and the group's part of the dual value."""
    total = 0.0
    for holder in group.holders:
        group.earned[holder] = 0.0
        total -= duals[holder] * floors.floors[holder]
    for place in range(group.works.shape[0]):
        work = group.works[place]
        weight = 1.0
        for entry in range(floors.start[work], floors.start[work + 1]):
            weight += floors.share[entry] * duals[floors.owner[entry]]
        bounds = group.lowest[place], group.highest[place]
        total += best_steps(blocks, work, bounds, weight, toll, (group.value, steps[place]))
        revenue = 0.0
        for cell in range(steps.shape[1]):
            revenue += blocks.revenue[work, cell, steps[place, cell]]
        for entry in range(floors.start[work], floors.start[work + 1]):
            group.earned[floors.owner[entry]] += floors.share[entry] * revenue
    return total


@compiled
def search(blocks: Blocks, floors: Floors, group: Group, toll: Toll, duals: Floats, holder: int) -> tuple[float, float]:
    """Lower the dual along one floor's multiplier to its least.

    Writes the steps just below, just above and at the multiplier found into `group`.

    Returns:
        The value, and how much of `below` the fractional optimum holds; −inf where no steps are open.
    """
    floor = floors.floors[holder]
    duals[holder] = low = 0.0
    value_low = respond(blocks, floors, group, toll, duals, group.below)
    slope_low = group.earned[holder] - floor
    if slope_low >= 0.0 or value_low == -np.inf:
        copy_steps(group.below, group.above)
        copy_steps(group.below, group.middle)
        return value_low, 1.0
    duals[holder] = high = floors.penalties[holder]
    value_high = respond(blocks, floors, group, toll, duals, group.above)
    slope_high = group.earned[holder] - floor
    if slope_high <= 0.0:
        copy_steps(group.above, group.below)
        copy_steps(group.above, group.middle)
        return value_high, 1.0
    value = value_low
    for _ in range(_TANGENTS):
        meet = (value_low - slope_low * low - value_high + slope_high * high) / (slope_high - slope_low)
        least = value_low + slope_low * (meet - low)
        duals[holder] = meet
        value = respond(blocks, floors, group, toll, duals, group.middle)
        slope = group.earned[holder] - floor
        if value - least <= _EXACT * (abs(value) + abs(value_low)) or meet <= low or meet >= high:
            break
        if slope < 0.0:
            low, value_low, slope_low = meet, value, slope
            copy_steps(group.middle, group.below)
        else:
            high, value_high, slope_high = meet, value, slope
            copy_steps(group.middle, group.above)
    return value, slope_high / (slope_high - slope_low)


@compiled
def lower(blocks: Blocks, floors: Floors, group: Group, toll: Toll, duals: Floats) -> tuple[float, float]:
    """Lower the dual of a group along each of its floors in turn; exact for one floor, a bound for several."""
    value, part = np.inf, 1.0
    for _ in range(_SWEEPS):
        before = value
        for holder in group.holders:
            value, part = search(blocks, floors, group, toll, duals, holder)
        if group.holders.shape[0] == 1 or value == -np.inf or before - value <= _STALLED * abs(value):
            break
    return value, part


@compiled
def scan_groups(blocks: Blocks, floors: Floors, toll: Toll, duals: Floats, mixture: Mixture) -> float:
    """The groups' part of the dual value, at the best multipliers of their floors.

    Args:
        blocks: the catalogue.
        floors: the groups.
        toll: of the rows.
        duals: (H,), multipliers of the floors; the search along several starts from them. Written.
        mixture: steps just below and just above the multipliers found; written for the groups' works.

    Returns:
        Σ (1 + Σ share · dual) · revenue − toll − Σ dual · floor.
    """
    total = 0.0
    earned = np.zeros(floors.floors.shape[0])
    for number in range(floors.works_start.shape[0] - 1):
        group = group_of(blocks, floors, number, earned)
        value, part = lower(blocks, floors, group, toll, duals)
        for place in range(group.works.shape[0]):
            work = group.works[place]
            copy_work(group.below, place, mixture.below, work)
            copy_work(group.above, place, mixture.above, work)
            mixture.part[work] = part
        total += value
    return total


@compiled
def respond_groups(blocks: Blocks, floors: Floors, toll: Toll, duals: Floats, steps: Bytes) -> float:
    """The groups' part of the dual value at given multipliers of their floors; writes their steps into (W, C)."""
    total = 0.0
    earned = np.zeros(floors.floors.shape[0])
    for number in range(floors.works_start.shape[0] - 1):
        group = group_of(blocks, floors, number, earned)
        total += respond(blocks, floors, group, toll, duals, group.below)
        for place in range(group.works.shape[0]):
            copy_work(group.below, place, steps, group.works[place])
    return total
