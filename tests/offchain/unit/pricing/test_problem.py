"""A problem that exists is well-formed."""

from dataclasses import replace

import pytest

from offchain.errors import InputError
from offchain.money import PPM
from offchain.pricing import Bound, LogitDemand, PriceKey, Segment, TableDemand, Tier, Work
from offchain.pricing.problem import CellDemand

OTHER = "0x" + "cd" * 32


def refusal(build):
    with pytest.raises(InputError) as caught:
        build()
    assert caught.value.remedy
    return caught.value.code


@pytest.mark.parametrize("identifier", ["ab" * 32, "0x" + "AB" * 32, "0x" + "ab" * 31, "0x" + "ab" * 32 + "\n"])
def test_work__malformed_id__refused(identifier):
    assert refusal(lambda: Work(identifier)) == "work-id-malformed"


@pytest.mark.parametrize("ppm", [-1, PPM + 1])
def test_work__share_outside_0_to_100_percent__refused(ppm):
    assert refusal(lambda: Work(OTHER, ppm)) == "share-out-of-range"


def test_work__whole_revenue_owed_upstream__accepted():
    assert Work(OTHER, PPM).upstream_ppm == PPM


def test_segment__discount_above_100_percent__refused():
    assert refusal(lambda: Segment("individual", "organisation", PPM + 1)) == "share-out-of-range"


def test_segment__discount_from_nobody__refused():
    assert refusal(lambda: Segment("individual", None, 5)) == "segments-malformed"


@pytest.mark.parametrize("bound", [{}, {"floor": -1}, {"floor": 1, "ceiling": -1}])
def test_bound__negative_or_empty__refused(bound):
    assert refusal(lambda: Bound(**bound)) == "bound-malformed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "USD"}, "currency-malformed"),
        ({"decimals": 78}, "decimals-out-of-range"),
        ({"works": ()}, "works-malformed"),
        ({"segments": (Segment("individual"), Segment("individual"))}, "segments-malformed"),
        ({"tiers": ()}, "tiers-malformed"),
        ({"bounds": (Bound(work=OTHER, floor=1),)}, "work-unknown"),
        ({"bounds": (Bound(tier="exclusive", floor=1),)}, "tier-unknown"),
        ({"bounds": (Bound(segment="school", floor=1),)}, "segment-unknown"),
        ({"tiers": (Tier("personal", (10, 20, 30), ("exclusive",)),)}, "tier-unknown"),
        ({"tiers": (Tier("personal", (10, 20, 30), ("personal",)),)}, "tier-order-cyclic"),
        ({"tiers": (Tier("personal", (10, 20, 30), ("personal", "personal")),)}, "tiers-malformed"),
        ({"segments": (Segment("individual", "organisation", 1),)}, "segment-unknown"),
        ({"segments": (Segment("individual", "individual", 1),)}, "segment-order-cyclic"),
        ({"demand": ()}, "demand-missing"),
        ({"tiers": (Tier("personal", (10, 20)),)}, "demand-length"),
    ],
)
def test_problem__one_fault__names_it(one_price, changes, code):
    problem = one_price((10, 20, 30), (3, 2, 1))
    assert refusal(lambda: replace(problem, **changes)) == code


def test_problem__tiers_in_a_circle__names_the_circle(two_tiers):
    problem = two_tiers()
    tiers = (Tier("personal", (10, 20, 30), ("commercial",)), problem.tiers[1])
    with pytest.raises(
        InputError, match=r"(personal → commercial → personal|commercial → personal → commercial)"
    ) as caught:
        replace(problem, tiers=tiers)
    assert caught.value.code == "tier-order-cyclic"


def test_problem__works_in_a_circle__refused(one_price):
    problem = one_price((10,), (1,))
    first = problem.works[0].id
    works = (Work(first, 0, (OTHER,)), Work(OTHER, 0, (first,)))
    assert refusal(lambda: replace(problem, works=works)) == "work-order-cyclic"


def test_problem__curve_stated_twice__refused(one_price):
    problem = one_price((10,), (1,))
    assert refusal(lambda: replace(problem, demand=problem.demand * 2)) == "demand-repeated"


def test_problem__curve_of_something_not_sold__refused(one_price):
    problem = one_price((10,), (1,))
    stray = CellDemand(PriceKey(OTHER, "personal", "individual"), LogitDemand(1, 1, 1))
    assert refusal(lambda: replace(problem, demand=(*problem.demand, stray))) == "demand-unknown"


def test_bound__absent_names__match_everything():
    key = PriceKey(OTHER, "personal", "individual")
    assert Bound(floor=1).matches(key)
    assert Bound(tier="personal", floor=1).matches(key)
    assert not Bound(tier="commercial", floor=1).matches(key)


def test_table_demand__length_is_checked_against_its_tier__not_another(two_tiers):
    problem = two_tiers()
    tiers = (problem.tiers[0], Tier("commercial", (10, 20), ("personal",)))
    assert refusal(lambda: replace(problem, tiers=tiers)) == "demand-length"
    shorter = replace(problem.demand[1], curve=TableDemand((15.0, 3.0)))
    assert replace(problem, tiers=tiers, demand=(problem.demand[0], shorter)).tiers == tiers
