"""An infeasible problem names one floor, the orders between and one ceiling."""

from dataclasses import replace

import pytest

from offchain.errors import InputError
from offchain.pricing import Bound, Tier, solve


def test_require_feasible__floor_pushes_broader_tier_past_its_ceiling__names_all_three(two_tiers):
    problem = two_tiers([Bound(tier="personal", floor=20), Bound(tier="commercial", ceiling=10)])
    with pytest.raises(InputError) as caught:
        solve(problem)
    work = problem.works[0].id
    assert caught.value.code == "prices-infeasible"
    assert caught.value.facts["conflict"] == [
        f"{work} / personal / individual costs at least 20",
        "commercial never costs less than personal",
        f"{work} / commercial / individual costs at most 10",
    ]


@pytest.mark.parametrize("bounds", [[Bound(tier="personal", floor=20)], [Bound(tier="commercial", ceiling=10)], []])
def test_require_feasible__either_bound_alone__is_satisfied(two_tiers, bounds):
    assert len(solve(two_tiers(bounds)).prices) == 2


def test_require_feasible__ladders_do_not_meet__refused(two_tiers):
    """Without any bound: the broader tier's whole ladder lies below the narrower one's."""
    problem = two_tiers()
    tiers = (Tier("personal", (10, 20, 30)), Tier("commercial", (1, 2, 3), ("personal",)))
    with pytest.raises(InputError) as caught:
        solve(replace(problem, tiers=tiers))
    assert caught.value.code == "prices-infeasible"


@pytest.mark.parametrize("turn", [1, -1])
def test_require_feasible__chain_of_three__names_both_orders_however_tiers_are_listed(two_tiers, turn):
    problem = two_tiers()
    curve = problem.demand[1]
    chain = replace(
        problem,
        tiers=(*problem.tiers, Tier("adaptation", (10, 20, 30), ("commercial",)))[::turn],
        demand=(*problem.demand, replace(curve, key=curve.key._replace(tier="adaptation"))),
        bounds=(Bound(tier="personal", floor=30), Bound(tier="adaptation", ceiling=20)),
    )
    with pytest.raises(InputError) as caught:
        solve(chain)
    assert caught.value.facts["conflict"][1:3] == [
        "commercial never costs less than personal",
        "adaptation never costs less than commercial",
    ]
