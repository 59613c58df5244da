"""Choice models against every offer there is, on random small instances with orders, editions and several segments."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import floor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from offchain.pricing import PriceKey, Tier, Work
from offchain.pricing.certificate import RowDual
from offchain.pricing.choice import (
    ChoiceProblem,
    ChoiceSegment,
    ChoiceWeights,
    Edition,
    TableWeights,
    choice_from_json,
    choice_to_json,
    solve_choice,
)
from offchain.pricing.choice import solution as made
from offchain.pricing.choice.branch_and_bound import best_offer
from offchain.pricing.choice.market import compile_market
from offchain.pricing.choice.proof import certify_own, certify_shared, unproven
from offchain.pricing.choice.timetable import WHOLE
from tests.offchain.property.pricing.recording import recorded

CURRENCY = "eip155:1337/slip44:60"
WORK = "0x" + "01" * 32
NAMES = ("personal", "commercial", "exclusive")
SCALE, PPM = 10**12, 10**6


one, several = st.just(1), st.integers(1, 3)


@st.composite
def problems(draw, model, segments=one):
    """One work, up to three tiers of up to three prices: at most 4³ = 64 offers."""
    names = NAMES[: draw(st.integers(1, 3))]
    tiers = []
    for place, name in enumerate(names):
        ladder = draw(st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True).map(sorted))
        tiers.append(Tier(name, tuple(ladder), names[:place] if draw(st.booleans()) else ()))
    groups, weights = [], []
    for number in range(draw(segments)):
        segment = ChoiceSegment(f"s{number}", float(draw(st.integers(1, 30))), draw(st.sampled_from([0.5, 1.0, 7.25])))
        groups.append(segment)
        seen = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        for tier in tiers:
            if tier.name in seen:
                drops = draw(st.lists(st.integers(0, 16), min_size=len(tier.ladder), max_size=len(tier.ladder)))
                table = tuple(sum(drops[step:]) / 4 for step in range(len(drops)))
                weights.append(ChoiceWeights(PriceKey(WORK, tier.name, segment.name), TableWeights(table)))
    work = Work(WORK, draw(st.sampled_from([0, 250_000, PPM])))
    problem = ChoiceProblem(model, CURRENCY, 0, (work,), tuple(tiers), tuple(groups), tuple(weights))
    if model == "logit":
        return problem
    limits = st.lists(st.sampled_from([None, *sorted({entry.key.tier for entry in weights})]), max_size=2, unique=True)
    editions = [Edition(f"e{place}", draw(st.integers(0, 12)), None, tier) for place, tier in enumerate(draw(limits))]
    return replace(problem, editions=tuple(editions))


def offers(problem):
    """Every offer, as prices by tier: written from the meaning of the problem, sharing no code with the models."""
    names = [tier.name for tier in problem.tiers if any(entry.key.tier == tier.name for entry in problem.weights)]
    ladders = {tier.name: tier.ladder for tier in problem.tiers}
    broader = {tier.name: tier.broader_than for tier in problem.tiers}
    for prices in product(*[(*ladders[name], None) for name in names]):
        offer = dict(zip(names, prices, strict=True))
        shown = {name: price for name, price in offer.items() if price is not None}
        if all(
            narrow in shown and shown[narrow] <= price
            for name, price in shown.items()
            for narrow in broader[name]
            if narrow in offer
        ):
            yield shown


def response(problem, segment, offer):
    """Net revenue and licences by tier that one segment brings in a period, as fractions."""
    ladders = {tier.name: tier.ladder for tier in problem.tiers}
    tables = {entry.key.tier: entry.curve.weights for entry in problem.weights if entry.key.segment == segment.name}
    drawn = {
        tier: Fraction(tables[tier][ladders[tier].index(price)]) for tier, price in offer.items() if tier in tables
    }
    total = Fraction(segment.nothing) + sum(drawn.values())
    sold = {tier: Fraction(segment.buyers) * weight / total for tier, weight in drawn.items()}
    kept = Fraction(PPM - problem.works[0].upstream_ppm, PPM)
    return sum((sold[tier] * offer[tier] * kept for tier in sold), Fraction(0)), sold


def linear_optimum(problem, groups):
    """The programme over every offer: each group of segments sees a mixture of its own."""
    revenue, uses, times = [], [], []
    for number, group in enumerate(groups):
        for offer in offers(problem):
            answers = [response(problem, segment, offer) for segment in group]
            revenue.append(-float(sum(answer[0] for answer in answers)))
            sold = [
                sum(
                    amount for _, by_tier in answers for tier, amount in by_tier.items() if edition.tier in {None, tier}
                )
                for edition in problem.editions
            ]
            uses.append([float(amount) for amount in sold])
            times.append([float(number == place) for place in range(len(groups))])
    rows = [list(column) for column in zip(*uses, strict=True)] + [list(column) for column in zip(*times, strict=True)]
    limits = [edition.copies for edition in problem.editions] + [1] * len(groups)
    found = linprog(revenue, A_ub=rows, b_ub=limits, method="highs-ds")
    assert found.success
    return -found.fun


def quick(examples):
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow, derandomize=True)


@quick(1000)
@given(problems("logit"))
def test_solve_choice__logit__equals_the_best_of_all_offers_and_is_integral(problem):
    best = max(response(problem, problem.segments[0], offer)[0] for offer in offers(problem))
    with recorded(made, "solve_sales_based") as vertices:
        solution = solve_choice(problem)
    assert solution.certificate.primal == floor(best * SCALE)
    (shown,) = solution.offers
    assert shown.share == WHOLE
    chosen = {price.product.tier: price.amount for price in shown.prices}
    assert response(problem, problem.segments[0], chosen)[0] == best
    ((levels,),) = (vertex.levels for vertex in vertices)
    assert all(min(abs(level), abs(level - 1)) < 1e-9 for row in levels for level in row)


@quick(150)
@given(problems("sales-based", several))
def test_solve_choice__own_offers__equals_the_programme_over_every_offer(problem):
    solution = solve_choice(problem)
    best = linear_optimum(problem, [[segment] for segment in problem.segments])
    assert solution.certificate.primal / SCALE == pytest.approx(best, rel=1e-7, abs=1e-9)
    for edition in solution.editions:
        assert edition.sold <= edition.copies * 10**6


@quick(150)
@given(problems("choice-based", several))
def test_solve_choice__one_offer_for_all__equals_the_programme_over_every_offer(problem):
    solution = solve_choice(problem)
    best = linear_optimum(problem, [problem.segments])
    assert solution.certificate.primal / SCALE == pytest.approx(best, rel=1e-7, abs=1e-9)
    own = solve_choice(replace(problem, model="sales-based"))
    assert own.certificate.dual >= solution.certificate.primal


@quick(60)
@given(problems("choice-based", several), st.data())
def test_solve_choice__segments_consider_different_licences__both_programmes_agree(problem, data):
    """Disjoint consideration sets without orders: what one segment sees is nothing to the others."""
    owners = {name: data.draw(st.sampled_from([seg.name for seg in problem.segments])) for name in NAMES}
    weights = tuple(entry for entry in problem.weights if owners[entry.key.tier] == entry.key.segment)
    named = {entry.key.segment for entry in weights}
    sold = {entry.key.tier for entry in weights}
    if not weights:
        return
    apart = replace(
        problem,
        tiers=tuple(Tier(tier.name, tier.ladder) for tier in problem.tiers),
        segments=tuple(segment for segment in problem.segments if segment.name in named),
        weights=weights,
        editions=tuple(edition for edition in problem.editions if edition.tier in {None, *sold}),
    )
    shared, own = solve_choice(apart), solve_choice(replace(apart, model="sales-based"))
    assert shared.certificate.primal == pytest.approx(own.certificate.primal, rel=1e-8, abs=1)


@quick(100)
@given(problems("choice-based", several), st.data())
def test_best_offer__any_charges__is_the_best_and_its_bound_holds(problem, data):
    market = compile_market(problem)
    charges = [data.draw(st.integers(0, 30)) * SCALE for _ in market.licences]
    worths = [
        sum(market.earned(audience, offer, charges) for audience in market.audiences)
        for offer in product(*map(market.audiences[0].opened, range(len(market.licences))))
        if market.allows(market.audiences[0], offer)
    ]
    found = best_offer(market, charges)
    assert market.allows(market.audiences[0], found.offer)
    worth = sum(market.earned(audience, found.offer, charges) for audience in market.audiences)
    assert worth == pytest.approx(max(worths), rel=1e-6, abs=1)
    assert max(worths) <= found.bound <= max(worths) * (1 + Fraction(1, 10**5)) + SCALE // 10**5


@quick(200)
@given(problems("sales-based", several), st.data())
def test_certify_own__any_multipliers__bound_every_mixture(problem, data):
    """Weak duality, which is all that the checker relies on."""
    market = compile_market(problem)
    rows = [
        RowDual(
            PriceKey(*market.licences[order.cheaper].product, audience.name),
            PriceKey(*market.licences[order.dearer].product, audience.name),
            data.draw(st.integers(0, 45)),
            data.draw(st.integers(0, 100)) * SCALE * PPM,
        )
        for order in market.orders
        for audience in market.audiences
    ]
    worths = [data.draw(st.integers(0, 40)) * SCALE for _ in market.copies]
    certificate = certify_own(market, [], worths, [0] * len(market.audiences), rows)
    best = linear_optimum(problem, [[segment] for segment in problem.segments])
    assert certificate.dual / SCALE >= best * (1 - 1e-9)
    shared = certify_shared(replace(market, shared=True), [], worths, 0)
    assert shared.dual / SCALE >= linear_optimum(problem, [problem.segments]) * (1 - 1e-9)


@quick(100)
@given(problems("sales-based", several), st.data())
def test_unproven__worse_timetable_or_lower_bound__is_told(problem, data):
    """No certificate passes for a solution that is not best, nor one whose bound is below the truth."""
    solution, market = solve_choice(problem), compile_market(problem)
    proof = solution.certificate
    assert unproven(market, solution.timetable, proof) is None
    if proof.primal == 0:
        return
    place = data.draw(st.integers(0, len(solution.timetable) - 1))
    entry = solution.timetable[place]
    shorter = [*solution.timetable]
    shorter[place] = replace(entry, share=entry.share * 99 // 100)
    lost = certify_own(market, shorter, proof.worths, proof.values, proof.rows)
    if lost.primal < proof.primal * (1 - 1e-6):
        assert unproven(market, shorter, lost) is not None
    values = tuple(value - max(value // 1000, 1) for value in proof.values)
    assert unproven(market, solution.timetable, replace(proof, values=values)) is not None


@quick(100)
@given(st.one_of(problems("logit", several), problems("choice-based", several)))
def test_choice_json__random_problem__comes_back_equal(problem):
    assert choice_from_json(choice_to_json(problem)) == problem
