"""The best price list once it is settled who is to take what.

For one assignment every condition of a menu is a difference of two prices or a bound on one: p_a ≤ v_sa says that
segment s can pay, p_a − p_b ≤ v_sa − v_sb that it does not envy those who take b. The lists that keep all of these
have a greatest element, price by price: the shortest paths of their graph (Cormen et al., Introduction to Algorithms,
section 24.4), which are integers where the values are. Every price is highest there, so nothing earns more.
"""

from __future__ import annotations

from collections.abc import Sequence

from offchain.pricing.menus.problem import Assignment, MenuProblem

__all__ = ["highest_prices", "net_revenue"]


def highest_prices(problem: MenuProblem, assignment: Sequence[int | None]) -> dict[int, int] | None:
    """Highest prices at which each segment takes what it is meant to take.

    Args:
        problem: the menu.
        assignment: of the first segments the tier of each; later ones are left out of account.

    Returns:
        Minor units by tier, for those that somebody takes; None where no prices lead to this assignment.
    """
    buying = [(segment, tier) for segment, tier in enumerate(assignment) if tier is not None]
    prices = {
        tier: min(problem.most[segment][tier] for segment, other in buying if other == tier) for _, tier in buying
    }
    for _ in range(len(prices) + 1):
        if not _lowered(problem, buying, prices):
            return prices if _high_enough(problem, assignment, prices) else None
    return None  # a cycle of envy lowers the prices without end


def _lowered(problem: MenuProblem, buying: Sequence[tuple[int, int]], prices: dict[int, int]) -> bool:
    """Lower each price until its takers do not envy those of the other tiers; whether any fell."""
    fell = False
    for segment, tier in buying:
        values = problem.segments[segment].values
        for other, price in prices.items():
            lead = values[tier] - values[other] - problem.margin
            if other != tier and prices[tier] > price + lead:
                prices[tier], fell = price + lead, True
    return fell


def _high_enough(problem: MenuProblem, assignment: Sequence[int | None], prices: dict[int, int]) -> bool:
    """Whether floors hold, and whoever is to take nothing wants nothing; lower prices would be no help."""
    if any(price < problem.tiers[tier].floor for tier, price in prices.items()):
        return False
    without = [problem.segments[segment].values for segment, tier in enumerate(assignment) if tier is None]
    return all(values[tier] + problem.margin <= price for values in without for tier, price in prices.items())


def net_revenue(problem: MenuProblem, assignment: Assignment, prices: dict[int, int]) -> int:
    """Net revenue a period, in `SCALE`-ths of a minor unit."""
    taken = zip(problem.weights, assignment, strict=True)
    return sum(weight * prices[tier] for weight, tier in taken if tier is not None)
