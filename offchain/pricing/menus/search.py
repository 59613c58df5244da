"""Exact search over all assignments, in integers: best-first branch and bound, segment by segment.

A partial assignment is bounded by the highest prices that its own conditions leave (more segments only lower them)
and by what the others could pay at most. So what is never looked at is known to earn no more than the bound.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace

from offchain.pricing.menus.prices import highest_prices
from offchain.pricing.menus.problem import Assignment, MenuProblem

__all__ = ["Found", "search"]


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of a search.

    Attributes:
        assignment: the best one found.
        primal: its net revenue, `SCALE`-ths of a minor unit a period.
        bound: no assignment earns more; equal to `primal` where the search came to its end.
        looked: partial assignments looked at.
    """

    assignment: Assignment
    primal: int
    bound: int
    looked: int


def search(problem: MenuProblem, start: Assignment, limit: int) -> Found:
    """The best assignment, or after `limit` partial ones the best found so far, never worse than `start`.

    Args:
        problem: the menu.
        start: an assignment to begin with; counts as nobody buying where no prices lead to it.
        limit: how many partial assignments may be looked at.
    """
    order = sorted(range(len(problem.segments)), key=lambda segment: -problem.weights[segment])
    sorted_problem = replace(problem, segments=tuple(problem.segments[segment] for segment in order))
    found = _search(sorted_problem, tuple(start[segment] for segment in order), limit)
    back = dict(zip(order, found.assignment, strict=True))
    return replace(found, assignment=tuple(back[segment] for segment in range(len(order))))


def _search(problem: MenuProblem, start: Assignment, limit: int) -> Found:
    worth = _bound(problem, start)
    best, primal = (tuple(None for _ in start), 0) if worth is None else (start, worth)
    looked = 0
    waiting: list[tuple[int, int, Sequence[int | None]]] = [(-_unsold(problem, 0, {}), looked, ())]
    while waiting and -waiting[0][0] > primal and looked < limit:
        *_, taken = heapq.heappop(waiting)
        for tier in (None, *range(len(problem.tiers))):
            longer = (*taken, tier)
            worth, looked = _bound(problem, longer), looked + 1
            if worth is None or worth <= primal:
                continue
            if len(longer) == len(start):
                best, primal = longer, worth
            else:
                heapq.heappush(waiting, (-worth, -looked, longer))
    return Found(best, primal, max(primal, -waiting[0][0] if waiting else 0), looked)


def _bound(problem: MenuProblem, taken: Sequence[int | None]) -> int | None:
    """What no completion of a partial assignment passes, and a complete one earns; None where no prices lead to it."""
    prices = highest_prices(problem, taken)
    if prices is None:
        return None
    sold = zip(problem.weights, taken, strict=False)
    return sum(weight * prices[tier] for weight, tier in sold if tier is not None) + _unsold(
        problem, len(taken), prices
    )


def _unsold(problem: MenuProblem, since: int, prices: dict[int, int]) -> int:
    """What the segments from `since` on could pay at most."""
    rest = zip(problem.weights[since:], problem.most[since:], strict=True)
    return sum(
        weight * max(0, *(min(amount, prices.get(tier, amount)) for tier, amount in enumerate(most)))
        for weight, most in rest
    )
