"""`colophon price --input`: every published example runs, is explained, drawn and proven; nothing else passes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from offchain.cli import prices
from offchain.cli.application import app
from offchain.errors import InputError, RefusedError
from offchain.pricing import problem_from_json, solve
from offchain.pricing.curve import Evidence, price_curves

DOCS = Path(__file__).parents[4] / "docs"
EXAMPLES = sorted((DOCS / "examples" / "pricing").glob("*.json"))
CATALOGUE = DOCS / "examples" / "pricing" / "catalogue.json"


def run(*arguments):
    """The output of a command that may raise, as the program would before it prints an error."""
    ended = CliRunner().invoke(app, ["price", *map(str, arguments)], catch_exceptions=False, standalone_mode=False)
    return ended.stdout


def of_input(path, *arguments):
    return run("--input", path, *arguments)


def test_examples__are_there():
    assert [path.stem for path in EXAMPLES] == ["catalogue", "choice", "editions", "exclusives", "holders", "menu"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_price__example__is_solved_and_what_was_solved_is_written(path, tmp_path):
    """What `--problem` wrote is the same problem: its solution is the same, model hash and all."""
    problem, solution = tmp_path / "problem.json", tmp_path / "solution.json"
    told = of_input(path, "--problem", problem, "--output", solution)
    assert sum(line.startswith("expected: ") for line in told.splitlines()) == 1
    assert json.loads(of_input(problem, "--json")) == json.loads(solution.read_text())


def test_price__catalogue__checker_proves_what_was_written(tmp_path):
    solution = tmp_path / "solution.json"
    of_input(CATALOGUE, "--output", solution)
    command = [sys.executable, "-I", DOCS / "check_prices.py", CATALOGUE, solution]
    assert subprocess.run(command, check=True, capture_output=True).stdout == b"optimal: proven\n"


def test_price__rules_between_works__checker_says_that_it_does_not_know_them(tmp_path):
    problem, solution = CATALOGUE.with_name("holders.json"), tmp_path / "solution.json"
    of_input(problem, "--output", solution)
    command = [sys.executable, "-I", DOCS / "check_prices.py", problem, solution]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, "not proven: that every rule of the problem is known here\n")


def test_price__rules_between_works__tells_what_is_left_of_each_and_what_a_floor_lacks(tmp_path):
    """Ada's floor binds at its penalty: what she lacks is the floor less her shares of what the works earn."""
    problem, solution = CATALOGUE.with_name("holders.json"), tmp_path / "solution.json"
    told = [line for line in of_input(problem, "--output", solution).splitlines() if line.startswith("rule: ")]
    floor = json.loads(problem.read_text())["coupling"]["floors"][0]
    shares = {share["work"]: share["ppm"] for share in floor["shares"]}
    prices = json.loads(solution.read_text())["prices"]
    earned = sum(int(price["revenue"]) * shares.get(price["work"], 0) for price in prices) / 10**6
    lacking = (int(floor["floor"]) - earned) / 10**6
    assert lacking > 0
    rule, short = told[0].split("; ")
    assert rule == "rule: Ada earns at least 3600"
    assert float(short.removesuffix(" short")) == pytest.approx(lacking, abs=1e-4)
    assert [line.split("; ")[1] for line in told[1:]] == ["0 left", "0 left"]


def test_price__explain_one__tells_runner_up_rules_proof_and_curve():
    """Commercial, individual, of the derivative: alone it would cost less; the original holds it up."""
    work = json.loads(CATALOGUE.read_text())["works"][1]["id"]
    only = ("--work", work, "--tier", "commercial", "--segment", "individual")
    told = of_input(CATALOGUE, "--explain", *only)
    assert told.count("\n  step ") == 1
    for word in ("runner-up", "alone", "held by", "one step more room adds at most", "stated, not learned", "proof"):
        assert word in told
    assert sum("●" in line for line in told.splitlines()) == 1


def test_price__explain_learned_demand__tells_the_offers_and_the_interval():
    problem = problem_from_json(json.loads(CATALOGUE.read_text()))
    solution = solve(problem)
    key = solution.prices[0].key
    learned = Evidence((1_000_000,) * 7, (9_000_000,) * 7, 412)
    priced = prices._Priced(problem, solution, {key: learned}, "EUR", "year")
    told = "\n".join(prices._explained(priced, [price_curves(problem, solution, {key: learned})[0]]))
    assert "learned from 412 offers; [90 % interval]" in told
    assert "[1.0–9.0]" in told
    assert told.splitlines()[-3].endswith("EUR a year, net of what is owed upstream")


def test_price__proof__says_how_much_more_others_may_earn_as_a_share():
    problem = problem_from_json(json.loads(CATALOGUE.with_name("holders.json").read_text()))
    certificate = solve(problem).certificate
    told = of_input(CATALOGUE.with_name("holders.json"), "--explain").splitlines()[-2]
    share = float(told.removesuffix(" % more").rpartition(" ")[2])
    assert certificate.gap > 0
    assert share == pytest.approx(100 * certificate.gap / certificate.dual, rel=0.1)


def test_price__picture_of_one__is_the_published_one(tmp_path):
    """Whoever changes the drawing looks at it, and publishes it again with the command of the examples' README."""
    path, work = tmp_path / "curve.svg", json.loads(CATALOGUE.read_text())["works"][0]["id"]
    of_input(CATALOGUE, "--picture", path, "--work", work, "--tier", "personal", "--segment", "organisation")
    assert path.read_text() == CATALOGUE.with_name("curve.svg").read_text()


@pytest.mark.parametrize(
    "currency", ["eip155:1/slip44:60", "eip155:1/erc20:0x1aBaEA1f7C830bD89Acc67eC4af516284b1bC33c"]
)
def test_price__currency_of_a_problem__fits_a_heading(tmp_path, currency):
    path = altered(tmp_path, lambda it: it.__setitem__("currency", currency))
    headline = of_input(path).splitlines()[-1]
    assert {"slip44:60", "erc20:0x1aBa…C33c"} & set(headline.split())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--picture", "x.svg"), "usage"),
        (("--explain", "--tier", "exclusive"), "price-unknown"),
        (("--tier", "personal"), "usage"),
        (("--explain", "--work", "0x00"), "price-unknown"),
        (("--output", "/nowhere/at/all.json"), "file-unwritable"),
    ],
)
def test_price__cannot_be_told__says_why(arguments, code):
    with pytest.raises(InputError) as caught:
        of_input(CATALOGUE, *arguments)
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["\x1b[2Jx", "two\nlines", "\x00", "\u202ereversed", "\ud800"])
@pytest.mark.parametrize("example", ["catalogue", "editions"])
def test_price__name_that_is_no_printable_text__refused_before_it_reaches_a_terminal(tmp_path, example, name):
    problem = json.loads(CATALOGUE.with_stem(example).read_text())
    path = tmp_path / "named.json"
    path.write_text(json.dumps(problem | {"segments": [{**problem["segments"][0], "name": name}]}))
    with pytest.raises(InputError) as caught:
        of_input(path)
    assert (caught.value.code, caught.value.facts["path"]) == ("pricing-json-malformed", "segments[0].name")


def test_price__file_missing_or_no_json__says_which_and_where(tmp_path):
    path = tmp_path / "problem.json"
    with pytest.raises(InputError, match="cannot be read: No such file"):
        of_input(path)
    path.write_text('{"version": 1,\n "currency": }')
    with pytest.raises(InputError, match=r"not readable JSON: .* line 2 column 14"):
        of_input(path)


def test_price__json_nested_beyond_reading__is_malformed(tmp_path):
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000)
    with pytest.raises(InputError, match="not readable JSON"):
        of_input(path)


def test_price__curve_of_a_choice__is_a_usage_error():
    with pytest.raises(InputError, match="no curve of one price"):
        of_input(CATALOGUE.with_name("editions.json"), "--picture", "x.svg")


def altered(tmp_path, change):
    problem = json.loads(CATALOGUE.read_text())
    change(problem)
    path = tmp_path / "altered.json"
    path.write_text(json.dumps(problem))
    return path


OTHER = "0x" + "e5" * 32
BAD = {
    "NaN": (lambda it: it["demand"][1]["table"].__setitem__(0, float("nan")), "demand-not-a-number"),
    "infinite": (lambda it: it["demand"][0]["logit"].__setitem__("market", float("inf")), "demand-not-a-number"),
    "negative": (lambda it: it["demand"][1]["table"].__setitem__(6, -1), "demand-negative"),
    "rising": (lambda it: it["demand"][1]["table"].__setitem__(6, 400), "demand-not-monotone"),
    "empty ladder": (lambda it: it["tiers"][0].__setitem__("ladder", []), "ladder-empty"),
    "floor above ceiling": (
        lambda it: it["bounds"].append({"tier": "personal", "floor": "19000000"}),
        "floor-above-ceiling",
    ),
    "orders that no price keeps": (
        lambda it: (
            it["bounds"].append({"work": it["works"][1]["id"], "tier": "commercial", "ceiling": "9000000"})
            or it["bounds"].append({"work": it["works"][0]["id"], "tier": "commercial", "floor": "13000000"})
        ),
        "prices-infeasible",
    ),
    "currency of nobody": (lambda it: it.__setitem__("currency", "EUR"), "currency-malformed"),
    "currencies mixed": (
        lambda it: it.__setitem__(
            "coupling",
            {
                "accessibility": [
                    {"segment": "individual", "at_most": "1", "least": 1, "currency": "eip155:1/slip44:60"}
                ]
            },
        ),
        "currencies-mixed",
    ),
    "works in a circle": (
        lambda it: it["works"][0].__setitem__("not_below", [it["works"][1]["id"]]),
        "work-order-cyclic",
    ),
    "unknown upstream work": (lambda it: it["works"][0].__setitem__("not_below", [OTHER]), "work-unknown"),
    "share above 100 %": (lambda it: it["works"][1].__setitem__("upstream_ppm", 1_000_001), "share-out-of-range"),
    "price too large": (lambda it: it["tiers"][2]["ladder"].__setitem__(4, str(2**108)), "price-too-large"),
    "revenue too large": (
        lambda it: (
            it["tiers"][2]["ladder"].__setitem__(4, str(2**108 - 1))
            or it["demand"][4].__setitem__("logit", {"median": str(2**108), "spread": "1", "market": 1e12})
        ),
        "revenue-too-large",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_price__bad_input__is_a_typed_error_and_nothing_is_written(tmp_path, what):
    change, code = BAD[what]
    out = tmp_path / "solution.json"
    with pytest.raises((InputError, RefusedError)) as caught:
        of_input(altered(tmp_path, change), "--output", out)
    assert (caught.value.code, bool(caught.value.remedy)) == (code, True)
    assert not out.exists()
