"""Prices of a work: the LP under what its holder allows, its tiers' order, and the share it owes upstream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from offchain.chain import Currency, Title, work_hex
from offchain.errors import RefusedError
from offchain.pricing import DEFAULT_TIERS, Bound, PricingProblem, Solution, default_problem, solve
from offchain.workflows.mandates import Mandate, mandates
from offchain.workflows.services import Services

__all__ = ["mandated", "price_work", "pricing_problem", "solved", "tier_ends", "work_problem"]


def pricing_problem(
    work: int, upstream: int, currency: Currency, bounds: Sequence[tuple[str, int | None, int | None]]
) -> PricingProblem:
    """The pricing problem of one work for some tiers.

    Args:
        work: its id.
        upstream: share owed upstream, parts per million.
        currency: of the prices.
        bounds: tier, floor and ceiling in minor units; None for the ends of the tier's ladder.

    Raises:
        InputError: a tier without a stated demand, or what `PricingProblem` refuses.
    """
    tiers = [tier for tier in DEFAULT_TIERS if tier in {name for name, _, _ in bounds}]
    problem = default_problem(work_hex(work), upstream, currency.caip19, tiers, currency.decimals)
    stated = [bound for bound in bounds if bound[1:] != (None, None)]
    limits = tuple(Bound(tier=tier, floor=floor, ceiling=ceiling) for tier, floor, ceiling in stated)
    return replace(problem, bounds=limits)


def tier_ends(tier: str, currency: Currency) -> tuple[int, int]:
    """Lowest and highest price of a tier's ladder, in minor units.

    Raises:
        InputError: `tier-unknown`.
    """
    (stated,) = default_problem(work_hex(1), 0, currency.caip19, (tier,), currency.decimals).tiers
    return stated.ladder[0], stated.ladder[-1]


@lru_cache(maxsize=1024)
def solved(problem: PricingProblem) -> Solution:
    """The problem's certified prices; solving the same one again costs nothing."""
    return solve(problem)


def price_work(services: Services, work: int, currency: str | None = None) -> Solution:
    """Prices of every tier that the delegate may quote for a work.

    Raises:
        NotFoundError: `unknown-work`, `unknown-currency`.
        RefusedError: `not-for-sale`, `below-economics`, or `wrong-currency` where it is sold in others.
    """
    title = services.contracts.registry.title(work)
    return solved(work_problem(work, title, mandated(services, work, currency)))


def mandated(services: Services, work: int, currency: str | None) -> tuple[Mandate, ...]:
    """The mandates in one currency: the one asked for, else that of the first mandate; not below the work's economics.

    Raises:
        NotFoundError: `unknown-currency`.
        RefusedError: `not-for-sale`, `wrong-currency`, `below-economics`.
    """
    found = mandates(services, work)
    if not found:
        raise RefusedError(
            "not-for-sale",
            "no price may be quoted for this work",
            "ask its holder for a quote, or look for a listing",
            work=work_hex(work),
        )
    found = _protected(services, work, found)
    wanted = found[0].currency if currency is None else services.currency(currency)
    chosen = tuple(mandate for mandate in found if mandate.currency.index == wanted.index)
    if not chosen:
        offered = sorted({mandate.currency.caip19 for mandate in found})
        raise RefusedError(
            "wrong-currency",
            f"this work is not sold in {wanted.caip19}",
            f"ask for {' or '.join(offered)}",
            currency=wanted.caip19,
            offered=offered,
        )
    return chosen


def _protected(services: Services, work: int, found: Sequence[Mandate]) -> tuple[Mandate, ...]:
    """The mandates that the share holders' minimum price leaves, with it as their least floor."""
    economics, _ = services.contracts.offers.economics(work)
    least = economics.min_price
    if least == 0:
        return tuple(found)
    left = [each for each in found if each.currency.index == economics.currency and each.ceiling >= least]
    if not left:
        currency = services.currency_at(economics.currency).caip19
        raise RefusedError(
            "below-economics",
            f"the share holders of this work protect its price: at least {least} minor units of {currency}",
            "ask its holder for a quote, or to let the service quote above that",
            work=work_hex(work),
            least=str(least),
            currency=currency,
        )
    return tuple(replace(each, floor=max(each.floor, least)) for each in left)


def work_problem(work: int, title: Title, mandated: Sequence[Mandate]) -> PricingProblem:
    """The pricing problem of a registered work."""
    bounds = [(mandate.tier, mandate.floor, mandate.ceiling) for mandate in mandated]
    return pricing_problem(work, title.upstream, mandated[0].currency, bounds)
