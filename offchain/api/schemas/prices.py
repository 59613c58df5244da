"""Prices with their reasons, their curves and their proof."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Amount, WorkId
from offchain.chain import Currency, work_hex
from offchain.pricing import Binding, Price, problem_to_json, solution_to_json
from offchain.pricing.curve import PriceCurve, price_curves
from offchain.workflows.prices import WorkPrices

__all__ = ["PricesOut", "prices_out"]


class BindingOut(BaseModel):
    """A rule that holds a price; what easing it could add at most, in minor units a period."""

    kind: str = Field(examples=["ceiling"])
    rule: str
    slack: Amount = Field(description="most that one ladder step more room could add, minor units a period")
    worth: Amount = Field(description="most that dropping the rule could add, minor units a period")


class StepOut(BaseModel):
    """One price of a ladder and what it would bring in a period."""

    price: Amount
    allowed: bool = Field(description="whether floor and ceiling leave it")
    sales: str = Field(description="expected sales, millionths of a licence")
    low: str | None = Field(description="lower end of the 90 % credible interval of `sales`; null where it is stated")
    high: str | None
    revenue: Amount = Field(description="expected net revenue, minor units")


class PriceOut(BaseModel):
    """One price, why it is this one, and the curve that it was chosen from."""

    tier: str
    segment: str
    amount: Amount
    sentence: str
    step: int = Field(description="its step on the ladder, from 0")
    runner_up: Amount | None = Field(description="best other price that its bounds and the other prices leave open")
    gap: str | None = Field(description="what the runner-up earns less, minor units a period")
    alone: Amount = Field(description="the price without bounds and orders")
    bindings: list[BindingOut]
    offers: int = Field(description="offers that the demand was learned from; 0 where it is stated")
    curve: list[StepOut]


class PricesOut(BaseModel):
    """Every price that may be quoted for a work, with the proof that none would earn more.

    `problem` and `solution` follow the published schemas pricing-input and pricing-output: with both, anybody can check
    the proof without this service.
    """

    work: WorkId
    currency: str
    symbol: str
    decimals: int
    prices: list[PriceOut]
    problem: dict[str, Any]
    solution: dict[str, Any]


def prices_out(work: int, found: WorkPrices, currency: Currency) -> PricesOut:
    """Prices as they go out."""
    curves = price_curves(found.problem, found.solution, found.evidence)
    return PricesOut(
        work=work_hex(work),
        currency=currency.caip19,
        symbol=currency.symbol,
        decimals=currency.decimals,
        prices=list(map(_price_out, found.solution.prices, curves)),
        problem=problem_to_json(found.problem),
        solution=solution_to_json(found.solution),
    )


def _price_out(price: Price, curve: PriceCurve) -> PriceOut:
    told = price.explanation
    return PriceOut(
        tier=price.key.tier,
        segment=price.key.segment,
        amount=str(price.amount),
        sentence=told.sentence,
        step=told.step,
        runner_up=None if told.runner_up is None else str(told.runner_up),
        gap=None if told.gap is None else str(told.gap),
        alone=str(told.alone),
        bindings=list(map(_binding_out, told.bindings)),
        offers=curve.evidence.offers if curve.evidence else 0,
        curve=[_step_out(curve, step) for step in range(len(curve.ladder))],
    )


def _binding_out(binding: Binding) -> BindingOut:
    return BindingOut(kind=binding.kind, rule=binding.rule, slack=str(binding.slack), worth=str(binding.worth))


def _step_out(curve: PriceCurve, step: int) -> StepOut:
    learned = curve.evidence
    return StepOut(
        price=str(curve.ladder[step]),
        allowed=curve.lowest <= step <= curve.highest,
        sales=str(curve.sales[step]),
        low=str(learned.low[step]) if learned else None,
        high=str(learned.high[step]) if learned else None,
        revenue=str(curve.revenue[step]),
    )
