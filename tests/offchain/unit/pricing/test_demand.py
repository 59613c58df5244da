"""Demand curves: what they say, and what they refuse."""

import math

import pytest

from offchain.errors import InputError
from offchain.pricing import LogitDemand, TableDemand
from offchain.pricing.demand import MAX_SALES


def test_logit__median__half_of_the_market_buys():
    assert LogitDemand(median=100, spread=7, market=40).sales((100,)) == (20_000_000,)


def test_logit__spread_times_log_3_above_median__a_quarter_buys():
    # 1 / (1 + exp(ln 3)) = 1 / 4; the spread is large so that rounding the price to an integer does not show.
    spread = 10**12
    (sold,) = LogitDemand(median=spread * 5, spread=spread, market=100).sales(
        (5 * spread + round(spread * math.log(3)),)
    )
    assert sold == pytest.approx(25_000_000, abs=1)


def test_logit__price_far_beyond_any_budget__sells_nothing_without_overflow():
    assert LogitDemand(median=1, spread=1, market=1e6).sales((10**30,)) == (0,)


def test_table__fractions__kept_to_the_millionth():
    assert TableDemand((1.25, 0.000001)).sales((10, 20)) == (1_250_000, 1)


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: TableDemand((1.0, math.nan)), "demand-not-a-number"),
        (lambda: TableDemand((math.inf, 1.0)), "demand-not-a-number"),
        (lambda: TableDemand((1.0, -0.5)), "demand-negative"),
        (lambda: TableDemand((1.0, 2.0)), "demand-not-monotone"),
        (lambda: TableDemand((MAX_SALES * 2.0, 1.0)), "demand-too-large"),
        (lambda: TableDemand((1.0,)).sales((10, 20)), "demand-length"),
        (lambda: LogitDemand(10, 1, math.nan), "demand-not-a-number"),
        (lambda: LogitDemand(10, 1, -1), "demand-negative"),
        (lambda: LogitDemand(-10, 1, 1), "demand-negative"),
        (lambda: LogitDemand(10, -1, 1), "demand-negative"),
        (lambda: LogitDemand(10, 0, 1), "demand-malformed"),
    ],
)
def test_demand__senseless_curve__names_the_fault(build, code):
    with pytest.raises(InputError) as caught:
        build()
    assert caught.value.code == code


def test_table__not_monotone__says_between_which_steps():
    with pytest.raises(InputError, match=r"rises from 2\.0 to 3\.0 between steps 1 and 2"):
        TableDemand((5.0, 2.0, 3.0))
