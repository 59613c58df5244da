"""Offers, shares, editions and sentences on instances small enough to work out by hand."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest

from offchain.errors import ColophonError, RefusedError
from offchain.pricing import PriceKey, Tier, Work
from offchain.pricing.choice import (
    ChoiceSegment,
    ChoiceWeights,
    Edition,
    LogitWeights,
    TableWeights,
    choice_from_json,
    choice_hash,
    choice_to_json,
    solution_from_json,
    solution_to_json,
    solve_choice,
)
from offchain.pricing.choice.timetable import WHOLE

PRINTS = Edition("prints", 2, None, "commercial")


def prices(offered):
    return {price.product.tier: price.amount for price in offered.prices}


def test_solve_choice__logit__offers_the_best_price_of_each_tier(two_tiers):
    solution = solve_choice(two_tiers())
    (offered,) = solution.offers
    assert prices(offered) == {"personal": 20, "commercial": 30}
    assert solution.expected_revenue == 150  # 9 · 50/3
    assert [price.sales for price in offered.prices] == [3_000_000, 3_000_000]
    assert [price.revenue for price in offered.prices] == [60, 90]


def test_solve_choice__logit__sentence_names_prices_and_the_runner_up(two_tiers):
    """Leaving out commercial: 9 · 10 = 90; personal at 10: 9 · 12.5 = 112.5, 37.5 less, which is rounded down."""
    (offered,) = solve_choice(two_tiers()).offers
    assert offered.sentence == (
        "all sees personal at 20, commercial at 30; the next best change, personal at 10, earns 37 less"
    )


def test_solve_choice__share_owed_upstream__is_taken_off(two_tiers):
    assert solve_choice(two_tiers(upstream_ppm=200_000)).expected_revenue == 120


@pytest.mark.parametrize("model", ["sales-based", "choice-based"])
def test_solve_choice__limited_edition__mixes_offers_over_time(two_tiers, model):
    """Commercial sells 3 a period beside personal (150); personal alone earns 9 · 10 = 90. Two copies allow two thirds
    of the period with both: 100 + 30 = 130, and a copy more is worth (150 − 90) / 3 = 20.
    """
    solution = solve_choice(two_tiers(model, [PRINTS]))
    both, alone = solution.offers
    assert (prices(both), prices(alone)) == ({"personal": 20, "commercial": 30}, {"personal": 20})
    assert both.share / WHOLE == pytest.approx(2 / 3)
    assert both.share + alone.share == pytest.approx(WHOLE, rel=1e-9)
    assert solution.expected_revenue == 130
    (prints,) = solution.editions
    assert (prints.worth, prints.sold) == (20, 2_000_000)
    assert prints.sentence == "all 2 copies are expected to sell; one more would be worth at most 20"


def test_solve_choice__edition_never_sells_out__one_more_copy_is_worth_nothing(two_tiers):
    (prints,) = solve_choice(two_tiers("sales-based", [replace(PRINTS, copies=50)])).editions
    assert (prints.worth, prints.sold) == (0, 3_000_000)
    assert prints.sentence == "3 of 50 copies are expected to sell, so one more would be worth nothing"


def test_solve_choice__no_copies__licence_is_not_offered(two_tiers):
    solution = solve_choice(two_tiers("sales-based", [replace(PRINTS, copies=0)]))
    assert [prices(offered) for offered in solution.offers] == [{"personal": 20}]
    assert solution.expected_revenue == 90


def test_solve_choice__no_copies_but_many_buyers__rounding_does_not_make_it_infeasible(two_tiers):
    """Weights of 0.1, 0.2 and so on do not cancel exactly in floats; times many buyers that is not nothing."""
    problem = two_tiers("sales-based", [replace(PRINTS, copies=0)])
    odd = replace(problem.weights[1], curve=TableWeights((300.3, 100.1)))
    problem = replace(problem, segments=(ChoiceSegment("all", 1e9, 0.7),), weights=(problem.weights[0], odd))
    assert solve_choice(problem).expected_revenue == round(10**9 * 20 / 1.7)


def test_solve_choice__one_copy_for_a_million_buyers__is_proven_too(two_tiers):
    """A million buyers would take a third of a million copies; one copy is worth 20, what remains earns 10 each."""
    problem = replace(
        two_tiers("sales-based", [replace(PRINTS, copies=1)]), segments=(ChoiceSegment("all", 1_000_000.0),)
    )
    assert solve_choice(problem).certificate.primal == pytest.approx(10_000_020 * 10**12, rel=1e-9)


def test_solve_choice__tier_that_only_supports_a_broader_one__is_offered_with_it(two_tiers):
    """Commercial is offered beside personal only; where personal alone may cost no less than 40, so must commercial."""
    problem = replace(two_tiers(), tiers=(Tier("personal", (40, 50)), Tier("commercial", (10, 30), ("personal",))))
    (offered,) = solve_choice(problem).offers
    assert "commercial" not in prices(offered)


def test_solve_choice__segments__each_gets_its_own_offer(two_tiers):
    """Schools weigh personal 3 at 10 and 0 at 20: 30/4 a buyer, so they see 10 where the others see 20."""
    problem = two_tiers()
    schools = ChoiceWeights(PriceKey(problem.works[0].id, "personal", "schools"), TableWeights((3.0, 0.0)))
    problem = replace(
        problem,
        segments=(*problem.segments, ChoiceSegment("schools", 4.0)),
        weights=(*problem.weights, schools),
    )
    everybody, school = solve_choice(problem).offers
    assert (prices(everybody)["personal"], prices(school)["personal"]) == (20, 10)
    shared = solve_choice(replace(problem, model="choice-based"))
    assert {offered.segment for offered in shared.offers} == {None}


def test_solve_choice__many_offers_for_all__branch_and_bound_proves_within_a_millionth(two_tiers):
    """Seven tiers of three prices make 4⁷ = 16,384 offers, above what a proof tries one by one."""
    problem = two_tiers("choice-based")
    names = [f"tier {place}" for place in range(7)]
    problem = replace(
        problem,
        tiers=tuple(Tier(name, (10 + place, 20 + place, 30 + place)) for place, name in enumerate(names)),
        segments=(ChoiceSegment("all", 9.0), ChoiceSegment("schools", 5.0, 2.0)),
        weights=tuple(
            ChoiceWeights(PriceKey(problem.works[0].id, name, segment), LogitWeights(value + 2 * place, 8))
            for place, name in enumerate(names)
            for segment, value in (("all", 12), ("schools", 4))
        ),
        editions=(Edition("first", 2, None, "tier 6"),),
    )
    solution = solve_choice(problem)
    assert 0 <= solution.certificate.gap <= solution.certificate.dual // 10**6
    assert solution_from_json(problem, solution_to_json(solution)) == solution


@pytest.fixture
def solved(two_tiers):
    """Problems of each model with their solutions, all with orders and two works."""
    problem = two_tiers("sales-based", [PRINTS, Edition("all", 5)])
    problem = replace(
        problem,
        works=(*problem.works, Work("0x" + "02" * 32, 100_000)),
        tiers=(*problem.tiers, Tier("exclusive", (25, 45), ("commercial",))),
        segments=(*problem.segments, ChoiceSegment("schools", 6.0, 2.0)),
        weights=(
            *problem.weights,
            ChoiceWeights(PriceKey("0x" + "02" * 32, "exclusive", "all"), TableWeights((0.75, 0.5))),
            ChoiceWeights(PriceKey(problem.works[0].id, "commercial", "schools"), LogitWeights(15, 10)),
            ChoiceWeights(PriceKey(problem.works[0].id, "personal", "schools"), TableWeights((2.0, 0.5))),
        ),
    )
    problems = [problem, replace(problem, model="choice-based"), replace(problem, model="logit", editions=())]
    return [(each, solution_to_json(solve_choice(each))) for each in problems]


def test_json__every_model__conforms_to_the_schemas(solved, departures):
    for problem, document in solved:
        assert departures("choice-input", choice_to_json(problem)) == []
        assert departures("choice-output", document) == []


def test_json__through_text__comes_back_equal(solved):
    for problem, document in solved:
        again = choice_from_json(json.loads(json.dumps(choice_to_json(problem))))
        assert (again, choice_hash(again)) == (problem, choice_hash(problem))
        text = json.loads(json.dumps(document))
        assert solution_to_json(solution_from_json(again, text)) == document


def _leaves(value, path=()):
    """The place of every string and number of a document."""
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(item, (*path, name))
    else:
        yield path


def _altered(value, by):
    """Another value of the same kind, close by where it is a number."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value + 1
    return str(int(value) + by) if value.lstrip("-").isdigit() else value + "x"


def test_solution_from_json__any_member_altered__is_refused(solved):
    """Numbers that are off by one and texts that are off by a letter."""
    tried = 0
    # A multiplier may move within its slack and still prove the same, and a share by what earns nothing: more, there.
    for problem, document in solved:
        for path in _leaves(document):
            forged = deepcopy(document)
            *way, last = path
            inner = forged
            for name in way:
                inner = inner[name]
            inner[last] = _altered(inner[last], 10**30 if {"rows", "share"} & {*path} else 1)
            with pytest.raises(ColophonError):
                solution_from_json(problem, forged)
            tried += 1
    assert tried > 100


def test_solution_from_json__of_another_problem__is_refused(solved, two_tiers):
    with pytest.raises(ColophonError):
        solution_from_json(two_tiers(), solved[0][1])


def test_solution_from_json__worse_offer_with_its_own_numbers__is_refused(two_tiers):
    """A forger who offers personal at 10 and computes the revenue anew still lacks a proof."""
    document = solution_to_json(solve_choice(two_tiers()))
    document["offers"][0]["steps"] = [0, 1]
    document["certificate"] |= {"primal": str(112_500_000_000_000), "gap": str(37_500_000_000_000)}
    with pytest.raises(RefusedError) as caught:
        solution_from_json(two_tiers(), document)
    assert caught.value.code == "price-uncertified"
