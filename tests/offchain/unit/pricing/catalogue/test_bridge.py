"""A problem with rows between works as a catalogue, and what comes back."""

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest
from numba import typeof

from offchain.errors import InputError, RefusedError
from offchain.pricing import (
    Accessibility,
    Budget,
    CellDemand,
    Coupling,
    HolderFloor,
    HolderShare,
    LogitDemand,
    PriceKey,
    PricingProblem,
    Segment,
    Tier,
    Work,
    solve,
)
from offchain.pricing.catalogue.accounts import Accounts
from offchain.pricing.catalogue.bridge import bridge
from offchain.pricing.coupled import solver
from offchain.pricing.coupled.certificate import objective
from offchain.pricing.coupled.proof import proven_bound
from offchain.pricing.model import compile_model
from tests.bench.pricing.instances import catalogue

CURRENCY = "eip155:1337/slip44:60"


@pytest.fixture
def problem():
    """Forty works; three tiers in a chain, stated broadest first, with ladders of two lengths."""
    random = Random(3)
    ids = ["0x" + f"{number:064x}" for number in range(40)]
    tiers = (
        Tier("exclusive", tuple(range(400, 5200, 400)), ("personal", "commercial")),
        Tier("personal", tuple(range(100, 1000, 100))),
        Tier("commercial", tuple(range(200, 2600, 200)), ("personal",)),
    )
    segments = (Segment("individual"), Segment("school"))
    demand = tuple(
        CellDemand(
            PriceKey(work, tier.name, segment.name),
            LogitDemand(random.randint(300, 900), random.randint(60, 250), random.uniform(5, 60)),
        )
        for work, tier, segment in product(ids, tiers, segments)
    )
    works = tuple(Work(work, random.choice([0, 100_000])) for work in ids)
    floors = tuple(
        HolderFloor(
            f"holder {at}", (HolderShare(ids[at], 600_000), HolderShare(ids[at + 1], 5)), 14_000, 900_000, CURRENCY
        )
        for at in range(3)
    )
    access = (Accessibility("school", 300, 30, CURRENCY, "personal"), Accessibility("individual", 600, 70, CURRENCY))
    coupling = Coupling(floors, access, (Budget("licences", 620.0, "commercial"),))
    return PricingProblem(CURRENCY, 2, works, tiers, segments, demand, (), coupling)


def test_bridge__any_steps__same_revenue_and_same_use_of_rows(problem):
    """The arrays say what the model says, for steps drawn at random within the bounds."""
    model = compile_model(problem)
    crossing = bridge(problem, model)
    catalogue, rng = crossing.catalogue, np.random.default_rng(1)
    works, cells = np.indices(catalogue.lowest.shape)
    for _ in range(20):
        chosen = rng.integers(catalogue.lowest, catalogue.highest, endpoint=True).astype(np.uint8)
        steps = crossing.steps(chosen)
        revenue = catalogue.revenue[works, cells, chosen]
        assert revenue.sum() * 1e12 == pytest.approx(
            sum(cell.net[step] for cell, step in zip(model.cells, steps, strict=True)), rel=1e-12
        )
        for row, stated in zip(catalogue.rows, model.coupling[3:], strict=True):
            used = row.weights[cells, chosen] * (catalogue.sales[works, cells, chosen] if row.per == "sale" else 1)
            told = sum(terms[steps[cell]] for cell, terms in stated.terms.items())
            assert used.sum() - row.limit == pytest.approx((told - stated.limit) / stated.unit, abs=1e-6)
        for number, stated in enumerate(model.coupling[:3]):
            entry = np.flatnonzero(catalogue.holders.index == number)
            work = np.searchsorted(catalogue.holders.start, entry, side="right") - 1
            earned = catalogue.holders.share[entry] @ revenue.sum(axis=1)[work]
            told = -sum(terms[steps[cell]] for cell, terms in stated.terms.items()) / 1e12
            assert earned == pytest.approx(told, rel=1e-9)


def test_bridge__chain_of_three_tiers__each_cell_has_the_next_narrower_as_parent(problem):
    crossing = bridge(problem, compile_model(problem))
    names = [f"{tier.name} {segment.name}" for tier in problem.tiers for segment in problem.segments]
    ordered = [names[cell] for cell in crossing.cells]
    parents = {
        name: None if parent < 0 else ordered[parent]
        for name, parent in zip(ordered, crossing.catalogue.parent, strict=True)
    }
    for segment in ("individual", "school"):
        assert parents[f"personal {segment}"] is None
        assert parents[f"commercial {segment}"] == f"personal {segment}"
        assert parents[f"exclusive {segment}"] == f"commercial {segment}"
    assert all(parent < cell for cell, parent in enumerate(crossing.catalogue.parent))


def test_bridge__orders_that_are_no_forest__none(problem):
    capped = replace(problem, segments=(Segment("individual"), Segment("school", "individual", 100_000)))
    assert bridge(capped, compile_model(capped)) is None
    first, second, *others = problem.works
    between = replace(problem, works=(first, replace(second, not_below=(first.id,)), *others))
    assert bridge(between, compile_model(between)) is None


def test_bridge__cells_in_another_order__are_read_by_the_kernels_that_are_compiled_already(problem):
    """Compiling the kernels for another layout of memory would cost twenty seconds."""
    crossing = bridge(problem, compile_model(problem))
    layouts = [typeof(Accounts(known).blocks) for known in (crossing.catalogue, catalogue(10))]
    assert layouts[0] == layouts[1]


def test_solve__catalogue_decomposed__certified_and_within_the_bound_of_the_whole_programme(problem, monkeypatch):
    """Two solvers that share nothing but the checker."""
    whole = solve(problem).certificate
    model = compile_model(problem)
    steps, root = solver._decomposed(problem, model)
    assert root.weights, "no row binds, so that the instance tests nothing"
    assert whole.dual >= objective(model, steps) >= whole.primal * 999 // 1000
    assert proven_bound(model, root) >= whole.primal
    monkeypatch.setattr(solver, "_WHOLE", 0)
    assert solve(problem).certificate.gap * 10**4 <= whole.dual


def test_solve__decomposition_finds_nothing_whole__the_integer_programme_prices_it(problem, monkeypatch):
    """What the decomposition lacks is no reason to refuse a problem that has prices."""

    def refuse(_):
        raise RefusedError("price-uncertified", "no integer prices within the rows were found", "ask less")

    whole = solve(problem)
    monkeypatch.setattr(solver, "_WHOLE", 0)
    monkeypatch.setattr("offchain.pricing.catalogue.solve.price_catalogue", refuse)
    assert solve(problem) == whole


def test_solve__catalogue_without_prices__names_only_the_rows_that_conflict(problem, monkeypatch):
    """All prices affordable does no harm; a budget below what the dearest prices sell is broken by itself."""
    rows = Coupling((), (Accessibility("individual", 10**9, 1, CURRENCY),), (Budget("none", 0.001),))
    monkeypatch.setattr(solver, "_WHOLE", 0)
    with pytest.raises(InputError) as caught:
        solve(replace(problem, coupling=rows))
    assert caught.value.code == "rows-infeasible"
    assert [rule.split()[0] for rule in caught.value.facts["conflict"]] == ["none"]
