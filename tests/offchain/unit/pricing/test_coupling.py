"""Rules between works: what is refused, what they mean on an instance that a reader can follow, and their proof."""

import json
from copy import deepcopy
from dataclasses import replace
from itertools import product
from random import Random

import pytest

from offchain.errors import ColophonError, InputError, RefusedError
from offchain.pricing import (
    Accessibility,
    Bound,
    Budget,
    CellDemand,
    Coupling,
    HolderFloor,
    HolderShare,
    LogitDemand,
    PriceKey,
    PricingProblem,
    Segment,
    TableDemand,
    Tier,
    Work,
    problem_from_json,
    problem_to_json,
    solution_from_json,
    solution_to_json,
    solve,
)
from offchain.pricing.coupled.proof import Components, Split

CURRENCY = "eip155:1337/erc20:0x1111111111111111111111111111111111111111"
ADA, BEN = "0x" + "0a" * 32, "0x" + "0b" * 32


@pytest.fixture
def two_works():
    """Two works on the ladder 10, 20: ada's earns 40 or 60, ben's 50 or 80, so that alone both cost 20."""

    def build(coupling, **changes):
        tables = {ADA: (4.0, 3.0), BEN: (5.0, 4.0)}
        problem = PricingProblem(
            currency=CURRENCY,
            decimals=0,
            works=(Work(ADA), Work(BEN)),
            tiers=(Tier("personal", (10, 20)),),
            segments=(Segment("school"),),
            demand=tuple(
                CellDemand(PriceKey(work, "personal", "school"), TableDemand(table)) for work, table in tables.items()
            ),
        )
        return replace(problem, coupling=coupling, **changes)

    return build


@pytest.fixture
def catalogue():
    """Twelve works of four prices with all three kinds of rules, all of which bind."""
    random = Random(7)
    ids = ["0x" + f"{number:064x}" for number in range(12)]
    tiers = (
        Tier("personal", tuple(range(100, 1300, 100))),
        Tier("commercial", tuple(range(200, 2600, 200)), ("personal",)),
    )
    segments = (Segment("individual"), Segment("school", "individual", 700_000))
    demand = tuple(
        CellDemand(
            PriceKey(work, tier.name, segment.name),
            LogitDemand(random.randint(300, 900), random.randint(60, 250), random.uniform(5, 60)),
        )
        for work, tier, segment in product(ids, tiers, segments)
    )
    plain = PricingProblem(CURRENCY, 2, tuple(map(Work, ids)), tiers, segments, demand)
    earned = {work: sum(price.revenue for price in solve(plain).prices if price.key.work == work) for work in ids}
    floors = tuple(
        HolderFloor(
            f"holder {at}", (HolderShare(ids[at], 600_000),), earned[ids[at]] * 595 // 1000, 1_500_000, CURRENCY
        )
        for at in range(4)
    )
    sold = sum(price.sales for price in solve(plain).prices if price.key.tier == "commercial") / 1e6
    access = (Accessibility("school", 300, 9, CURRENCY, "personal"), Accessibility("individual", 600, 20, CURRENCY))
    return replace(plain, coupling=Coupling(floors, access, (Budget("licences", sold * 0.97, "commercial"),)))


def test_solve__accessibility__the_work_that_loses_least_is_lowered(two_works, amounts):
    """Ada's price at 10 costs 20 of revenue, ben's costs 30."""
    solution = solve(two_works(Coupling(accessibility=(Accessibility("school", 10, 1, CURRENCY),))))
    assert amounts(solution) == [10, 20]
    assert solution.expected_revenue == 40 + 80
    (row,) = solution.rows
    assert row.slack == 0


def test_solve__budget__no_more_licences_than_it_allows(two_works, amounts):
    """At 20 both sell 3 + 4 licences; nothing dearer exists, so 7 is feasible and 6 is not."""
    assert amounts(solve(two_works(Coupling(budgets=(Budget("all", 7.0),))))) == [20, 20]
    with pytest.raises(InputError) as caught:
        solve(two_works(Coupling(budgets=(Budget("all", 6.0),))))
    assert caught.value.code == "rows-infeasible"
    assert caught.value.facts["conflict"] == ["all allows at most 6 licences"]


def test_solve__floor_against_accessibility__worth_its_charge_decides(two_works, amounts):
    """One price must be 10. Ada's costs 20, and 40 for the 20 that her floor of 60 then lacks; ben's costs 30."""
    access = (Accessibility("school", 10, 1, CURRENCY),)
    floor = HolderFloor("ada", (HolderShare(ADA, 1_000_000),), 60, 2_000_000, CURRENCY)
    solution = solve(two_works(Coupling((floor,), access)))
    assert amounts(solution) == [20, 10]
    assert [row.slack for row in solution.rows] == [0, 0]
    cheap = replace(floor, penalty_ppm=400_000)  # 20 + 0.4 · 20 = 28, below 30
    solution = solve(two_works(Coupling((cheap,), access)))
    assert amounts(solution) == [10, 20]
    assert [row.slack for row in solution.rows] == [-20, 0]
    assert solution.certificate.coupled.excesses == (20 * 10**12, 0)
    assert solution.certificate.primal == (40 + 80 - 8) * 10**12
    assert solution.expected_revenue == 120


def test_solve__floor_out_of_reach__never_infeasible_and_told(two_works):
    floor = HolderFloor("ada", (HolderShare(ADA, 500_000),), 1000, 1_000_000, CURRENCY)
    (row,) = solve(two_works(Coupling((floor,)))).rows
    assert row.slack == 30 - 1000
    assert row.rule == "ada earns at least 1000"


@pytest.mark.parametrize(
    ("coupling", "conflict"),
    [
        (
            Coupling(accessibility=(Accessibility("school", 10, 3, CURRENCY),)),
            ["at least 3 prices of school are at most 10"],
        ),
        (
            Coupling(accessibility=(Accessibility("school", 9, 1, CURRENCY, "personal"),), budgets=(Budget("b", 9),)),
            ["at least 1 personal prices of school are at most 9"],
        ),
        (
            Coupling(accessibility=(Accessibility("school", 10, 2, CURRENCY),), budgets=(Budget("b", 8),)),
            ["at least 2 prices of school are at most 10", "b allows at most 8 licences"],
        ),
    ],
)
def test_solve__hard_rows_that_contradict__named_and_no_others(two_works, coupling, conflict):
    with pytest.raises(InputError) as caught:
        solve(two_works(coupling))
    assert (caught.value.code, caught.value.facts["conflict"]) == ("rows-infeasible", conflict)


def test_solve__bound_against_accessibility__refused(two_works):
    access = (Accessibility("school", 10, 2, CURRENCY),)
    with pytest.raises(InputError) as caught:
        solve(two_works(Coupling(accessibility=access), bounds=(Bound(ADA, floor=11),)))
    assert caught.value.code == "rows-infeasible"


@pytest.mark.parametrize(
    ("code", "build"),
    [
        ("share-out-of-range", lambda: HolderShare(ADA, 1_000_001)),
        ("share-out-of-range", lambda: HolderShare(ADA, -1)),
        ("holder-floor-malformed", lambda: HolderFloor("", (HolderShare(ADA, 1),), 1, 1, CURRENCY)),
        ("holder-floor-malformed", lambda: HolderFloor("ada", (), 1, 1, CURRENCY)),
        ("holder-floor-malformed", lambda: HolderFloor("ada", (HolderShare(ADA, 1),) * 2, 1, 1, CURRENCY)),
        ("holder-floor-malformed", lambda: HolderFloor("ada", (HolderShare(ADA, 1),), -1, 1, CURRENCY)),
        ("holder-floor-malformed", lambda: HolderFloor("ada", (HolderShare(ADA, 1),), 2**108, 1, CURRENCY)),
        ("holder-floor-malformed", lambda: HolderFloor("ada", (HolderShare(ADA, 1),), 1, -1, CURRENCY)),
        ("holder-floor-malformed", lambda: HolderFloor("ada", (HolderShare(ADA, 1),), 1, 10**12 + 1, CURRENCY)),
        ("accessibility-malformed", lambda: Accessibility("school", 0, 1, CURRENCY)),
        ("accessibility-malformed", lambda: Accessibility("school", 1, 0, CURRENCY)),
        ("budget-not-a-number", lambda: Budget("b", float("nan"))),
        ("budget-not-a-number", lambda: Budget("b", float("inf"))),
        ("budget-malformed", lambda: Budget("b", -1.0)),
        ("budget-malformed", lambda: Budget("", 1.0)),
        ("coupling-repeated", lambda: Coupling((), (), (Budget("b", 1.0), Budget("b", 2.0)))),
        ("coupling-repeated", lambda: Coupling((HolderFloor("ada", (HolderShare(ADA, 1),), 1, 1, CURRENCY),) * 2)),
        (
            "share-out-of-range",
            lambda: Coupling(
                tuple(HolderFloor(name, (HolderShare(ADA, 500_001),), 1, 1, CURRENCY) for name in ("ada", "ben"))
            ),
        ),
    ],
)
def test_coupling__malformed__typed_error(code, build):
    with pytest.raises(InputError) as caught:
        build()
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("code", "coupling"),
    [
        ("work-unknown", Coupling((HolderFloor("ada", (HolderShare("0x" + "00" * 32, 1),), 1, 1, CURRENCY),))),
        ("segment-unknown", Coupling(accessibility=(Accessibility("nobody", 10, 1, CURRENCY),))),
        ("tier-unknown", Coupling(accessibility=(Accessibility("school", 10, 1, CURRENCY, "gold"),))),
        ("tier-unknown", Coupling(budgets=(Budget("b", 1.0, "gold"),))),
        ("segment-unknown", Coupling(budgets=(Budget("b", 1.0, None, "nobody"),))),
        ("currencies-mixed", Coupling(accessibility=(Accessibility("school", 10, 1, "eip155:1/slip44:60"),))),
        ("currencies-mixed", Coupling((HolderFloor("a", (HolderShare(ADA, 1),), 1, 1, "eip155:1/slip44:60"),))),
    ],
)
def test_pricing_problem__rule_about_something_else__typed_error(two_works, code, coupling):
    with pytest.raises(InputError) as caught:
        two_works(coupling)
    assert caught.value.code == code


def test_json__catalogue_with_rules__conforms_and_comes_back_equal(catalogue, departures):
    document, solution = problem_to_json(catalogue), solve(catalogue)
    written = json.loads(json.dumps(solution_to_json(solution)))
    assert departures("pricing-input", document) == []
    assert departures("pricing-output", written) == []
    assert problem_from_json(json.loads(json.dumps(document))) == catalogue
    assert solution_from_json(catalogue, written) == solution


def test_problem_json__rule_with_a_member_more_or_mistyped__reader_and_schema_both_refuse(catalogue, departures):
    document = problem_to_json(catalogue)
    places = [("floors", 0), ("floors", 0, "shares", 0), ("accessibility", 0), ("budgets", 0), ()]
    for path in places:
        holder = document["coupling"]
        for name in path:
            holder = holder[name]
        for name in (*holder, "surprise"):
            broken = deepcopy(document)
            target = broken["coupling"]
            for step in path:
                target = target[step]
            target[name] = True
            assert departures("pricing-input", broken), (path, name)
            with pytest.raises(InputError, match="coupling"):
                problem_from_json(broken)


def test_solve__catalogue_with_binding_floors__gap_within_a_ten_thousandth_and_every_hard_row_kept(catalogue):
    solution = solve(catalogue)
    certificate = solution.certificate
    assert 0 <= certificate.gap * 10**4 <= certificate.dual
    assert all(row.slack >= 0 for row in solution.rows[4:])
    floors = {weight.row for weight in certificate.coupled.weights} & {0, 1, 2, 3}
    assert floors, "no floor binds, so that the instance tests nothing"
    assert isinstance(certificate.coupled.proof, Components | Split), "multipliers alone would do"


def test_explain__row_that_holds_a_price__named_with_its_worth(catalogue):
    bindings = [binding for price in solve(catalogue).prices for binding in price.explanation.bindings]
    rows = [binding for binding in bindings if binding.kind == "row"]
    assert {binding.rule for binding in rows} <= {row.rule for row in solve(catalogue).rows}
    assert all(binding.worth >= binding.slack > 0 for binding in rows)
    assert rows


def test_explain__rows_between_works__runner_up_keeps_the_hard_ones(two_works):
    """With one price at 10 asked for, ada's cannot rise to 20 while ben's stays."""
    solution = solve(two_works(Coupling(accessibility=(Accessibility("school", 10, 1, CURRENCY),))))
    ada, ben = (price.explanation for price in solution.prices)
    assert ada.runner_up is None
    assert (ben.runner_up, ben.gap) == (10, 30)


def numbers(value, path=()):
    """Every decimal string and integer of a document, with its path."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            yield from numbers(item, (*path, name))
    elif isinstance(value, int) or (isinstance(value, str) and value.lstrip("-").isdigit()):
        yield path, value


def altered(document, path, value):
    """The document with one number replaced."""
    broken = deepcopy(document)
    holder = broken
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value if isinstance(holder[path[-1]], int) else str(value)
    return broken


def test_solution_from_json__two_hundred_numbers_altered__all_rejected(catalogue):
    """Prices, sales, revenues, bounds, shortfalls, worths and multipliers: one changed by up to the whole of itself.

    The proof's own multipliers are left out: of a case that is not the worst, other ones may prove the same bound.
    """
    random = Random(20261122)
    document = solution_to_json(solve(catalogue))
    places = list(numbers({**document, "prices": document["prices"][:8]}))
    outside = [(path, int(value)) for path, value in places if "proof" not in path]
    assert any("excesses" in path for path, _ in outside)
    assert any("weights" in path for path, _ in outside)
    for path, value in random.choices(outside, k=200):
        other = value + random.choice([-1, 1]) * max(1, abs(value) // random.randint(1, 1000))
        with pytest.raises(ColophonError):
            solution_from_json(catalogue, altered(document, path, other))


def test_solution_from_json__proof_with_any_number_altered__rejected_or_still_a_proof(catalogue):
    """No alteration of the proof lowers the bound that it is checked against."""
    random = Random(20261122)
    solution = solve(catalogue)
    document = solution_to_json(solution)
    places = list(numbers(document["certificate"]["coupled"]["proof"], ("certificate", "coupled", "proof")))
    rejected = 0
    for path, value in random.choices(places, k=200):
        other = int(value) + random.choice([-1, 1]) * max(1, int(value) // random.randint(1, 1000))
        try:
            read = solution_from_json(catalogue, altered(document, path, other))
        except ColophonError:
            rejected += 1
        else:
            assert read.certificate.dual == solution.certificate.dual
            assert read.prices == solution.prices
    assert rejected >= 50


def test_solution_from_json__multipliers_of_a_proof_without_cases__altered_ones_rejected(two_works):
    """Lowering ada's price costs 20, ben's 30: only a worth of the row between 20 and 30 proves it."""
    problem = two_works(Coupling(accessibility=(Accessibility("school", 10, 1, CURRENCY),)))
    document = solution_to_json(solve(problem))
    place = ("certificate", "coupled", "proof", "weights", 0, "value")
    unit = 10**12 * 10**9
    for worth in (*range(19), *range(32, 140)):
        with pytest.raises(RefusedError):
            solution_from_json(problem, altered(document, place, worth * unit))


def test_solution_from_json__bound_raised_with_its_gap__rejected(catalogue):
    """All that a forger can compute is consistent; the proof then gives another bound."""
    document = solution_to_json(solve(catalogue))
    proof = document["certificate"]
    proof["dual"], proof["gap"] = str(int(proof["dual"]) - 1), str(int(proof["gap"]) - 1)
    with pytest.raises(RefusedError) as caught:
        solution_from_json(catalogue, document)
    assert caught.value.code == "price-uncertified"


def test_solution_from_json__hash_of_another_problem__rejected(catalogue):
    document = solution_to_json(solve(catalogue))
    document["model_hash"] = "0x" + "00" * 32
    with pytest.raises(RefusedError) as caught:
        solution_from_json(catalogue, document)
    assert caught.value.code == "solution-altered"


def test_solution_from_json__proof_or_rows_left_out__rejected(catalogue):
    for path in (("certificate", "coupled"), ("rows",)):
        document = solution_to_json(solve(catalogue))
        holder = document
        for name in path[:-1]:
            holder = holder[name]
        del holder[path[-1]]
        with pytest.raises(RefusedError):
            solution_from_json(catalogue, document)
