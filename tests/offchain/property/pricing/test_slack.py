"""What one more step of room adds is bounded by what the explanation says, by brute force over eased problems."""

from dataclasses import replace
from itertools import product
from random import Random

from offchain.pricing import CellDemand, PriceKey, PricingProblem, Segment, TableDemand, Tier, Work, solve
from offchain.pricing.model import SCALE, compile_model
from offchain.pricing.problem import Bound

CURRENCY = "eip155:1337/slip44:60"
WORK = "0x" + "01" * 32


def instance(seed):
    """Three tiers in a chain and one segment, each ladder of two to five prices; one floor and one ceiling."""
    random = Random(seed)
    names = ("personal", "commercial", "adaptation")
    ladders = [tuple(sorted(random.sample(range(1, 40), random.randint(2, 5)))) for _ in names]
    ladders = [(*ladder, 40) for ladder in ladders]
    tiers = tuple(Tier(name, ladders[place], names[place - 1 : place]) for place, name in enumerate(names))
    curves = [TableDemand(tuple(sorted((random.randint(0, 30) for _ in ladder), reverse=True))) for ladder in ladders]
    demand = tuple(
        CellDemand(PriceKey(WORK, name, "individual"), curve) for name, curve in zip(names, curves, strict=True)
    )
    bounds = (Bound(tier="personal", floor=random.choice(ladders[0])), Bound(tier="commercial", ceiling=ladders[1][1]))
    return PricingProblem(CURRENCY, 0, (Work(WORK),), tiers, (Segment("individual"),), demand, bounds)


def best(model, holds):
    """Most net revenue over every combination of allowed prices that `holds` lets pass."""
    combinations = product(*(cell.allowed for cell in model.cells))
    totals = (
        sum(cell.net[step] for cell, step in zip(model.cells, steps, strict=True))
        for steps in combinations
        if all(holds(order, steps) for order in model.orders)
    )
    return max(totals, default=None)


def keeps(model, order, steps, ease=0):
    cheap = model.cells[order.cheaper].ladder[max(steps[order.cheaper] - ease, 0)]
    if ease and steps[order.cheaper] == 0:
        return True
    return order.holds(cheap, model.cells[order.dearer].ladder[steps[order.dearer]])


def bindings(solution, kind):
    found = [(price.key, binding) for price in solution.prices for binding in price.explanation.bindings]
    return [(key, binding) for key, binding in found if binding.kind == kind]


def feasible(seeds):
    for seed in seeds:
        problem = instance(seed)
        model = compile_model(problem)
        if (most := best(model, lambda order, steps, model=model: keeps(model, order, steps))) is not None:
            yield problem, model, most


def test_slack__order_eased_by_one_step__adds_no_more():
    checked = 0
    for problem, model, most in feasible(range(120)):
        for _, binding in bindings(solve(problem), "order"):
            assert 0 <= binding.slack <= binding.worth
            eased = best(
                model,
                lambda order, steps, rule=binding.rule, model=model: keeps(model, order, steps, order.rule == rule),
            )
            assert eased - most <= binding.slack * SCALE
            checked += eased > most
    assert checked > 20  # the bound is not always 0


def test_slack__bound_moved_by_one_step__adds_no_more():
    checked = 0
    for problem, model, most in feasible(range(200)):
        for kind in ("floor", "ceiling"):
            for key, binding in bindings(solve(problem), kind):
                (place,) = [place for place, cell in enumerate(model.cells) if cell.key == key]
                moved = {"lowest": model.cells[place].lowest - 1} if kind == "floor" else {}
                moved = moved or {"highest": model.cells[place].highest + 1}
                cells = list(model.cells)
                cells[place] = replace(cells[place], **moved)
                eased = replace(model, cells=tuple(cells))
                more = best(eased, lambda order, steps, model=eased: keeps(model, order, steps)) - most
                assert 0 <= binding.slack <= binding.worth
                assert more <= binding.slack * SCALE
                checked += more > 0
    assert checked > 20
