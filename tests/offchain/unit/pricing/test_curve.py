"""The curve behind a price, and its picture."""

from dataclasses import replace

import pytest
from defusedxml import ElementTree

from offchain.errors import NotFoundError
from offchain.pricing import Bound, PriceKey, solve
from offchain.pricing.curve import Evidence, price_curve, price_curves
from offchain.pricing.demand import MICRO
from offchain.pricing.picture import picture


@pytest.fixture
def curve(one_price):
    """12 · 10 = 120, 10 · 20 = 200, 3 · 30 = 90, 1 · 40 = 40; 40 is above the ceiling; a quarter is owed upstream."""
    problem = one_price((10, 20, 30, 40), (12, 10, 3, 1), [Bound(ceiling=35)], upstream_ppm=250_000)
    (found,) = price_curves(problem, solve(problem))
    return found


def drawn(curve, unit="TUSD"):
    """Elements of a picture by class: each its tag, attributes and text."""
    root = ElementTree.fromstring(picture(curve, unit))
    found = {}
    for element in root.iter():
        for kind in element.get("class", "").split():
            found.setdefault(kind, []).append(element)
    return found


def test_curve__solved__holds_what_each_step_would_bring(curve):
    assert curve.sales == (12 * MICRO, 10 * MICRO, 3 * MICRO, MICRO)
    assert curve.revenue == (90, 150, 67, 30)  # three quarters, rounded down
    assert (curve.lowest, curve.highest, curve.chosen, curve.runner_up) == (0, 2, 1, 0)
    assert curve.evidence is None


def test_curve__evidence__goes_to_its_own_price_alone(two_tiers):
    problem = two_tiers()
    key = problem.demand[1].key
    evidence = Evidence((1, 1, 1), (2, 2, 2), 9)
    first, second = price_curves(problem, solve(problem), {key: evidence})
    assert (first.evidence, second.evidence) == (None, evidence)


def test_price_curve__unknown__names_what_there_is(curve):
    assert price_curve((curve,), curve.key) is curve
    with pytest.raises(NotFoundError) as caught:
        price_curve((curve,), PriceKey(curve.key.work, "exclusive", "individual"))
    assert (caught.value.code, caught.value.remedy) == ("price-unknown", "ask for one of: personal / individual")


def test_picture__stated_demand__marks_price_and_runner_up_and_has_no_band(curve):
    found = drawn(curve)
    assert "band" not in found
    assert len(found["pick"]) == len(found["second"]) == len(found["out"]) == 2  # one in each panel
    picked, second = (float(found[kind][0].get("cx")) for kind in ("pick", "second"))
    assert second < picked < float(found["out"][0].get("x"))  # the runner-up is cheaper, what is excluded dearer
    assert "not learned" in picture(curve, "TUSD")


def test_picture__higher_revenue__is_drawn_higher(curve):
    points = [point.split(",") for point in drawn(curve)["revenue"][0].get("points").split()]
    heights = [-float(y) for _, y in points]
    assert heights[1] > heights[0] > heights[2] > heights[3]
    prices = [float(x) for x, _ in points]
    assert prices == sorted(prices)
    # Equal ratios are equal distances: 20 / 10 = 40 / 20.
    assert prices[1] - prices[0] == pytest.approx(prices[3] - prices[1], abs=0.2)


def test_picture__learned_demand__band_encloses_the_curve(curve):
    low, high = (tuple(int(sales * share) for sales in curve.sales) for share in (0.5, 1.5))
    learned = replace(curve, evidence=Evidence(low, high, 412))
    found = drawn(learned)
    ends = [float(point.split(",")[1]) for point in found["band"][0].get("points").split()]
    line = [float(point.split(",")[1]) for point in found["demand"][0].get("points").split()]
    upper, lower = ends[:4], ends[:3:-1]
    assert all(top < middle < bottom for top, middle, bottom in zip(upper, line, lower, strict=True))
    assert "learned from 412 offers" in picture(learned, "TUSD")


def test_picture__names_with_markup__stay_text(curve):
    odd = replace(curve, key=PriceKey(curve.key.work, "<script>&", '"'))
    assert any("<script>&" in (element.text or "") for element in drawn(odd, "<b>")["title"])


@pytest.mark.parametrize("licences", [(0, 0, 0), (1e-6, 0, 0), (1e12, 1e12, 0)])
def test_picture__no_demand_or_very_much__is_drawn_all_the_same(one_price, licences):
    problem = one_price((10, 20, 30), licences)
    (found,) = price_curves(problem, solve(problem))
    assert "nan" not in picture(found, "TUSD")
    assert len(drawn(found)["pick"]) == 2


def test_picture__one_price__stands_in_the_middle(one_price):
    problem = one_price((10,), (3,))
    (found,) = price_curves(problem, solve(problem))
    assert found.runner_up is None
    assert "leave no other step open" in picture(found, "TUSD")
