"""Rows between works against brute force on random small instances, and certificates that were tampered with."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offchain.errors import InputError
from offchain.pricing import (
    Accessibility,
    Bound,
    Budget,
    CellDemand,
    Coupling,
    HolderFloor,
    HolderShare,
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
from offchain.pricing.certificate import RowDual
from offchain.pricing.coupled.proof import Components, Leaf, Scope, Split, Weight, apart, proven_bound, relaxed
from offchain.pricing.model import compile_model

CURRENCY = "eip155:1337/slip44:60"
WORKS = tuple("0x" + f"{number:02x}" * 32 for number in (1, 2, 3))
MICRO, PPM = 10**6, 10**6

quick = settings(max_examples=260, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
ladders = st.lists(st.integers(1, 40), min_size=2, max_size=4, unique=True).map(lambda prices: tuple(sorted(prices)))


@st.composite
def tables(draw, ladder):
    drops = draw(st.lists(st.integers(0, 12), min_size=len(ladder), max_size=len(ladder)))
    return TableDemand(tuple(float(sum(drops[step:])) for step in range(len(ladder))))


@st.composite
def floors(draw, works):
    ids = draw(st.lists(st.sampled_from(works), min_size=1, max_size=2, unique=True))
    shares = tuple(HolderShare(work, draw(st.integers(50_000, 500_000))) for work in ids)
    penalty = draw(st.sampled_from([0, 300_000, PPM, 5 * PPM]))
    return HolderFloor(draw(st.sampled_from(["ada", "ben"])), shares, draw(st.integers(0, 150)), penalty, CURRENCY)


tiers_or_none, segments_or_none = st.sampled_from([None, "personal", "commercial"]), st.sampled_from([None, "school"])


@st.composite
def problems(draw):
    """Two or three works, two tiers, one segment: at most six cells of at most four prices, up to five rows."""
    works = WORKS[: draw(st.integers(2, 3))]
    broader = draw(st.sampled_from([("personal",), ()]))
    tiers = (Tier("personal", draw(ladders)), Tier("commercial", draw(ladders), broader))
    stated = [Work(work, draw(st.integers(0, PPM // 2))) for work in works]
    if draw(st.booleans()):
        stated[1] = replace(stated[1], not_below=(WORKS[0],))
    demand = tuple(
        CellDemand(PriceKey(work, tier.name, "school"), draw(tables(tier.ladder)))
        for work, tier in product(works, tiers)
    )
    access = st.builds(
        Accessibility, st.just("school"), st.integers(5, 40), st.integers(1, 2), st.just(CURRENCY), tiers_or_none
    )
    budget = st.builds(Budget, st.just("agreed"), st.integers(40, 150).map(float), tiers_or_none, segments_or_none)
    coupling = Coupling(
        tuple({floor.holder: floor for floor in draw(st.lists(floors(works), min_size=1, max_size=2))}.values()),
        tuple(draw(st.lists(access, max_size=2))),
        tuple(draw(st.lists(budget, max_size=1))),
    )
    bounds = (Bound(work=WORKS[0], ceiling=draw(st.integers(20, 45))),) if draw(st.booleans()) else ()
    return PricingProblem(CURRENCY, 0, tuple(stated), tiers, (Segment("school"),), demand, bounds, coupling)


def brute_force(problem):
    """Best net revenue less charges, in minor units, over every price list within all rules; None where there is none.

    Written from the meaning of the rules, sharing no code with the model.
    """
    ladders = {tier.name: tier.ladder for tier in problem.tiers}
    keys = [cell.key for cell in problem.demand]
    sold = {cell.key: dict(zip(ladders[cell.key.tier], cell.curve.licences, strict=True)) for cell in problem.demand}
    options = [[price for price in ladders[key.tier] if within(problem, key, price)] for key in keys]
    lists = (dict(zip(keys, prices, strict=True)) for prices in product(*options))
    return max((worth(problem, sold, prices) for prices in lists if kept(problem, sold, prices)), default=None)


def within(problem, key, price):
    return all(bound.work not in (None, key.work) or price <= bound.ceiling for bound in problem.bounds)


def kept(problem, sold, prices):
    for work, (tier, segment) in product(problem.works, {(key.tier, key.segment) for key in prices}):
        price = prices[work.id, tier, segment]
        if any(price < prices[parent, tier, segment] for parent in work.not_below):
            return False
        broader = next(other for other in problem.tiers if other.name == tier).broader_than
        if any(price < prices[work.id, other, segment] for other in broader):
            return False
    for row in problem.coupling.accessibility:
        fits = [price <= row.at_most for key, price in prices.items() if row.tier in (None, key.tier)]
        if sum(fits) < row.least:
            return False
    for row in problem.coupling.budgets:
        licences = sum(sold[key][price] for key, price in prices.items() if row.tier in (None, key.tier))
        if licences > row.limit:
            return False
    return True


def worth(problem, sold, prices):
    kept = {work.id: PPM - work.upstream_ppm for work in problem.works}
    net = Counter()
    for key, price in prices.items():
        net[key.work] += Fraction(price * int(sold[key][price]) * kept[key.work], PPM)
    total = sum(net.values())
    for floor in problem.coupling.floors:
        earned = sum(net[share.work] * share.ppm / PPM for share in floor.shares)
        total -= max(0, floor.floor - earned) * Fraction(floor.penalty_ppm, PPM)
    return total


@quick
@given(problems())
def test_solve__rows_between_works__as_good_as_brute_force_within_the_certified_gap(problem):
    best = brute_force(problem)
    if best is None:
        with pytest.raises(InputError) as caught:
            solve(problem)
        assert caught.value.code in {"prices-infeasible", "bounds-miss-ladder", "rows-infeasible"}
        return
    solution = solve(problem)
    primal, dual = (Fraction(value, 10**12) for value in (solution.certificate.primal, solution.certificate.dual))
    grain = Fraction(1, 10**9)  # shares and charges are rounded to 1e-12 of a minor unit, cell by cell
    assert primal - grain <= best <= dual + grain
    assert (dual - primal) * 10**4 <= abs(dual)
    prices = {price.key: price.amount for price in solution.prices}
    sold = {
        cell.key: dict(zip(tier.ladder, cell.curve.licences, strict=True))
        for cell in problem.demand
        for tier in problem.tiers
        if tier.name == cell.key.tier
    }
    assert kept(problem, sold, prices)
    assert abs(worth(problem, sold, prices) - primal) <= grain


@settings(quick, max_examples=100)
@given(problems())
def test_problem_json__with_rows__comes_back_equal(problem):
    assert problem_from_json(problem_to_json(problem)) == problem


@st.composite
def weights(draw, rows):
    chosen = [row for row in rows if draw(st.booleans())]
    return tuple(
        Weight(row.number, draw(st.integers(0, 10**24 if row.penalty is None else row.penalty))) for row in chosen
    )


@st.composite
def proofs(draw, scope, depth):
    """Any well-formed proof of a scope, good or bad: splits, components and leaves with any multipliers."""
    kind = draw(st.sampled_from(["split", "components", "leaf"])) if depth else "leaf"
    free = [cell for cell, (lowest, highest) in scope.steps.items() if lowest < highest]
    if kind == "split" and free:
        cell = draw(st.sampled_from(free))
        lowest, highest = scope.steps[cell]
        first = draw(st.integers(lowest + 1, highest))
        below = draw(proofs(scope.narrowed(cell, lowest, first - 1), depth - 1))
        above = draw(proofs(scope.narrowed(cell, first, highest), depth - 1))
        return Split(scope.model.cells[cell].key, scope.model.cells[cell].ladder[first], below, above)
    chosen = draw(weights(scope.rows))
    if kind == "components":
        parts = apart(relaxed(scope, chosen)[1])
        return Components(chosen, tuple(draw(proofs(part, depth - 1)) for part in parts))
    cells = scope.model.cells
    return Leaf(
        chosen,
        tuple(
            RowDual(
                cells[order.cheaper].key,
                cells[order.dearer].key,
                draw(st.sampled_from(cells[order.cheaper].ladder)),
                draw(duals),
            )
            for order in scope.orders
        ),
    )


duals = st.integers(0, 100 * 10**12)


@settings(quick, max_examples=150)
@given(problems(), st.data())
def test_proven_bound__any_proof__bounds_every_price_list_within_the_rules(problem, data):
    """Soundness: no proof, however it was found, says less than the best that brute force finds."""
    best = brute_force(problem)
    if best is None:
        return
    model = compile_model(problem)
    proof = data.draw(proofs(Scope.whole(model), 3))
    grain = Fraction(1, 10**9)
    assert Fraction(proven_bound(model, proof), 10**12) + grain >= best
