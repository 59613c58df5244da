"""Instances of the literature, with the optima reported there."""

import pytest

from offchain.pricing.choice import solve_choice
from offchain.pricing.choice.choice_based import Column, mix

SETS = ("", "Y", "M", "K", "YM", "YK", "MK", "YMK")
CHANCE = (0, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9, 1)
REVENUE = (0, 240, 200, 225, 380, 465, 425, 505)


def test_mix__talluri_and_van_ryzin_2004__uses_the_efficient_sets_only():
    """Their example: {Y}, {Y, K} and {Y, M, K} are efficient. Any scarcity of seats mixes two of them at most."""
    arrivals = 1000
    columns = [
        Column(arrivals * revenue, (arrivals * chance,)) for revenue, chance in zip(REVENUE, CHANCE, strict=True)
    ]
    used = set()
    for seats in range(50, 1101, 50):
        shares = mix(columns, [seats]).shares
        used |= {name for name, share in zip(SETS, shares, strict=True) if share > 1e-9}
    assert used - {""} == {"Y", "YK", "YMK"}


def test_mix__between_two_efficient_sets__a_seat_is_worth_the_slope():
    """Between Q = .3 and .8 the frontier rises by (465 − 240) / (.8 − .3) = 450 a seat."""
    columns = [Column(revenue, (chance * 100,)) for revenue, chance in zip(REVENUE, CHANCE, strict=True)]
    assert mix(columns, [50]).worths == (pytest.approx(4.5),)


@pytest.mark.parametrize("model", ["sales-based", "choice-based"])
@pytest.mark.parametrize(
    ("copies", "optimum"), [(40, 40_000), (60, 59_200), (80, 73_600), (100, 88_000), (120, 97_600)]
)
def test_solve_choice__single_leg__both_programmes_reach_the_optimum(single_leg, model, copies, optimum):
    assert solve_choice(single_leg(model, copies)).certificate.primal == pytest.approx(optimum * 10**12, rel=1e-9)


@pytest.mark.parametrize(("percent", "optimum"), [(60, 56_884.1), (80, 71_936.4), (100, 79_155.7), (120, 80_371.3)])
def test_solve_choice__parallel_flights__choice_based_optimum_as_reported(parallel_flights, percent, optimum):
    solution = solve_choice(parallel_flights("choice-based", percent))
    assert solution.certificate.primal / 10**12 == pytest.approx(optimum, abs=0.05)


@pytest.mark.parametrize("percent", [60, 80, 100, 120])
def test_solve_choice__parallel_flights__sales_based_is_above_where_segments_share_the_offer(parallel_flights, percent):
    """The segments' considerations overlap: own offers earn more than one offer for all, here by 2 to 10 %."""
    own = solve_choice(parallel_flights("sales-based", percent)).certificate
    shared = solve_choice(parallel_flights("choice-based", percent)).certificate
    assert own.primal > shared.dual
