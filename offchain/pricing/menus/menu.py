"""A menu with its proof: solve, check as the buyers would, and tell why each segment takes what it takes.

    MenuProblem ─ solve_programme ─► assignment ─ search ─► the best ─ highest_prices ─► menu_fault ─► Menu

The solver proposes; the search in integers proves, or beats, what it proposed. Where there are too many assignments to
come to an end, the certificate says by how much the menu may fall short; if the solver has failed, there is no menu.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from offchain.errors import RefusedError
from offchain.pricing.menus.prices import highest_prices, net_revenue
from offchain.pricing.menus.problem import Assignment, MenuProblem
from offchain.pricing.menus.program import solve_programme
from offchain.pricing.menus.search import search
from offchain.pricing.model import SCALE

__all__ = ["Choice", "Menu", "MenuCertificate", "menu_fault", "solve_menu"]

_LIMIT: Final = 20_000
"""Partial assignments that the proof may look at: about two seconds."""

_NODES: Final = 1_000
"""Nodes that the solver may look at: about ten seconds for 40 segments and 6 tiers."""


@dataclass(frozen=True, slots=True)
class MenuCertificate:
    """How good the menu is, `SCALE`-ths of a minor unit a period.

    Attributes:
        primal: net revenue of the menu.
        bound: no menu earns more; exact, since it is found in integers.
        proof: `optimal` where both are equal, else `bounded`.
        solver_gap: the gap that the mixed-integer solver states in floats, as a share; None where it failed.
    """

    primal: int
    bound: int
    proof: Literal["optimal", "bounded"]
    solver_gap: float | None

    @property
    def gap(self) -> int:
        """What another menu could add at most."""
        return self.bound - self.primal


@dataclass(frozen=True, slots=True)
class Choice:
    """What one segment takes from the list.

    Attributes:
        segment: its name.
        tier: what it takes, or None.
        price: minor units, 0 where it takes nothing.
        surplus: its value less the price, minor units.
        lead: by how much it prefers this to the next best on the list, nothing included; 0 is a tie, in which it
            takes the seller's choice.
    """

    segment: str
    tier: str | None
    price: int
    surplus: int
    lead: int


@dataclass(frozen=True, slots=True)
class Menu:
    """One price list for all segments.

    Attributes:
        prices: minor units by tier, for the tiers that are sold.
        choices: one for each segment, in the problem's order.
        expected_revenue: net of what is owed upstream, minor units a period, rounded down.
        certificate: its proof.
    """

    prices: Mapping[str, int]
    choices: tuple[Choice, ...]
    expected_revenue: int
    certificate: MenuCertificate


def solve_menu(problem: MenuProblem) -> Menu:
    """The price list that earns most, net of what is owed upstream.

    Raises:
        RefusedError: `price-uncertified`, the solver failed, or its menu does not hold.
    """
    programme = solve_programme(problem, _NODES)
    found = search(problem, (None,) * len(problem.segments) if programme is None else programme.assignment, _LIMIT)
    prices = highest_prices(problem, found.assignment)
    if prices is None:
        raise _uncertified("no prices lead to it")
    fault = menu_fault(problem, found.assignment, prices)
    if fault is not None:
        raise _uncertified(fault)
    primal = net_revenue(problem, found.assignment, prices)
    proof: Literal["optimal", "bounded"] = "optimal" if primal == found.bound else "bounded"
    if programme is None and proof == "bounded":
        raise _uncertified("the solver failed, and there are too many assignments to try all")
    return Menu(
        {problem.tiers[tier].name: prices[tier] for tier in sorted(prices)},
        tuple(_choice(problem, number, tier, prices) for number, tier in enumerate(found.assignment)),
        primal // SCALE,
        MenuCertificate(primal, found.bound, proof, None if programme is None else programme.gap),
    )


def menu_fault(problem: MenuProblem, assignment: Assignment, prices: Mapping[int, int]) -> str | None:
    """Check a menu as its buyers do: by looking at the list. Nothing of the solver is used.

    Args:
        problem: values, bounds and margin.
        assignment: what each segment is meant to take.
        prices: minor units by tier number, of the tiers on the list.

    Returns:
        Why some segment would not take what it is meant to take, or a price is out of bounds; None where all is well.
    """
    for listed, price in prices.items():
        bounds = problem.tiers[listed]
        if not bounds.floor <= price <= (price if bounds.ceiling is None else bounds.ceiling):
            return f"the price of {bounds.name} is outside its bounds"
    for number, tier in enumerate(assignment):
        if tier is not None and tier not in prices:
            return f"{problem.tiers[tier].name} is not on the list"
        if _lead(problem, number, tier, prices) < problem.margin:
            return f"{problem.segments[number].name} would rather take something else, or nothing"
    return None


def _surplus(problem: MenuProblem, segment: int, tier: int | None, prices: Mapping[int, int]) -> int:
    return 0 if tier is None else problem.segments[segment].values[tier] - prices[tier]


def _lead(problem: MenuProblem, segment: int, tier: int | None, prices: Mapping[int, int]) -> int:
    others = [other for other in (None, *prices) if other != tier]
    if not others:
        return problem.margin  # an empty list tempts nobody
    own = _surplus(problem, segment, tier, prices)
    return own - max(_surplus(problem, segment, other, prices) for other in others)


def _choice(problem: MenuProblem, segment: int, tier: int | None, prices: Mapping[int, int]) -> Choice:
    name = None if tier is None else problem.tiers[tier].name
    surplus, lead = (
        _surplus(problem, segment, tier, prices),
        _lead(problem, segment, tier, prices),
    )
    return Choice(problem.segments[segment].name, name, 0 if tier is None else prices[tier], surplus, lead)


def _uncertified(reason: str) -> RefusedError:
    return RefusedError(
        "price-uncertified", f"the menu is not proven: {reason}", "report the menu if its values are sound"
    )
