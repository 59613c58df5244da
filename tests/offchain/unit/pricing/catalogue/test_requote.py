import numpy as np

from offchain.pricing.catalogue import Requotes, price_catalogue
from tests.bench.pricing.instances import catalogue, repriced


def adjusted(known, duals, work):
    """(C, K): what a step is worth at the duals, within the bounds."""
    entries = slice(known.holders.start[work], known.holders.start[work + 1])
    weight = 1 + known.holders.share[entries] @ duals.holders[known.holders.index[entries]]
    toll = sum(dual * row.weights for dual, row in zip(duals.rows, known.rows, strict=True))
    steps = np.arange(known.revenue.shape[2])
    allowed = (steps >= known.lowest[work][:, None]) & (steps <= known.highest[work][:, None])
    return np.where(allowed, weight * known.revenue[work] - toll, -np.inf)


def test_requotes__new_demand__argmax_of_the_adjusted_values():
    known = catalogue(100)
    duals = price_catalogue(known).duals
    changed = repriced(known, fraction=0.2)
    works = np.arange(100)
    expected = [adjusted(changed, duals, work).argmax(axis=1).tolist() for work in works]
    assert Requotes(changed, duals).steps(works).tolist() == expected


def test_requotes__same_demand__price_of_the_solve_for_nearly_all_works():
    """At most the works that the rows or floors leave between two price lists differ."""
    known = catalogue(300)
    found = price_catalogue(known)
    again = Requotes(known, found.duals).steps(np.arange(300))
    assert (again != found.steps).any(axis=1).sum() <= 2 * found.binding
