"""The standalone checker of docs/check_offers.py: every real solution is proven, every altered one is not."""

import ast
import json
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from itertools import product
from random import Random

import pytest

from offchain.pricing import PriceKey, Tier, Work
from offchain.pricing.choice import (
    ChoiceProblem,
    ChoiceSegment,
    ChoiceWeights,
    Edition,
    LogitWeights,
    TableWeights,
    choice_to_json,
    solution_to_json,
    solve_choice,
)
from tests.offchain.property.pricing.standalone import DOCS, claims_of, fault

CHECKER = DOCS / "check_offers.py"
CURRENCY = "eip155:1337/slip44:60"
ORIGINAL, DERIVED = "0x" + "01" * 32, "0x" + "02" * 32


@pytest.fixture(scope="module")
def claims():
    return claims_of("check_offers.py")


def curve(random, ladder):
    if random.random() < 0.5:
        return LogitWeights(random.randint(10, 80), 25)
    return TableWeights(tuple(sorted((random.uniform(0, 3) for _ in ladder), reverse=True)))


def instance(seed):
    """Two works, three tiers, two segments, orders of both kinds, and editions of which some sell out or are gone."""
    random = Random(seed)
    ladders = [tuple(sorted(random.sample(range(10, 120), random.randint(2, 6)))) for _ in range(3)]
    tiers = (
        Tier("personal", ladders[0]),
        Tier("commercial", ladders[1], ("personal",)),
        Tier("exclusive", ladders[2], ("commercial",)),
    )
    works = (Work(ORIGINAL, random.randint(0, 900_000)), Work(DERIVED, random.randint(0, 900_000), (ORIGINAL,)))
    segments = tuple(ChoiceSegment(name, random.uniform(5, 90), random.uniform(0.5, 4)) for name in ("one", "other"))
    weights = tuple(
        ChoiceWeights(PriceKey(work.id, tier.name, segment.name), curve(random, tier.ladder))
        for work in works
        for tier in tiers
        for segment in segments
        if tier.name == "personal" or random.random() < 0.8
    )
    model = random.choice(["logit", "sales-based"])
    editions = (Edition("prints", random.randint(0, 9), ORIGINAL), Edition("all", random.randint(10, 40), None, None))
    problem = ChoiceProblem("logit", CURRENCY, 0, works, tiers, segments, weights)
    return problem if model == "logit" else replace(problem, model=model, editions=editions)


def solved(seed):
    """A problem and its solution, as they are read from their files."""
    problem = instance(seed)
    texts = json.dumps(choice_to_json(problem)), json.dumps(solution_to_json(solve_choice(problem)))
    return tuple(map(json.loads, texts))


def numbers(document):
    """The place of every number of a solution."""
    yield ("expected_revenue",)
    for place, offer in enumerate(document["offers"]):
        yield ("offers", place, "share")
        yield from (("offers", place, "steps", step) for step in range(len(offer["steps"])))
        told = product(range(len(offer["prices"])), ("amount", "sales", "revenue"))
        yield from (("offers", place, "prices", *each) for each in told)
    yield from (("editions", *each) for each in product(range(len(document["editions"])), ("copies", "sold", "worth")))
    proof = document["certificate"]
    yield from (("certificate", name) for name in ("scale", "whole", "primal", "dual", "gap"))
    yield from (("certificate", name, at) for name in ("worths", "values", "rows") for at in range(len(proof[name])))


def altered(value):
    """The same, changed by a hundredth and a bit; a step goes up or back, a multiplier below 0."""
    if isinstance(value, dict):
        return {**value, "value": f"-{value['value']}"}
    if value is None or isinstance(value, int):
        return 0 if value is None else value + 1
    return str(int(value) + max(int(value) // 100, 1))


def test_checker__imports_nothing_of_the_program():
    tree = ast.parse(CHECKER.read_text())
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} <= sys.stdlib_module_names


def test_checker__real_solutions__are_proven(claims):
    assert [fault(claims, *solved(seed)) for seed in range(50)] == [None] * 50


def test_checker__altered_solutions__are_not_proven(claims):
    random, tried = Random(7), 0
    for seed in range(20):
        problem, solution = solved(seed)
        for path in random.sample(list(numbers(solution)), 20):
            forged = deepcopy(solution)
            *way, last = path
            inner = forged
            for name in way:
                inner = inner[name]
            inner[last] = altered(inner[last])
            assert fault(claims, problem, forged) is not None, (seed, path)
            tried += 1
    assert tried == 400


@pytest.mark.parametrize(
    ("of_solution", "change"),
    [
        (True, {"currency": "eip155:1337/slip44:61"}),
        (True, {"model": "logit"}),
        (False, {"bounds": [{"floor": "1"}]}),
    ],
    ids=["currency", "model", "unknown rule"],
)
def test_checker__other_units_or_rules__are_not_proven(claims, of_solution, change):
    problem, solution = next(pair for pair in map(solved, range(20)) if pair[0]["model"] == "sales-based")
    (solution if of_solution else problem).update(change)
    assert fault(claims, problem, solution) is not None


def test_checker__one_offer_for_all__is_not_proven_here(claims):
    problem = replace(instance(1), model="choice-based")
    assert fault(claims, choice_to_json(problem), solution_to_json(solve_choice(problem))) is not None


def test_checker__as_a_program__says_so(tmp_path):
    problem, solution = solved(3)
    paths = tmp_path / "problem.json", tmp_path / "solution.json"
    command = [sys.executable, "-I", CHECKER, *paths]
    for path, document in zip(paths, (problem, solution), strict=True):
        path.write_text(json.dumps(document))
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "optimal: proven\n")
    solution["certificate"]["primal"] = "1"
    paths[1].write_text(json.dumps(solution))
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "not proven: that sums are as stated\n")
