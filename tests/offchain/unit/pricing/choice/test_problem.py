"""What a choice problem refuses: every fault is a typed error with its code."""

import math
from dataclasses import replace

import pytest

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT
from offchain.pricing import PriceKey, Tier
from offchain.pricing.choice import (
    ChoiceSegment,
    ChoiceWeights,
    Edition,
    LogitWeights,
    TableWeights,
    choice_from_json,
    choice_to_json,
    solve_choice,
)

WORK = "0x" + "01" * 32


def code_of(build, *args, **kwargs):
    with pytest.raises(InputError) as caught:
        build(*args, **kwargs)
    return caught.value.code


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ((math.nan, 1.0), "weight-not-a-number"),
        ((math.inf, 1.0), "weight-not-a-number"),
        ((1.0, -0.5), "weight-negative"),
        ((2e9, 1.0), "weight-too-large"),
        ((1.0, 2.0), "weights-not-monotone"),
    ],
)
def test_table_weights__bad_numbers__are_refused(table, code):
    assert code_of(TableWeights, table) == code


@pytest.mark.parametrize(
    ("value", "spread", "code"), [(-1, 5, "weight-negative"), (5, -1, "weight-negative"), (5, 0, "weights-malformed")]
)
def test_logit_weights__bad_numbers__are_refused(value, spread, code):
    assert code_of(LogitWeights, value, spread) == code


def test_logit_weights__value_far_above_the_ladder__is_refused_before_it_overflows():
    assert code_of(LogitWeights(10**9, 1).at, (10, 20)) == "weight-too-large"


def test_logit_weights__at_the_value__weigh_one():
    """exp(0) = 1 and exp(−1) = 0.367879…, in millionths rounded down."""
    assert LogitWeights(10, 5).at((10, 15)) == (1_000_000, 367_879)


@pytest.mark.parametrize(
    ("buyers", "nothing", "code"),
    [
        (math.nan, 1.0, "buyers-not-a-number"),
        (-1.0, 1.0, "buyers-negative"),
        (0.0, 1.0, "buyers-not-positive"),
        (2e12, 1.0, "buyers-too-large"),
        (1.0, 0.0, "nothing-not-positive"),
        (1.0, -1.0, "nothing-negative"),
        (1.0, math.inf, "nothing-not-a-number"),
    ],
)
def test_choice_segment__bad_numbers__are_refused(buyers, nothing, code):
    assert code_of(ChoiceSegment, "all", buyers, nothing) == code


def test_edition__negative_copies_or_more_than_any_demand__are_refused():
    assert code_of(Edition, "prints", -1) == "copies-negative"
    assert code_of(Edition, "prints", 10**12 + 1) == "copies-too-large"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"model": "nested"}, "model-unknown"),
        ({"currency": "dollars"}, "currency-malformed"),
        ({"decimals": 99}, "decimals-out-of-range"),
        ({"works": ()}, "works-malformed"),
        ({"tiers": (Tier("a", (1,), ("b",)), Tier("b", (1,), ("a",)))}, "tier-order-cyclic"),
        ({"segments": (ChoiceSegment("all", 1.0),) * 2}, "segments-malformed"),
        ({"segments": (ChoiceSegment("all", 1.0), ChoiceSegment("others", 1.0))}, "weights-missing"),
        ({"weights": ()}, "weights-missing"),
        ({"editions": (Edition("prints", 3),)}, "editions-unexpected"),
        ({"model": "sales-based", "editions": (Edition("prints", 3),) * 2}, "editions-malformed"),
        ({"model": "sales-based", "editions": (Edition("prints", 3, "0x" + "99" * 32),)}, "edition-unknown"),
        ({"model": "choice-based", "editions": (Edition("prints", 3, None, "museum"),)}, "edition-unknown"),
    ],
)
def test_choice_problem__bad_member__is_refused(two_tiers, change, code):
    assert code_of(replace, two_tiers(), **change) == code


@pytest.mark.parametrize(
    ("key", "table", "code"),
    [
        (PriceKey("0x" + "99" * 32, "personal", "all"), (1.0, 1.0), "work-unknown"),
        (PriceKey(WORK, "museum", "all"), (1.0, 1.0), "tier-unknown"),
        (PriceKey(WORK, "personal", "schools"), (1.0, 1.0), "segment-unknown"),
        (PriceKey(WORK, "personal", "all"), (1.0, 1.0), "weights-repeated"),
    ],
)
def test_choice_problem__weights_of_something_else__are_refused(two_tiers, key, table, code):
    problem = two_tiers()
    entry = ChoiceWeights(key, TableWeights(table))
    assert code_of(replace, problem, weights=(*problem.weights, entry)) == code


def test_choice_problem__table_of_another_length__is_refused(two_tiers):
    problem = two_tiers()
    short = replace(problem.weights[0], curve=TableWeights((1.0,)))
    assert code_of(replace, problem, weights=(short, problem.weights[1])) == "weights-length"


def test_solve_choice__prices_beyond_the_ledger__are_refused(two_tiers):
    problem = replace(two_tiers(), tiers=(Tier("personal", (10, MAX_AMOUNT)), Tier("commercial", (10, 30))))
    assert code_of(solve_choice, problem) == "revenue-too-large"


@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("version", 2, "version"),
        ("model", 7, "model"),
        ("segments", [{"name": "all"}], "segments[0]"),
        ("segments", [{"name": "all", "buyers": "9"}], "segments[0].buyers"),
        ("editions", [{"name": "prints", "copies": 2.5}], "editions[0].copies"),
        ("weights", [{"work": WORK, "tier": "personal", "segment": "all"}], "weights[0]"),
        ("weights", [{"work": WORK, "tier": "personal", "segment": "all", "table": ["1"]}], "weights[0].table[0]"),
    ],
)
def test_choice_from_json__malformed__names_the_place(two_tiers, member, value, path):
    with pytest.raises(InputError) as caught:
        choice_from_json({**choice_to_json(two_tiers()), member: value})
    assert caught.value.code == "pricing-json-malformed"
    assert caught.value.facts["path"] == path
