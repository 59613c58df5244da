"""Learned and drawn demand in a problem that is solved and certified."""

from dataclasses import replace

import pytest

from offchain.pricing import Bound, default_problem, solve
from offchain.pricing.estimation import ListedWork, estimate, stated_priors, with_draw, with_learned

WORK = "0x" + "ab" * 32


@pytest.fixture
def problem():
    limits = (Bound(tier="commercial", floor=20_000_000, ceiling=60_000_000),)
    return replace(default_problem(WORK, 0, "eip155:1337/slip44:60"), bounds=limits)


@pytest.fixture
def learned(problem):
    return estimate([], [ListedWork(WORK, "photo", 0)], stated_priors(problem), until=0)


def test_with_learned__no_offers__prices_as_stated(problem, learned):
    stated, found = solve(problem), solve(with_learned(problem, learned))
    assert [price.amount for price in found.prices] == [price.amount for price in stated.prices]


def test_with_draw__any_epoch__certified_and_within_bounds(problem, learned):
    prices = [solve(with_draw(problem, learned, epoch)).prices for epoch in range(12)]
    commercial = {price.amount for drawn in prices for price in drawn if price.key.tier == "commercial"}
    assert min(commercial) >= 20_000_000
    assert max(commercial) <= 60_000_000
    assert len(commercial) > 2


def test_with_draw__same_log_and_epoch__same_problem(problem, learned):
    assert with_draw(problem, learned, 3) == with_draw(problem, learned, 3) != with_draw(problem, learned, 4)
