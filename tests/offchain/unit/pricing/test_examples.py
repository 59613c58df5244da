"""The published examples and their solutions follow the published schemas."""

import json
from pathlib import Path

import pytest

from offchain.pricing import choice, menus, problem_from_json, solution_to_json, solve

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples" / "pricing"


@pytest.mark.parametrize("name", ["catalogue", "holders"])
def test_example__problem_and_solution__follow_their_schemas(name, departures):
    document = json.loads((EXAMPLES / f"{name}.json").read_text())
    assert departures("pricing-input", document) == []
    written = json.loads(json.dumps(solution_to_json(solve(problem_from_json(document)))))
    assert departures("pricing-output", written) == []


@pytest.mark.parametrize("name", ["choice", "editions"])
def test_example__choices__follow_their_schemas(name, departures):
    document = json.loads((EXAMPLES / f"{name}.json").read_text())
    assert departures("choice-input", document) == []
    solved = choice.solve_choice(choice.choice_from_json(document))
    assert departures("choice-output", json.loads(json.dumps(choice.solution_to_json(solved)))) == []


def test_example__menu__follows_its_schemas_and_each_segment_takes_another_tier(departures):
    document = json.loads((EXAMPLES / "menu.json").read_text())
    assert departures("menu-input", document) == []
    problem = menus.menu_from_json(document)
    menu = menus.solve_menu(problem)
    assert departures("menu-output", json.loads(json.dumps(menus.menu_to_json(problem, menu)))) == []
    assert [choice.tier for choice in menu.choices] == [tier.name for tier in problem.tiers]


def test_example__exclusives__follow_their_schemas_and_show_every_answer(departures):
    document = json.loads((EXAMPLES / "exclusives.json").read_text())
    assert departures("exclusives-input", document) == []
    assert departures("pricing-input", document["sales"]) == []
    bids = menus.bids_from_json(document)
    written = json.loads(json.dumps(menus.advice_to_json(bids, menus.advise(bids))))
    assert departures("exclusives-output", written) == []
    told = [bid["sentence"] for bid in written["bids"]]
    for sentence, word in zip(told, ("accept", "overlaps", "museum bids", "granted before"), strict=True):
        assert word in sentence


def test_example__holders__every_rule_between_works_binds():
    """Else the example would show nothing."""
    document = json.loads((EXAMPLES / "holders.json").read_text())
    rows = solution_to_json(solve(problem_from_json(document)))["rows"]
    assert len(rows) == 3
    assert all(int(row["worth"]) > 0 for row in rows)
