"""The compiled model is exact: coefficients, allowed steps, orders and their thresholds."""

from dataclasses import replace

import pytest

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT, PPM
from offchain.pricing import Bound, PriceKey, Segment, Tier
from offchain.pricing.model import SCALE, Cell, Model, Order, compile_model


def test_compile_model__net_coefficient__is_price_times_sales_times_what_is_kept(one_price):
    (cell,) = compile_model(one_price((10, 25), (4, 1.5), upstream_ppm=250_000)).cells
    # 10 · 4 · 3/4 = 30 and 25 · 1.5 · 3/4 = 28.125 minor units.
    assert cell.net == (30 * SCALE, 28_125 * SCALE // 1000)
    assert cell.sales == (4_000_000, 1_500_000)


def test_compile_model__bounds_on_ladder_prices__are_inclusive(one_price):
    (cell,) = compile_model(one_price((10, 20, 30, 40), (4, 3, 2, 1), [Bound(floor=20, ceiling=30)])).cells
    assert list(cell.allowed) == [1, 2]


def test_compile_model__bounds_between_ladder_prices__round_inwards(one_price):
    (cell,) = compile_model(one_price((10, 20, 30, 40), (4, 3, 2, 1), [Bound(floor=11, ceiling=39)])).cells
    assert list(cell.allowed) == [1, 2]


def test_compile_model__several_bounds__tightest_count(one_price):
    bounds = [Bound(floor=10, ceiling=40), Bound(floor=20), Bound(ceiling=20, tier="personal")]
    (cell,) = compile_model(one_price((10, 20, 30, 40), (4, 3, 2, 1), bounds)).cells
    assert list(cell.allowed) == [1]


@pytest.mark.parametrize(
    ("bounds", "code"),
    [
        ([Bound(floor=30), Bound(ceiling=20)], "floor-above-ceiling"),
        ([Bound(floor=30, ceiling=20)], "floor-above-ceiling"),
        ([Bound(floor=21, ceiling=29)], "bounds-miss-ladder"),
        ([Bound(floor=31)], "bounds-miss-ladder"),
        ([Bound(ceiling=9)], "bounds-miss-ladder"),
    ],
)
def test_compile_model__bounds_without_a_price__name_the_fault(one_price, bounds, code):
    problem = one_price((10, 20, 30), (3, 2, 1), bounds)
    with pytest.raises(InputError, match="personal / individual") as caught:
        compile_model(problem)
    assert caught.value.code == code


def test_compile_model__revenue_above_the_ledger__refused(one_price):
    compile_model(one_price((MAX_AMOUNT,), (1,)))
    with pytest.raises(InputError) as caught:
        compile_model(one_price((MAX_AMOUNT,), (1.000001,)))
    assert caught.value.code == "revenue-too-large"


def test_compile_model__revenue_of_two_tiers__adds_up_against_the_ledger(two_tiers):
    ladder = (1, 2, MAX_AMOUNT // 3 - 10)
    problem = two_tiers()
    within = replace(problem, tiers=(Tier("personal", ladder), Tier("commercial", (1, 2, 3), ("personal",))))
    compile_model(within)  # 3 licences at a third of the limit less 30, and 15 · 1
    with pytest.raises(InputError) as caught:
        compile_model(replace(problem, tiers=(Tier("personal", ladder), Tier("commercial", ladder, ("personal",)))))
    assert caught.value.code == "revenue-too-large"


def test_compile_model__orders__one_for_each_relation_and_cell(two_tiers):
    problem = two_tiers()
    (order,) = compile_model(problem).orders
    assert order == Order(0, 1, PPM, "commercial never costs less than personal")


def test_compile_model__segment_discount__is_an_order_with_its_factor(one_price):
    problem = one_price((10, 20), (3, 1))
    key = problem.demand[0].key
    pair = replace(
        problem,
        segments=(Segment("organisation"), Segment("individual", "organisation", 400_000)),
        demand=(problem.demand[0], replace(problem.demand[0], key=key._replace(segment="organisation"))),
    )
    (order,) = compile_model(pair).orders
    assert order == Order(0, 1, 600_000, "individual gets at most 40 % off the price of organisation")


@pytest.mark.parametrize(("factor", "expected"), [(PPM, [1, 2, 2]), (PPM // 2, [0, 1, 1]), (PPM * 2, [2, 2, 2])])
def test_threshold__other_ladder__first_step_that_keeps_the_order(factor, expected):
    # Prices 12, 25, 40 against a ladder of 10 and 20: 12 needs 20 (step 1), for 25 and 40 there is none (2);
    # halved they need 6, 12.5 and 20; doubled they need at least 24.
    key = PriceKey("", "", "")
    cheaper, dearer = Cell(key, (12, 25, 40), (), (), 0, 2), Cell(key, (10, 20), (), (), 0, 1)
    model = Model((cheaper, dearer), ())
    assert [model.threshold(Order(0, 1, factor, ""), step) for step in range(3)] == expected
