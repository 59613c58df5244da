"""Exclusive against non-exclusive: the price at which the one mode earns as much as the other.

An exclusive ends sales for the periods of its window. Its price, net of the share owed upstream, must cover what these
sales are worth when it is paid: amounts of a later period count less, by 1e6 / (1e6 + discount) for each period that
passes. Licences that were sold before run on, so only new sales count.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from fractions import Fraction

from offchain.errors import InputError
from offchain.money import PPM
from offchain.pricing.model import SCALE
from offchain.pricing.problem import PricingProblem
from offchain.pricing.solution import solve

__all__ = ["break_even", "ended_revenue", "present_value"]


def ended_revenue(problem: PricingProblem, ended: Collection[str]) -> int:
    """Net revenue that one work loses in a period in which some tiers are not sold, `SCALE`-ths of a minor unit.

    It is the optimum with all tiers less the optimum with the others: without the tiers that hold them in order, these
    may be worth more.

    Raises:
        InputError: `exclusive-malformed`, several works; `tier-unknown`; or what `solve` refuses.
        RefusedError: `price-uncertified`.
    """
    if len(problem.works) != 1:
        raise InputError(
            "exclusive-malformed", f"an exclusive on {len(problem.works)} works", "state the sales of one work"
        )
    for name in ended:
        if name not in {tier.name for tier in problem.tiers}:
            raise InputError("tier-unknown", f"{name} is no tier of this problem", "name a listed tier")
    rest = _without(problem, ended)
    return solve(problem).certificate.primal - (0 if rest is None else solve(rest).certificate.primal)


def present_value(amounts: Sequence[int], discount_ppm: int, since: int = 0) -> Fraction:
    """What amounts of consecutive periods, the first of them `since` periods from now, are worth now; exact.

    Raises:
        InputError: `discount-out-of-range`, below 0 or above 100 % a period.
    """
    if not 0 <= discount_ppm <= PPM:
        raise InputError(
            "discount-out-of-range", f"a discount of {discount_ppm} parts per million", f"give 0 to {PPM} a period"
        )
    factor = Fraction(PPM, PPM + discount_ppm)
    return sum((amount * factor ** (since + number) for number, amount in enumerate(amounts)), Fraction(0))


def break_even(forgone: Fraction, upstream_ppm: int) -> int:
    """Least price in minor units whose net part covers a net value in `SCALE`-ths of a minor unit.

    Raises:
        InputError: `share-out-of-range`, all of the price is owed upstream, so none covers anything.
    """
    if upstream_ppm >= PPM and forgone > 0:
        raise InputError("share-out-of-range", "all of the price is owed upstream", "lower the share owed upstream")
    return 0 if forgone <= 0 else -(-forgone * PPM // (SCALE * (PPM - upstream_ppm)))


def _without(problem: PricingProblem, ended: Collection[str]) -> PricingProblem | None:
    """The problem of the tiers that are left, or None."""
    tiers = tuple(
        replace(tier, broader_than=tuple(name for name in tier.broader_than if name not in ended))
        for tier in problem.tiers
        if tier.name not in ended
    )
    if not tiers:
        return None
    demand = tuple(cell for cell in problem.demand if cell.key.tier not in ended)
    bounds = tuple(bound for bound in problem.bounds if bound.tier not in ended)
    return replace(problem, tiers=tiers, demand=demand, bounds=bounds)
