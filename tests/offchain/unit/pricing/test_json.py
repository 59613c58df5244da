"""Problems and solutions as JSON: the published schemas, round trips, and refusals that name the place."""

import json
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256

import pytest

from offchain.errors import InputError, RefusedError
from offchain.pricing import (
    Bound,
    Segment,
    TableDemand,
    Work,
    model_hash,
    problem_from_json,
    problem_to_json,
    solution_from_json,
    solution_to_json,
    solve,
)

OTHER = "0x" + "cd" * 32


@pytest.fixture
def rich(default):
    """A problem that uses every member of the input schema."""
    demand = default.demand
    table = TableDemand(tuple(float(12 - step) for step in range(12)))
    return replace(
        default,
        works=(*default.works, Work(OTHER, 100_000, (default.works[0].id,))),
        segments=(Segment("organisation"), Segment("individual", "organisation", 800_000)),
        demand=(
            replace(demand[0], curve=table),
            *demand[1:],
            *(replace(cell, key=cell.key._replace(work=OTHER)) for cell in demand),
        ),
        bounds=(Bound(OTHER, "personal", "individual", 3_000_000, 40_000_000), Bound(ceiling=400_000_000)),
    )


def test_problem_json__every_member__conforms_to_the_schema(rich, departures):
    assert departures("pricing-input", problem_to_json(rich)) == []


def test_problem_json__through_text__comes_back_equal_with_equal_hash(rich):
    again = problem_from_json(json.loads(json.dumps(problem_to_json(rich))))
    assert again == rich
    assert model_hash(again) == model_hash(rich)


def test_model_hash__is_sha256_of_sorted_compact_json(one_price):
    """For ASCII keys and small whole numbers RFC 8785 is sorted, compact JSON with 3.0 written as 3."""
    problem = one_price((10, 20), (3, 2))
    text = json.dumps(problem_to_json(problem), sort_keys=True, separators=(",", ":")).replace(".0", "")
    assert model_hash(problem) == "0x" + sha256(text.encode()).hexdigest()


def test_model_hash__any_change__changes_it(rich):
    assert model_hash(replace(rich, bounds=())) != model_hash(rich)


def test_problem_from_json__absent_members__take_defaults(one_price):
    document = problem_to_json(one_price((10, 20), (3, 2)))
    del document["works"][0]["upstream_ppm"]
    assert "bounds" not in document
    problem = problem_from_json(document)
    assert (problem.works[0].upstream_ppm, problem.works[0].not_below, problem.bounds) == (0, (), ())


def alterations(document):
    """(what, altered document): each object with a member more, and each member with a value of another type."""
    for path, holder in list(walk(document)):
        grown = deepcopy(document)
        at(grown, path)["surprise"] = 1
        yield f"{path} + surprise", grown
        for name in holder:
            mistyped = deepcopy(document)
            at(mistyped, path)[name] = True
            yield f"{path}.{name} = true", mistyped


def walk(value, path=()):
    if isinstance(value, dict):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from walk(item, (*path, name))


def at(value, path):
    for name in path:
        value = value[name]
    return value


def test_problem_from_json__members_added_or_mistyped__reader_and_schema_both_refuse(rich, departures):
    document = problem_to_json(rich)
    altered = list(alterations(document))
    assert len(altered) > 50
    for what, broken in altered:
        assert departures("pricing-input", broken), what
        with pytest.raises(InputError) as caught:
            problem_from_json(broken)
        assert caught.value.code == "pricing-json-malformed", what


def test_problem_from_json__member_removed__reader_and_schema_agree(rich, departures):
    document = problem_to_json(rich)
    for path, holder in list(walk(document)):
        for name in holder:
            broken = deepcopy(document)
            del at(broken, path)[name]
            if departures("pricing-input", broken):
                with pytest.raises(InputError):
                    problem_from_json(broken)
            else:
                problem_from_json(broken)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ((), [], "the document is not an object"),
        (("version",), 2, "version is not 1"),
        (("tiers", 0, "ladder", 1), "1.5", "tiers[0].ladder[1] is not a decimal string"),
        (("tiers", 0, "ladder", 1), 20, "tiers[0].ladder[1] is not a decimal string"),
        (("tiers", 0, "ladder", 1), "-5", "tiers[0].ladder[1] is not a decimal string"),
        (("tiers", 0, "name"), "", "tiers[0].name is not a string"),
        (("demand", 0, "table", 0), "3", "demand[0].table[0] is not a number"),
        (("demand", 0, "table", 0), 10**400, "demand[0].table[0] is not a number that fits a float"),
        (("decimals",), 6.0, "decimals is not an integer"),
        (("works",), {}, "works is not an array"),
    ],
)
def test_problem_from_json__malformed_value__names_its_place(one_price, path, value, named):
    document = problem_to_json(one_price((10, 20), (3, 2)))
    if path:
        at(document, path[:-1])[path[-1]] = value
    with pytest.raises(InputError) as caught:
        problem_from_json(document if path else value)
    assert caught.value.code == "pricing-json-malformed"
    assert caught.value.message.startswith(named)


def test_problem_from_json__member_missing_or_unknown__is_named(one_price):
    document = problem_to_json(one_price((10, 20), (3, 2)))
    for broken, named in (
        ({**document, "colour": 1}, "the document has a member 'colour' that the schema does not know"),
        ({name: each for name, each in document.items() if name != "demand"}, "the document lacks the member 'demand'"),
    ):
        with pytest.raises(InputError) as caught:
            problem_from_json(broken)
        assert caught.value.message == named
        assert "path" not in caught.value.facts


def test_problem_from_json__value_that_a_curve_refuses__error_tells_its_place(rich):
    document = problem_to_json(rich)
    document["demand"][3]["logit"]["spread"] = "0"
    with pytest.raises(InputError) as caught:
        problem_from_json(document)
    assert (caught.value.code, caught.value.facts) == ("demand-malformed", {"path": "demand[3]"})


def test_problem_from_json__work_or_curve_listed_twice__is_named(rich):
    document = problem_to_json(rich)
    for member, named in (("works", OTHER), ("demand", " / ".join(rich.demand[1].key))):
        with pytest.raises(InputError) as caught:
            problem_from_json({**document, member: [*document[member], document[member][1]]})
        assert named in caught.value.message


def test_problem_from_json__nan__refused_as_demand(one_price):
    text = json.dumps(problem_to_json(one_price((10, 20), (3, 2)))).replace("[3, 2]", "[NaN, 2]")
    assert "NaN" in text
    with pytest.raises(InputError) as caught:
        problem_from_json(json.loads(text))
    assert caught.value.code == "demand-not-a-number"


def test_problem_from_json__both_curves__refused(one_price):
    document = problem_to_json(one_price((10, 20), (3, 2)))
    document["demand"][0]["logit"] = {"median": "1", "spread": "1", "market": 1}
    with pytest.raises(InputError, match=r"demand\[0\]"):
        problem_from_json(document)


def test_solution_json__solved__conforms_to_the_schema(rich, departures):
    written = solution_to_json(solve(rich))
    assert departures("pricing-output", written) == []
    assert written["certificate"]["rows"]
    assert any(price["explanation"]["bindings"] for price in written["prices"])


def test_solution_json__any_member_removed_or_added__departs_from_the_schema(rich, departures):
    document = solution_to_json(solve(rich))
    for path, holder in list(walk(document)):
        grown = deepcopy(document)
        at(grown, path)["surprise"] = 1
        assert departures("pricing-output", grown), path
        for name in holder:
            broken = deepcopy(document)
            del at(broken, path)[name]
            assert departures("pricing-output", broken), (path, name)


def test_solution_json__through_text__comes_back_equal(rich):
    solution = solve(rich)
    assert solution_from_json(rich, json.loads(json.dumps(solution_to_json(solution)))) == solution


def test_solution_from_json__any_leaf_altered__refused(rich):
    """Every number and text of the document is implied by the problem, the prices and the multipliers."""
    document = solution_to_json(solve(rich))
    for path, holder in list(walk(document)):
        for name in (name for name, value in holder.items() if isinstance(value, str | int)):
            broken = deepcopy(document)
            value = at(broken, path)[name]
            at(broken, path)[name] = value + 1 if isinstance(value, int) else value + "1"
            with pytest.raises((RefusedError, InputError)):
                solution_from_json(rich, broken)


def test_solution_from_json__of_another_problem__refused(rich, default):
    written = solution_to_json(solve(default))
    with pytest.raises(RefusedError) as caught:
        solution_from_json(rich, written)
    assert caught.value.code == "solution-altered"
    with pytest.raises(RefusedError):
        solution_from_json(replace(default, decimals=5), written)
