"""The decomposition against brute force and against the whole linear programme, on random catalogues."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array

from offchain.errors import ColophonError
from offchain.pricing.catalogue import Catalogue, Holders, Row, accessibility, price_catalogue
from tests.bench.pricing.instances import catalogue

NEAR = 1e-6  # of the value compared: HiGHS works in floats with tolerances of 1e-7


def small(rng):
    """Up to three works of two cells and three steps, with every kind of tie between them."""
    works, cells, steps = (int(number) for number in rng.integers(1, [4, 3, 4]))
    lowest = rng.integers(0, steps, (works, cells))
    highest = np.minimum(lowest + rng.integers(0, steps, (works, cells)), steps - 1)
    parent, least = np.full(cells, -1), np.zeros((cells, steps), np.uint8)
    if rng.random() < 0.5:  # a forest; bounds are left open so that some step is always allowed
        lowest[:], highest[:] = 0, steps - 1
        for cell in range(1, cells):
            parent[cell] = rng.integers(-1, cell)
            least[cell] = np.sort(rng.integers(0, steps + 1, steps))
            least[cell, 0] = min(least[cell, 0], steps - 1)
    return Catalogue(
        revenue=rng.integers(0, 30, (works, cells, steps)).astype(float),
        lowest=lowest.astype(np.uint8),
        highest=highest.astype(np.uint8),
        parent=parent,
        least=least,
        rows=tuple(_row(rng, number, (works, cells, steps)) for number in range(rng.integers(0, 3))),
        holders=_holders(rng, works),
        sales=rng.integers(0, 6, (works, cells, steps)).astype(float),
    )


def _row(rng, number, shape):
    works, cells, steps = shape
    if rng.random() < 0.5:
        caps = {cell: int(rng.integers(0, steps)) for cell in range(cells)}
        return accessibility(f"accessible {number}", caps, float(rng.integers(0, works * cells + 1)), (cells, steps))
    weights = rng.integers(0, 3, (cells, steps)).astype(float)
    return Row(f"budget {number}", weights, float(rng.integers(0, 10 * works)), "sale")


def _holders(rng, works):
    count = int(rng.integers(0, 3))
    entries = [pair for pair in product(range(works), range(count)) if rng.random() < 0.6]
    work, holder = (np.array([pair[side] for pair in entries], dtype=np.int64) for side in (0, 1))
    start = np.searchsorted(work, np.arange(works + 1))
    floors, penalties = rng.uniform(0, 12 * works, count), rng.uniform(0, 3, count)
    return Holders(start, holder, rng.uniform(0.1, 0.5, len(entries)), floors, penalties)


def price_lists(known, work):
    """Every list of steps of a work that keeps its bounds and ties."""
    cells = range(known.revenue.shape[1])
    for steps in product(*(range(known.lowest[work, cell], known.highest[work, cell] + 1) for cell in cells)):
        if all(known.parent[c] < 0 or steps[c] >= known.least[c, steps[known.parent[c]]] for c in cells):
            yield np.arange(len(steps)), np.array(steps)


def options(known, work):
    """(revenue, use of each row) of every price list of a work."""
    for chosen in price_lists(known, work):
        uses = [
            (row.weights[chosen] * (known.sales[work][chosen] if row.per == "sale" else 1)).sum() for row in known.rows
        ]
        yield known.revenue[work][chosen].sum(), np.array(uses)


def share_matrix(holders, works):
    """(W, H)."""
    shares = np.zeros((works, len(holders.floors)))
    for work in range(works):
        entries = slice(holders.start[work], holders.start[work + 1])
        shares[work, holders.index[entries]] = holders.share[entries]
    return shares


def brute_force(known):
    """Best integer objective, None where no prices keep the rows."""
    works, holders = len(known.revenue), known.holders
    limits, shares = np.array([row.limit for row in known.rows]), share_matrix(known.holders, len(known.revenue))
    values = []
    for choice in product(*(list(options(known, work)) for work in range(works))):
        if (sum((use for _, use in choice), np.zeros(len(limits))) <= limits).all():
            revenue = np.array([earned for earned, _ in choice])
            values.append(revenue.sum() - holders.penalties @ np.maximum(holders.floors - revenue @ shares, 0))
    return max(values, default=None)


def linear_optimum(known):
    """The linear programme over mixtures of each work's price lists, in one piece."""
    listed = [(work, *option) for work in range(len(known.revenue)) for option in options(known, work)]
    work = np.array([one[0] for one in listed])
    revenue = np.array([one[1] for one in listed])
    uses = np.array([one[2] for one in listed]).reshape(len(listed), -1)
    holders, rows = known.holders, len(known.rows)
    paid = share_matrix(holders, len(known.revenue))[work] * revenue[:, None]
    floors = len(holders.floors)
    upper = np.block([[uses.T, np.zeros((rows, floors))], [-paid.T, -np.eye(floors)]])
    found = linprog(
        np.append(-revenue, holders.penalties),
        A_ub=upper,
        b_ub=np.append([row.limit for row in known.rows], -holders.floors),
        A_eq=np.hstack([np.arange(len(known.revenue))[:, None] == work, np.zeros((len(known.revenue), floors))]),
        b_eq=np.ones(len(known.revenue)),
    )
    return -found.fun


@settings(max_examples=250, deadline=None)
@given(st.integers(0, 2**32))
def test_price_catalogue__random_small_catalogue__optimum_lies_between_prices_and_bounds(seed):
    """Refused only where no prices keep the rows, or where the search says that it found none."""
    known = small(np.random.default_rng(seed))
    best = brute_force(known)
    try:
        found = price_catalogue(known)
    except ColophonError as error:
        refused = error.code
    else:
        refused = None
    if refused:
        assert best is None or refused == "price-uncertified"
        return
    margin = NEAR * max(1, abs(best))
    assert found.objective <= best + margin
    assert best <= found.bound + margin
    assert found.bound <= found.linear_bound + margin
    assert found.linear_bound == pytest.approx(linear_optimum(known), rel=NEAR, abs=NEAR)
    assert found.mixture == pytest.approx(found.linear_bound, rel=NEAR, abs=NEAR)


def whole_programme(known):
    """Optimum of the linear programme over all steps: y_k = 1 where a cell's step is at least k, as in `lp`."""
    works, cells, steps = known.revenue.shape
    size, floors = works * cells * steps, len(known.holders.floors)
    number = np.arange(size).reshape(works, cells, steps)
    gains = np.diff(known.revenue, axis=2, prepend=0.0)
    lines, columns, values, right = [], [], [], []

    def add(entries, limit):
        for column, value in entries:
            lines.append(len(right))
            columns.append(column)
            values.append(value)
        right.append(limit)

    for work, cell, step in product(range(works), range(cells), range(1, steps)):
        add([(number[work, cell, step], 1), (number[work, cell, step - 1], -1)], 0)
    for cell in np.flatnonzero(known.parent >= 0):
        for work, step in product(range(works), range(steps)):
            add([(number[work, known.parent[cell], step], 1), (number[work, cell, known.least[cell, step]], -1)], 0)
    for row in known.rows:
        weights = np.diff(row.weights, axis=1, prepend=0.0)
        used = np.argwhere(weights != 0)
        add([(number[w, c, k], weights[c, k]) for w in range(works) for c, k in used], row.limit)
    shares = share_matrix(known.holders, works)
    for holder in range(floors):
        paid = [(w, -shares[w, holder] * gains[w].ravel()) for w in np.flatnonzero(shares[:, holder])]
        entries = [(c, v) for w, block in paid for c, v in zip(number[w].ravel(), block, strict=True)]
        add([*entries, (size + holder, -1)], -known.holders.floors[holder])
    lowest = np.arange(steps) <= known.lowest[..., None]
    highest = np.arange(steps) <= known.highest[..., None]
    bounds = [*zip(lowest.ravel(), highest.ravel(), strict=True), *[(0, None)] * floors]
    matrix = coo_array((values, (lines, columns)), shape=(len(right), size + floors)).tocsr()
    cost = np.append(-gains.ravel(), known.holders.penalties)
    return -linprog(cost, A_ub=matrix, b_ub=right, bounds=bounds, method="highs-ds").fun


@pytest.mark.parametrize("chains", [False, True])
def test_price_catalogue__floors_and_rows_bind__dual_is_within_1e_7_of_the_whole_linear_programme(chains):
    known = catalogue(200, seed=3, chains=chains)
    found = price_catalogue(known)
    assert (found.duals.holders > 0).any()
    assert (found.duals.rows > 0).all()
    assert found.linear_bound == pytest.approx(whole_programme(known), rel=1e-7)
