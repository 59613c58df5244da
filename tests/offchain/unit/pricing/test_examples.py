"""The published examples and their solutions follow the published schemas."""

import json
from pathlib import Path

import pytest

from offchain.pricing import choice, problem_from_json, solution_to_json, solve

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples" / "pricing"


@pytest.mark.parametrize("name", ["catalogue", "holders"])
def test_example__problem_and_solution__follow_their_schemas(name, departures):
    document = json.loads((EXAMPLES / f"{name}.json").read_text())
    assert departures("pricing-input", document) == []
    written = json.loads(json.dumps(solution_to_json(solve(problem_from_json(document)))))
    assert departures("pricing-output", written) == []


def test_example__choices__follow_their_schemas(departures):
    document = json.loads((EXAMPLES / "editions.json").read_text())
    assert departures("choice-input", document) == []
    solved = choice.solve_choice(choice.choice_from_json(document))
    assert departures("choice-output", json.loads(json.dumps(choice.solution_to_json(solved)))) == []


def test_example__holders__every_rule_between_works_binds():
    """Else the example would show nothing."""
    document = json.loads((EXAMPLES / "holders.json").read_text())
    rows = solution_to_json(solve(problem_from_json(document)))["rows"]
    assert len(rows) == 3
    assert all(int(row["worth"]) > 0 for row in rows)
