from dataclasses import replace

import numpy as np
import pytest

from offchain.errors import InputError
from offchain.pricing import default_problem, solve
from offchain.pricing.catalogue import Catalogue, Holders, Row, accessibility, no_holders, price_catalogue, price_parts
from offchain.pricing.catalogue.crew import InProcess
from offchain.pricing.catalogue.part import Part
from offchain.pricing.catalogue.split import partition, take
from offchain.pricing.model import SCALE, compile_model
from tests.bench.pricing.instances import catalogue, repriced


def plain(revenue, rows=(), holders=None):
    """A catalogue without ties inside works, every step open."""
    revenue = np.asarray(revenue, dtype=float)
    works, cells, steps = revenue.shape
    lowest, highest = np.zeros((works, cells), np.uint8), np.full((works, cells), steps - 1, np.uint8)
    least = np.zeros((cells, steps), np.uint8)
    return Catalogue(revenue, lowest, highest, np.full(cells, -1), least, tuple(rows), holders or no_holders(works))


def one_holder(works, floor, penalty):
    """One holder, who gets half of every work."""
    start = np.arange(works + 1)
    return Holders(start, np.zeros(works, np.int64), np.full(works, 0.5), np.array([floor]), np.array([penalty]))


def used(known, steps):
    """Use of each price row by integer prices."""
    cells = np.arange(steps.shape[1])
    return np.array([row.weights[cells, steps].sum() for row in known.rows])


def earned(known, steps):
    """Revenue of each work."""
    return np.take_along_axis(known.revenue, steps[..., None].astype(int), axis=2).sum(axis=(1, 2))


def test_price_catalogue__nothing_ties_works__prices_are_those_of_the_exact_solver():
    """The default tiers are a chain, so a forest with one tree for each segment."""
    problem = default_problem("0x" + "01" * 32, 100_000, "eip155:1337/slip44:60")
    model = compile_model(problem)
    tiers, segments = len(problem.tiers), len(problem.segments)
    cells = model.cells
    parent = np.array([at - segments if at >= segments else -1 for at in range(tiers * segments)])
    least = np.zeros((len(cells), len(cells[0].ladder)), np.uint8)
    for at in range(segments, len(cells)):
        least[at] = np.searchsorted(cells[at].ladder, cells[at - segments].ladder)
    revenue = np.array([[[net / SCALE for net in cell.net] for cell in cells]])
    bounds = (np.array([[getattr(cell, end) for cell in cells]], np.uint8) for end in ("lowest", "highest"))
    found = price_catalogue(Catalogue(revenue, *bounds, parent, least, (), no_holders(1)))
    prices = [cell.ladder[step] for cell, step in zip(cells, found.steps[0], strict=True)]
    assert prices == [price.amount for price in solve(problem).prices]
    assert found.gap == 0


def test_price_catalogue__equal_revenues__cheapest_step_wins():
    found = price_catalogue(plain([[[7, 7, 3]], [[0, 0, 0]]]))
    assert found.steps.tolist() == [[0], [0]]


def test_price_catalogue__all_revenue_0__nothing_to_gain_and_no_gap():
    found = price_catalogue(plain(np.zeros((3, 2, 4)), [accessibility("open", {0: 0}, 2.0, (2, 4))]))
    assert found.objective == found.bound == 0
    assert found.gap == 0


def test_price_catalogue__floor_out_of_reach__is_missed_by_what_lacks_and_paid_for():
    """Best prices earn 9 + 4, half of it 6.5; 3.5 lack of 10, at 2 each: 13 − 7."""
    found = price_catalogue(plain([[[9, 1]], [[2, 4]]], holders=one_holder(2, 10.0, 2.0)))
    assert found.shortfalls.tolist() == [3.5]
    assert found.objective == found.bound == 6
    assert found.duals.holders.tolist() == [2.0]


def test_price_catalogue__floor_and_row_compete__group_is_priced_whole():
    """Two works earn 10 dear or 6 cheap, one must be cheap, a third work is cheap at a loss of 5.

    Making one of the first two cheap costs 4 and 2 · (10 − 8) = 4 more for the floor of their holder: the third it is.
    """
    rows = [accessibility("cheap", {0: 0}, 1.0, (1, 2))]
    start, index = np.array([0, 1, 2, 2]), np.zeros(2, np.int64)
    holders = Holders(start, index, np.full(2, 0.5), np.array([10.0]), np.array([2.0]))
    found = price_catalogue(plain([[[6, 10]], [[6, 10]], [[5, 10]]], rows, holders))
    assert found.steps.tolist() == [[1], [1], [0]]
    assert found.objective == 25
    assert found.shortfalls.tolist() == [0]


def test_price_catalogue__rows_cannot_hold_together__refused_by_name():
    cheap = accessibility("all cheap", {0: 0}, 2.0, (1, 2))
    dear = Row("one dear", np.array([[0.0, -1.0]]), -1.0)
    with pytest.raises(InputError) as refusal:
        price_catalogue(plain([[[1, 2]], [[1, 2]]], [cheap, dear]))
    assert refusal.value.code == "rows-infeasible"
    assert refusal.value.facts["rows"] == ["all cheap", "one dear"]


def test_price_catalogue__bounds_break_a_tie__refused():
    known = plain(np.ones((1, 2, 2)))
    known = replace(known, parent=np.array([-1, 0]), least=np.array([[0, 0], [2, 2]], np.uint8))
    with pytest.raises(InputError) as refusal:
        price_catalogue(known)
    assert refusal.value.code == "bounds-miss-ladder"


def test_price_catalogue__budget_of_sales__counts_licences_not_prices():
    """A cheap price sells 5, a dear one 1; at most 7 licences: one of two equal works is dear, and a gap stays."""
    known = plain([[[10, 4]], [[10, 4]]], [Row("licences", np.ones((1, 2)), 7.0, "sale")])
    found = price_catalogue(replace(known, sales=np.array([[[5.0, 1.0]], [[5.0, 1.0]]])))
    assert sorted(found.steps.ravel().tolist()) == [0, 1]
    assert found.objective == 14
    # Fractions could sell 7 licences: 14 + 6 · 1/4.
    assert found.bound == pytest.approx(15.5)


@pytest.mark.parametrize("chains", [False, True])
def test_price_catalogue__thousand_works_with_binding_floors__gap_below_1e_4_and_rows_kept(chains):
    known = catalogue(1000, chains=chains)
    found = price_catalogue(known)
    assert ((found.duals.holders > 0) & (found.duals.holders < known.holders.penalties)).sum() >= 3
    assert 0 <= found.gap <= 1e-4
    assert (used(known, found.steps) <= [row.limit for row in known.rows]).all()
    assert ((known.lowest <= found.steps) & (found.steps <= known.highest)).all()
    for cell in np.flatnonzero(known.parent >= 0):
        assert (found.steps[:, cell] >= known.least[cell, found.steps[:, known.parent[cell]]]).all()
    work = np.repeat(np.arange(1000), np.diff(known.holders.start))
    revenue = earned(known, found.steps)
    paid = np.bincount(known.holders.index, known.holders.share * revenue[work])
    shortfalls = np.maximum(known.holders.floors - paid, 0)
    assert found.shortfalls == pytest.approx(shortfalls, abs=1e-6)
    assert found.objective == pytest.approx(revenue.sum() - known.holders.penalties @ shortfalls, rel=1e-12)
    # A basic optimum has at most as many mixed works as rows and floors that bind.
    assert found.fractional <= found.binding


def test_price_catalogue__same_catalogue_twice__same_prices():
    first, second = (price_catalogue(catalogue(300, seed=5)) for _ in range(2))
    assert (first.steps == second.steps).all()
    assert first.objective == second.objective
    assert (first.duals.rows == second.duals.rows).all()


def test_price_catalogue__one_percent_repriced__known_duals_prove_new_prices_in_one_reading():
    known = catalogue(1000)
    changed = repriced(known)
    found = price_catalogue(changed, price_catalogue(known).duals)
    cold = price_catalogue(changed)
    assert found.passes == 1
    assert 0 <= found.gap <= 1e-4
    assert found.linear_bound >= cold.linear_bound * (1 - 1e-12)
    assert (used(changed, found.steps) <= [row.limit for row in changed.rows]).all()


def test_price_catalogue__duals_of_another_catalogue__solved_anew():
    known = catalogue(300, seed=1)
    duals = price_catalogue(known).duals
    found = price_catalogue(replace(known, revenue=known.revenue * 1000), replace(duals, rows=duals.rows * 0))
    assert found.gap <= 1e-4


def test_price_parts__two_parts__same_bounds_as_in_one_piece():
    known = catalogue(400, seed=2)
    works = partition(known, 2)
    crew = InProcess([Part(take(known, part), number) for number, part in enumerate(works)])
    split, whole = price_parts(crew, known.rows, known.holders), price_catalogue(known)
    assert split.linear_bound == pytest.approx(whole.linear_bound, rel=1e-8)
    assert split.objective == pytest.approx(whole.objective, rel=1e-4)
    steps = split.steps[np.argsort(np.concatenate(works))]
    assert (used(known, steps) <= [row.limit for row in known.rows]).all()
    assert earned(known, steps).sum() - known.holders.penalties @ split.shortfalls == pytest.approx(split.objective)


def test_price_catalogue__one_holder_with_a_floor_on_every_work__keeps_all_rows_nearly_at_the_bound():
    """All works are then one group, whose prices change all at once: no single work can be exchanged to keep a row."""
    known = catalogue(150)
    works, most = len(known.revenue), known.revenue.max(axis=2).sum()
    found = price_catalogue(replace(known, holders=one_holder(works, 0.98 * most / 2, 2.0)))
    assert (used(known, found.steps) <= [row.limit for row in known.rows]).all()
    assert found.gap <= 1e-4


@pytest.mark.parametrize(
    "altered",
    [
        {"revenue": np.full((2, 1, 3), np.nan)},
        {"revenue": np.full((2, 1, 3), -1.0)},
        {"sales": np.full((2, 1, 3), np.inf)},
        {"highest": np.full((2, 1), 3, np.uint8)},
        {"parent": np.array([0])},
        {"rows": (Row("budget", np.ones((1, 3)), np.nan),)},
        {"holders": one_holder(2, 1.0, -1.0)},
        {"holders": one_holder(2, np.nan, 1.0)},
    ],
)
def test_catalogue__arrays_malformed__refused_before_machine_code_reads_them(altered):
    known = plain(np.ones((2, 1, 3)))
    with pytest.raises(InputError) as caught:
        replace(known, **altered)
    assert caught.value.code == "catalogue-malformed"
