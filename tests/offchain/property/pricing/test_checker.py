"""The standalone checker of docs/check_prices.py: every real solution is proven, every altered one is not."""

import ast
import json
import subprocess
import sys
from copy import deepcopy
from itertools import product
from random import Random

import pytest

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
    problem_to_json,
    solution_to_json,
    solve,
)
from tests.offchain.property.pricing.standalone import DOCS, claims_of, fault

CHECKER = DOCS / "check_prices.py"
CURRENCY = "eip155:1337/slip44:60"
ORIGINAL, DERIVED = "0x" + "01" * 32, "0x" + "02" * 32


@pytest.fixture(scope="module")
def claims():
    return claims_of("check_prices.py")


def curve(random, ladder):
    if random.random() < 0.5:
        return LogitDemand(random.randint(20, 90), random.randint(5, 40), random.uniform(1, 500))
    return TableDemand(tuple(sorted((random.uniform(0, 50) for _ in ladder), reverse=True)))


def instance(seed):
    """Two works, three tiers, two segments, and every kind of order and bound."""
    random = Random(seed)
    ladders = [tuple(sorted(random.sample(range(10, 120), random.randint(4, 9)))) for _ in range(3)]
    tiers = (
        Tier("personal", ladders[0]),
        Tier("commercial", ladders[1], ("personal",)),
        Tier("adaptation", (*ladders[2], 120), ("commercial",)),
    )
    works = (Work(ORIGINAL, random.randint(0, 900_000)), Work(DERIVED, random.randint(0, 900_000), (ORIGINAL,)))
    segments = (Segment("organisation"), Segment("individual", "organisation", random.randint(300_000, 900_000)))
    demand = tuple(
        CellDemand(PriceKey(work.id, tier.name, segment.name), curve(random, tier.ladder))
        for work, tier, segment in product(works, tiers, segments)
    )
    bounds = (Bound(ORIGINAL, "personal", ceiling=ladders[0][2]), Bound(tier="adaptation", floor=30))
    return PricingProblem(CURRENCY, 0, works, tiers, segments, demand, bounds)


def solved(seed):
    """A problem and its solution, as they are read from their files."""
    problem = instance(seed)
    texts = json.dumps(problem_to_json(problem)), json.dumps(solution_to_json(solve(problem)))
    return tuple(map(json.loads, texts))


def test_checker__fifty_real_solutions__all_proven(claims):
    orders = 0
    for seed in range(50):
        problem, solution = solved(seed)
        assert fault(claims, problem, solution) is None, seed
        orders += bool(solution["certificate"]["rows"])
    assert orders > 25  # the multipliers matter in most of them


def other_amount(random, problem, solution):
    price = random.choice(solution["prices"])
    (ladder,) = [tier["ladder"] for tier in problem["tiers"] if tier["name"] == price["tier"]]
    price["amount"] = random.choice([amount for amount in ladder if amount != price["amount"]])


def other_number(name):
    def alter(random, _problem, solution):
        holders = [solution, solution["certificate"], *solution["prices"]]
        holder = random.choice([holder for holder in holders if name in holder])
        holder[name] = str(int(holder[name]) + random.choice([-1, 1]))

    return alter


def other_row(change):
    def alter(random, _problem, solution):
        row = random.choice(solution["certificate"]["rows"])
        row.update(change(row, int(solution["certificate"]["dual"])))

    return alter


def without_multipliers(_random, _problem, solution):
    solution["certificate"]["rows"].clear()


def exchanged_prices(random, _problem, solution):
    first, second = random.sample(solution["prices"], 2)
    for name in ("work", "tier", "segment"):
        first[name], second[name] = second[name], first[name]


def missing_price(random, _problem, solution):
    solution["prices"].remove(random.choice(solution["prices"]))


def other_share(random, problem, _solution):
    problem["works"][random.randrange(2)]["upstream_ppm"] += random.choice([-1, 1])


def other_unit(name):
    def alter(_random, _problem, solution):
        holder = solution if name in solution else solution["certificate"]
        holder[name] += "0"

    return alter


def unknown_rule(_random, problem, _solution):
    problem["budgets"] = []


ALTERATIONS = {
    "amount": other_amount,
    **{name: other_number(name) for name in ("sales", "revenue", "bound", "expected_revenue", "primal", "dual", "gap")},
    "multiplier, negative": other_row(lambda row, _: {"value": "-" + row["value"]}),
    "multiplier, too large": other_row(lambda row, dual: {"value": str(int(row["value"]) + dual)}),
    "place of a multiplier": other_row(lambda *_: {"at": "0"}),
    "ends of a multiplier": other_row(lambda row, _: {"cheaper": row["dearer"], "dearer": row["cheaper"]}),
    "multipliers left out": without_multipliers,
    "prices exchanged": exchanged_prices,
    "price left out": missing_price,
    "share owed upstream": other_share,
    "currency": other_unit("currency"),
    "scale": other_unit("scale"),
    "unknown rule": unknown_rule,
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_checker__one_thing_altered__not_proven(claims, what):
    """Eight instances for each of 19 things: 152 false proofs."""
    for seed in range(8):
        problem, solution = deepcopy(solved(seed))
        ALTERATIONS[what](Random(seed), problem, solution)
        assert fault(claims, problem, solution) is not None, seed


def test_checker__prices_that_earn_less_with_true_sums__not_proven(claims):
    """All that is stated follows from these prices; only the bound tells that better ones may exist."""
    problem, solution = solved(3)
    worse = dict(solution, prices=[dict(price) for price in solution["prices"]])
    by_tier = {tier["name"]: tier["ladder"] for tier in problem["tiers"]}
    worse["prices"][-1]["amount"] = by_tier[worse["prices"][-1]["tier"]][-1]
    assert worse["prices"][-1]["amount"] != solution["prices"][-1]["amount"]
    assert fault(claims, problem, worse) == "other prices earn a billionth more at most"


def test_checker__as_a_program__tells_by_its_exit_code(tmp_path):
    problem, solution = solved(0)
    paths = tmp_path / "problem.json", tmp_path / "solution.json"
    for path, document in zip(paths, (problem, solution), strict=True):
        path.write_text(json.dumps(document))
    command = [sys.executable, "-I", str(CHECKER), *map(str, paths)]
    proven = subprocess.run(command, capture_output=True, text=True, check=True)
    assert proven.stdout == "optimal: proven\n"
    paths[1].write_text(json.dumps(dict(solution, expected_revenue="1")))
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "not proven" in refused.stderr


def test_checker__source__is_short_and_imports_the_standard_library_alone():
    """A reader can take it in at a glance, and it shares no line with the solver."""
    tree = ast.parse(CHECKER.read_text())
    nodes = list(ast.walk(tree))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
    (check,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "claims"]
    assert check.end_lineno - check.body[1].lineno < 30
