"""The check of a catalogue's prices accepts what was solved, and nothing that was altered."""

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest

from offchain.errors import RefusedError
from offchain.pricing.catalogue.arrays import Duals, no_holders
from offchain.pricing.catalogue.proof import GAP, proven_bound, require_proven
from offchain.pricing.catalogue.solve import price_catalogue
from tests.bench.pricing.instances import catalogue


@pytest.fixture(scope="module", params=[False, True], ids=["free tiers", "tier chains"])
def solved(request):
    known = catalogue(400, seed=2, chains=request.param)
    return known, price_catalogue(known)


def test_require_proven__solved_catalogue__gap_within_a_ten_thousandth(solved):
    known, prices = solved
    assert 0 <= require_proven(known, prices) <= GAP
    assert proven_bound(known, prices.duals) == pytest.approx(prices.linear_bound, rel=1e-12)
    assert prices.duals.holders.any()


def test_proven_bound__any_duals__no_lower_than_any_prices_within_the_rows(solved):
    """Weak duality against the solver's prices, at duals drawn at random, out of range too."""
    known, prices = solved
    rng = np.random.default_rng(3)
    for scale in (0.0, 0.5, 1.0, 2.0, 10.0):
        duals = Duals(prices.duals.rows * rng.uniform(-0.1, 2, 4) * scale, prices.duals.holders * scale)
        assert proven_bound(known, duals) >= prices.objective


def test_proven_bound__tiny_catalogue_with_a_chain__equals_enumeration():
    """Three cells in a chain, one work, no rows in force: the best of all step lists that keep bounds and ties."""
    known = catalogue(20, seed=4, chains=True)
    rows = tuple(replace(row, limit=1e9) for row in known.rows)
    known = replace(known, rows=rows, holders=no_holders(20))
    best = 0.0
    for work in range(20):
        for first in range(0, 12, 4):  # the four tiers of a segment are a chain
            cells = range(first, first + 4)
            ranges = (range(known.lowest[work, cell], known.highest[work, cell] + 1) for cell in cells)
            best += max(
                sum(known.revenue[work, cell, step] for cell, step in zip(cells, steps, strict=True))
                for steps in product(*ranges)
                if all(steps[at] >= known.least[first + at][steps[at - 1]] for at in range(1, 4))
            )
    assert proven_bound(known, Duals(np.zeros(4), np.empty(0))) == pytest.approx(best, rel=1e-12)


def test_require_proven__a_hundred_alterations__all_rejected(solved):
    """Steps moved where that breaks a bound, a tie or a row or costs too much; duals that prove less; not a number."""
    known, prices = solved
    random, spread = Random(20261122), known.revenue.max(axis=2).argmax(axis=1)
    for number in range(100):
        steps, rows, holders = prices.steps.copy(), prices.duals.rows.copy(), prices.duals.holders.copy()
        if number % 4 == 0:
            work = random.randrange(len(steps))
            steps[work, random.randrange(12)] = random.choice([12, 200, 255])
        elif number % 4 == 1:  # the best-selling cells of a third of the works, at their dearest
            works = random.sample(range(len(steps)), len(steps) // 3)
            steps[works, spread[works]] = known.highest[works, spread[works]]
        elif number % 4 == 2:
            rows[random.randrange(4)] *= random.choice([0.0, 3.0, 10.0, 1e3])
        else:
            (holders if number % 8 == 3 else rows)[random.randrange(4)] = random.choice([np.nan, np.inf])
        with pytest.raises(RefusedError) as caught:
            require_proven(known, replace(prices, steps=steps, duals=Duals(rows, holders)))
        assert caught.value.code == "price-uncertified"


def test_require_proven__steps_of_the_free_optimum__break_a_row(solved):
    known, prices = solved
    free = price_catalogue(replace(known, rows=(), holders=no_holders(400)))
    with pytest.raises(RefusedError, match="row accessible"):
        require_proven(known, replace(prices, steps=free.steps))
