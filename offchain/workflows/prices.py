"""Prices of a work: the LP under what its holder allows, its tiers' order, and the share it owes upstream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from offchain.chain import Currency, Title, work_hex
from offchain.errors import RefusedError
from offchain.pricing import DEFAULT_TIERS, Bound, PriceKey, PricingProblem, Solution, default_problem
from offchain.pricing.curve import NO_EVIDENCE, Evidence
from offchain.workflows.mandates import Mandate, mandates
from offchain.workflows.requoting import standing
from offchain.workflows.services import Services

__all__ = [
    "WorkPrices",
    "believed_problem",
    "explain_work",
    "mandated",
    "price_work",
    "pricing_problem",
    "tier_ends",
    "work_problem",
]


@dataclass(frozen=True, slots=True)
class WorkPrices:
    """A work's prices and what they rest on.

    Attributes:
        problem: what was solved; with it anybody can check the certificate.
        solution: its certified prices.
        evidence: what learned demands rest on; nothing where all is stated.
    """

    problem: PricingProblem
    solution: Solution
    evidence: Mapping[PriceKey, Evidence]


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


def price_work(services: Services, work: int, currency: str | None = None) -> Solution:
    """Prices of every tier that the delegate may quote for a work.

    Raises:
        NotFoundError: `unknown-work`, `unknown-currency`.
        RefusedError: `not-for-sale`, `below-economics`, or `wrong-currency` where it is sold in others.
    """
    return explain_work(services, work, currency).solution


def explain_work(services: Services, work: int, currency: str | None = None) -> WorkPrices:
    """The same prices with what they rest on.

    Raises:
        NotFoundError: `unknown-work`, `unknown-currency`.
        RefusedError: `not-for-sale`, `below-economics`, or `wrong-currency` where it is sold in others.
    """
    title = services.contracts.registry.title(work)
    problem, evidence = believed_problem(services, work, title, mandated(services, work, currency))
    now = standing(services, problem)
    return WorkPrices(now.problem, now.solution, evidence)


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


def believed_problem(
    services: Services, work: int, title: Title, mandated: Sequence[Mandate]
) -> tuple[PricingProblem, Mapping[PriceKey, Evidence]]:
    """The same under the demand that this service believes: learned where COLOPHON_LEARN_DEMAND is set, else stated.

    Learning is the operator's choice, since prices then follow what buyers do, within what each holder allows.
    """
    problem = work_problem(work, title, mandated)
    if not services.settings.learn_demand:
        return problem, NO_EVIDENCE
    from offchain.workflows.learned_demand import learned_problem  # noqa: PLC0415 - numpy and scipy, for learners alone

    return learned_problem(services, work, problem)
