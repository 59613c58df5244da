"""The linear programme against brute force on random small instances, with everything that can tie prices."""

from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offchain.errors import InputError
from offchain.pricing import (
    Bound,
    CellDemand,
    LogitDemand,
    PriceKey,
    PricingProblem,
    Segment,
    TableDemand,
    Tier,
    Work,
    problem_from_json,
    problem_to_json,
    solve,
)
from offchain.pricing import solution as made
from offchain.pricing.certificate import RowDual, certify
from offchain.pricing.model import compile_model
from tests.offchain.property.pricing.recording import recorded

CURRENCY = "eip155:1337/slip44:60"
FIRST, SECOND = "0x" + "01" * 32, "0x" + "02" * 32
MICRO, PPM = 10**6, 10**6

ladders = st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True).map(lambda prices: tuple(sorted(prices)))
shares = st.integers(0, PPM)


@st.composite
def tables(draw, ladder):
    """Never-rising sales of up to 50 licences; coarse ones too, so that ties are frequent."""
    grain = draw(st.sampled_from([1, MICRO]))
    drops = draw(st.lists(st.integers(0, 12 * MICRO // grain), min_size=len(ladder), max_size=len(ladder)))
    return TableDemand(tuple(sum(drops[step:]) * grain / MICRO for step in range(len(ladder))))


@st.composite
def bounds(draw, works):
    names = {
        "work": draw(st.sampled_from([None, *works])),
        "tier": draw(st.sampled_from([None, "personal", "commercial"])),
        "segment": draw(st.sampled_from([None, "individual"])),
    }
    floor, ceiling = draw(st.sampled_from([(True, False), (False, True), (True, True)]))
    low = draw(st.integers(0, 15))
    high = draw(st.integers(low, 45))
    return Bound(**names, floor=low if floor else None, ceiling=high if ceiling else None)


@st.composite
def problems(draw):
    """One or two works, two tiers, one or two segments: at most four cells of at most four prices."""
    two_works = draw(st.booleans())
    works = [Work(FIRST, draw(shares))]
    if two_works:
        works.append(Work(SECOND, draw(shares), draw(st.sampled_from([(), (FIRST,)]))))
    segments = [Segment("individual")]
    if not two_works:
        discount = draw(st.sampled_from([None, "individual"]))
        segments.append(Segment("school", discount, draw(shares) if discount else 0))
    tiers = [
        Tier("personal", draw(ladders)),
        Tier("commercial", draw(ladders), draw(st.sampled_from([("personal",), ()]))),
    ]
    demand = [
        CellDemand(PriceKey(work.id, tier.name, segment.name), draw(tables(tier.ladder)))
        for work, tier, segment in product(works, tiers, segments)
    ]
    limits = draw(st.lists(bounds([work.id for work in works]), max_size=2))
    return PricingProblem(CURRENCY, 0, *map(tuple, (works, tiers, segments, demand, limits)))


def brute_force(problem):
    """Best net revenue in 1e-12 minor units over every combination of ladder prices, or None where none is allowed.

    Written from the meaning of the problem, sharing no code with the model.
    """
    ladders = {tier.name: tier.ladder for tier in problem.tiers}
    keys = [cell.key for cell in problem.demand]
    values = []
    for cell in problem.demand:
        (work,) = [work for work in problem.works if work.id == cell.key.work]
        sold = [round(licences * MICRO) for licences in cell.curve.licences]
        allowed = [price for price in ladders[cell.key.tier] if within(problem, cell.key, price)]
        earns = dict(zip(ladders[cell.key.tier], sold, strict=True))
        values.append({price: price * earns[price] * (PPM - work.upstream_ppm) for price in allowed})
    totals = (
        sum(value[price] for value, price in zip(values, prices, strict=True))
        for prices in product(*values)
        if ordered(problem, dict(zip(keys, prices, strict=True)))
    )
    return max(totals, default=None)


def within(problem, key, price):
    for bound in problem.bounds:
        hit = all(
            want in (None, have)
            for want, have in [(bound.work, key.work), (bound.tier, key.tier), (bound.segment, key.segment)]
        )
        if hit and bound.floor is not None and price < bound.floor:
            return False
        if hit and bound.ceiling is not None and price > bound.ceiling:
            return False
    return True


def ordered(problem, prices):
    for (work, tier, segment), price in prices.items():
        (its_work,) = [other for other in problem.works if other.id == work]
        (its_tier,) = [other for other in problem.tiers if other.name == tier]
        (its_segment,) = [other for other in problem.segments if other.name == segment]
        if any(price < prices[work, narrower, segment] for narrower in its_tier.broader_than):
            return False
        if any(price < prices[parent, tier, segment] for parent in its_work.not_below):
            return False
        base = its_segment.discount_from
        if base and price * PPM < prices[work, tier, base] * (PPM - its_segment.max_discount_ppm):
            return False
    return True


quick = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
many = settings(quick, max_examples=1000)


@many
@given(problems())
def test_solve__random_instance__equals_brute_force_and_is_integral(problem):
    """Where brute force finds no prices a refusal comes before the programme is solved, and never otherwise."""
    best = brute_force(problem)
    if best is None:
        with pytest.raises(InputError) as caught:
            solve(problem)
        assert caught.value.code in {"prices-infeasible", "bounds-miss-ladder", "floor-above-ceiling"}
        return
    with recorded(made, "solve_lp") as programmes:
        solution = solve(problem)
    assert solution.certificate.primal == best <= solution.certificate.dual
    assert solution.expected_revenue == best // 10**12
    prices = {price.key: price.amount for price in solution.prices}
    assert ordered(problem, prices)
    assert all(within(problem, key, amount) for key, amount in prices.items())
    (levels,) = (programme.levels for programme in programmes)
    assert all(min(abs(level), abs(level - 1)) < 1e-9 for level in levels)


@quick
@given(problems())
def test_explain__every_rule_dropped__adds_no_more_than_their_worths(problem):
    """Sensitivity of linear programmes: the duals bound what the constraints cost together."""
    best = brute_force(problem)
    if best is None:
        return
    orders = bounds = 0
    for price in solve(problem).prices:
        worths = [binding.worth for binding in price.explanation.bindings]
        assert worths == sorted(worths, reverse=True)
        for binding in price.explanation.bindings:
            orders += binding.worth * (binding.kind == "order")
            bounds += binding.worth * (binding.kind != "order")
    works = tuple(Work(work.id, work.upstream_ppm) for work in problem.works)
    tiers = tuple(Tier(tier.name, tier.ladder) for tier in problem.tiers)
    segments = tuple(Segment(segment.name) for segment in problem.segments)
    free = PricingProblem(CURRENCY, 0, works, tiers, segments, problem.demand)
    # Each order is named at both of its ends.
    assert brute_force(free) - best <= (orders // 2 + bounds) * 10**12


@quick
@given(problems(), st.data())
def test_certify__any_multipliers__bound_every_price_that_keeps_the_rules(problem, data):
    """Weak duality, which is all that the checker relies on."""
    best = brute_force(problem)
    if best is None:
        return
    model = compile_model(problem)
    rows = [
        RowDual(
            model.cells[order.cheaper].key,
            model.cells[order.dearer].key,
            data.draw(st.integers(0, 45)),
            data.draw(st.integers(0, 100 * 10**12)),
        )
        for order in model.orders
    ]
    assert certify(model, [0] * len(model.cells), rows).dual >= best


@quick
@given(problems())
def test_problem_json__random_problem__comes_back_equal(problem):
    assert problem_from_json(problem_to_json(problem)) == problem


@quick
@given(st.integers(0, 10**24), st.integers(1, 10**24), st.floats(0, 1e9), ladders)
def test_logit__any_parameters__sales_never_rise_and_never_pass_the_market(median, spread, market, ladder):
    sold = LogitDemand(median, spread, market).sales(ladder)
    assert all(low >= high for low, high in pairwise(sold))
    assert all(0 <= sales <= market * MICRO for sales in sold)
