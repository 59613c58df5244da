"""A group's multipliers and integer prices against enumeration."""

from itertools import product

import numpy as np
import pytest

from offchain.pricing.catalogue.arrays import Holders
from offchain.pricing.catalogue.floors import scan_groups
from offchain.pricing.catalogue.grouping import floors_of
from offchain.pricing.catalogue.kernels import Blocks, Mixture, Toll
from offchain.pricing.catalogue.settle import Patience, settle_groups

CELLS, STEPS = 3, 3


def group(seed, holders):
    """Two works of three cells that share one or two holders; tolls that make revenue and row compete."""
    rng = np.random.default_rng(seed)
    revenue = rng.integers(1, 20, (2, CELLS, STEPS)).astype(float)
    bounds = np.zeros((2, CELLS), np.uint8), np.full((2, CELLS), STEPS - 1, np.uint8)
    parent, least = np.full(CELLS, -1), np.zeros((CELLS, STEPS), np.uint8)
    blocks = Blocks(revenue, np.empty((0, 1, 1)), *bounds, parent, least)
    start, index = np.arange(3) * holders, np.tile(np.arange(holders), 2)
    share = rng.uniform(0.2, 0.5, 2 * holders)
    top = np.bincount(index, share * np.repeat(revenue.max(axis=2).sum(axis=1), holders))
    floors = floors_of(Holders(start, index, share, top * rng.uniform(0.85, 1.05), rng.uniform(0.5, 4, holders)))
    return blocks, floors, Toll(rng.integers(0, 12, (CELLS, STEPS)).astype(float), np.zeros((CELLS, STEPS)))


def worths(blocks, floors, toll):
    """Σ revenue − toll − penalty · shortfall of every choice of steps."""
    cells = np.arange(CELLS)
    for steps in product(range(STEPS), repeat=2 * CELLS):
        chosen = np.array(steps).reshape(2, CELLS)
        revenue = np.array([blocks.revenue[work, cells, chosen[work]].sum() for work in (0, 1)])
        paid = np.bincount(floors.owner, floors.share * np.repeat(revenue, np.diff(floors.start)))
        lack = floors.penalties @ np.maximum(floors.floors - paid, 0)
        yield revenue.sum() - toll.price[cells, chosen].sum() - lack


@pytest.mark.parametrize("holders", [1, 2])
@pytest.mark.parametrize("seed", range(10))
def test_settle_groups__small_group__is_the_best_of_all_choices(seed, holders):
    blocks, floors, toll = group(seed, holders)
    steps = np.zeros((2, CELLS), np.uint8)
    worth, bound = settle_groups(blocks, floors, toll, np.zeros(holders), steps, Patience(10_000, 0.0))
    assert worth == pytest.approx(max(worths(blocks, floors, toll)), rel=1e-12)
    assert bound == pytest.approx(worth, rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_settle_groups__search_cut_short__bound_still_holds(seed):
    blocks, floors, toll = group(seed, 2)
    steps = np.zeros((2, CELLS), np.uint8)
    worth, bound = settle_groups(blocks, floors, toll, np.zeros(2), steps, Patience(1, 0.0))
    assert worth - 1e-9 <= max(worths(blocks, floors, toll)) <= bound + 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_scan_groups__one_floor__multiplier_is_where_the_dual_is_lowest(seed):
    """Convex in the multiplier, so no point of a fine grid may lie lower, and the value itself must be on the curve."""
    blocks, floors, toll = group(seed, 1)
    duals = np.zeros(1)
    found = Mixture(np.zeros((2, CELLS), np.uint8), np.zeros((2, CELLS), np.uint8), np.ones(2))
    value = scan_groups(blocks, floors, toll, duals, found)

    def curve(dual):
        weights = 1 + dual * floors.share
        best = (weights[:, None, None] * blocks.revenue - toll.price).max(axis=2).sum()
        return best - dual * floors.floors[0]

    assert value == pytest.approx(curve(duals[0]), rel=1e-12)
    assert value <= min(map(curve, np.linspace(0, floors.penalties[0], 1001))) + 1e-9
