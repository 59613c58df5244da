"""What not knowing the demand costs: regret of pricing policies in a simulated market, and whether intervals hold.

    python -m tests.bench.pricing.regret [MARKETS]      prints the rows and draws docs/regret.svg

Each policy quotes every work for a month, sees who asked and who bought, and prices anew. Regret is the expected net
revenue that it loses to the clairvoyant, who knows the true demand, as a share of the clairvoyant's. Buyers are drawn
apart for each policy. Intervals of means are 95 %, by the normal approximation over markets.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np

from offchain.pricing import PriceKey, PricingProblem, solve
from offchain.pricing.estimation import YEAR, Estimate, OfferEvent, estimate, stated_priors, with_draw, with_learned
from tests.bench.pricing.market import Floats, Market, extreme, logistic, market
from tests.bench.pricing.regret_picture import drawn
from tests.bench.report import Row, shown

__all__ = ["MARKETS", "PICTURE", "at_random", "coverage", "mean_row", "picture", "regret", "rows"]

MARKETS: Final = 24
MONTHS: Final = 24
PICTURE: Final = Path(__file__).resolve().parents[3] / "docs" / "regret.svg"

Policy = Callable[[PricingProblem, Estimate, int], PricingProblem]
Curves = dict[str, Floats]

POLICIES: Final[dict[str, Policy | None]] = {
    "stated demand": None,
    "greedy": lambda problem, learned, _: with_learned(problem, learned),
    "Thompson": with_draw,
}


def rows(markets: int = MARKETS) -> Iterable[Row]:
    """Regret by policy, how it falls, coverage, and the cost of an estimate; also draws the picture."""
    regrets, covered = _measured(markets)
    picture(regrets)
    for name, monthly in regrets.items():
        yield mean_row(f"regret of {name}, {MONTHS} months", monthly.mean(axis=1) * 100, "% of revenue", None)
        yield mean_row(f"regret of {name}, last quarter", _quarters(monthly)[:, -1] * 100, "% of revenue", None)
        if POLICIES[name] is not None:
            first, *_, last = _quarters(monthly).mean(axis=0)
            value = round(float(last / first), 3)
            yield _row(f"regret of {name}, last quarter / first", value, "ratio", "lower", 0.333)
            yield _row(f"regret of {name}, growth exponent of the sum", _exponent(monthly), "exponent", "lower", 1.0)
            share = covered[name]
            yield mean_row(f"coverage of 90 % intervals after {name}", share * 100, "%", 90)
    for buys in (logistic, extreme):
        held = np.array([_tried(seed, buys) for seed in range(markets)])
        yield mean_row(f"coverage after 6 months of random prices, {buys.__name__} buyers", held * 100, "%", 90)
    offers, seconds = _estimating()
    yield _row(f"estimate from {offers:,} offers", round(seconds, 2), "CPU s", "lower", 5.0)


def picture(regrets: Curves) -> None:
    """Draw docs/regret.svg: mean monthly regret of each policy with its interval, and its sum."""
    PICTURE.write_text(drawn({name: monthly * 100 for name, monthly in regrets.items()}))


def regret(seed: int, policy: str, months: int = MONTHS) -> list[float]:
    """Regret of each month in one market, as a share of the clairvoyant's revenue."""
    return _run(market(seed), POLICIES[policy], seed, months)[0]


def _measured(markets: int) -> tuple[Curves, Curves]:
    """Monthly regret (markets × months) and coverage after the last month (markets), by policy."""
    regrets: dict[str, list[list[float]]] = {name: [] for name in POLICIES}
    covered: dict[str, list[float]] = {name: [] for name in POLICIES}
    for seed, (name, policy) in product(range(markets), POLICIES.items()):
        known = market(seed)
        monthly, events = _run(known, policy, seed, MONTHS)
        learned = estimate(events, known.works, stated_priors(known.stated), MONTHS * YEAR // 12)
        regrets[name].append(monthly)
        covered[name].append(coverage(known, learned))
    return {name: np.array(runs) for name, runs in regrets.items()}, {name: np.array(c) for name, c in covered.items()}


def _run(known: Market, policy: Policy | None, seed: int, months: int) -> tuple[list[float], list[OfferEvent]]:
    """Regret of each month, and all offers made."""
    chance = np.random.default_rng([seed, 1])
    best, priors = known.revenue(_prices(known.true)), stated_priors(known.stated)
    prices = _prices(known.stated)
    events: list[OfferEvent] = []
    regrets: list[float] = []
    for month in range(months):
        start = month * YEAR // 12
        if policy is not None and month:
            learned = estimate(events, known.works, priors, start)
            prices = _prices(policy(known.stated, learned, month))
        regrets.append(1 - known.revenue(prices) / best)
        events += known.offers(prices, start, YEAR // 12, chance)
    return regrets, events


def _tried(seed: int, buys: Callable[[Floats], Floats]) -> float:
    """Coverage after six months of prices drawn from the ladder."""
    known, chance = market(seed, buys=buys), np.random.default_rng([seed, 2])
    events = [event for month in range(6) for event in at_random(known, month * YEAR // 12, chance)]
    return coverage(known, estimate(events, known.works, stated_priors(known.stated), YEAR // 2))


def at_random(known: Market, start: int, chance: np.random.Generator) -> list[OfferEvent]:
    """Offers of a month in which every price is drawn from its ladder."""
    ladders = {tier.name: tier.ladder for tier in known.stated.tiers}
    return known.offers({key: int(chance.choice(ladders[key.tier])) for key in known.share}, start, YEAR // 12, chance)


def coverage(known: Market, learned: Estimate) -> float:
    """Share of ladder steps, over all cells, whose interval holds the true demand."""
    ladders = {tier.name: tier.ladder for tier in known.stated.tiers}
    inside: list[bool] = []
    for key, shares in known.share.items():
        curve = learned.curve(key, ladders[key.tier])
        ends = zip(curve.low.licences, shares, curve.high.licences, strict=True)
        inside += [low <= known.rate[key] * share <= high for low, share, high in ends]
    return float(np.mean(inside))


def _prices(problem: PricingProblem) -> dict[PriceKey, int]:
    return {price.key: price.amount for price in solve(problem).prices}


def _quarters(monthly: Floats) -> Floats:
    """Mean of each quarter of the run: markets × 4."""
    return monthly.reshape(len(monthly), 4, -1).mean(axis=2)


def _exponent(monthly: Floats) -> float:
    """Slope of log total regret over log months, from the third month: below 1 the sum grows ever more slowly."""
    months = np.arange(1, MONTHS + 1)[2:]
    return round(float(np.polyfit(np.log(months), np.log(monthly.mean(axis=0).cumsum()[2:]), 1)[0]), 3)


def _estimating(offers: int = 100_000, works: int = 500) -> tuple[int, float]:
    """CPU seconds of an estimate where every work has been offered at many prices."""
    known, chance = market(0, works, 10), np.random.default_rng(0)
    events: list[OfferEvent] = []
    while len(events) < offers:
        events += at_random(known, (events[-1].time + 1) if events else 0, chance)
    begun = time.process_time()
    estimate(events[:offers], known.works, stated_priors(known.stated), events[-1].time)
    return offers, time.process_time() - begun


def mean_row(name: str, values: Floats, unit: str, goal: float | None) -> Row:
    """A mean over markets with its interval."""
    half = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
    middle = float(values.mean())
    better = "higher" if unit == "%" else "lower"
    return {**_row(name, round(middle, 2), unit, better, goal), "interval": [middle - half, middle + half]}


def _row(name: str, value: float, unit: str, better: str, goal: float | None) -> Row:
    row = {"name": name, "value": value, "unit": unit, "better": better}
    return row if goal is None else {**row, "goal": goal}


if __name__ == "__main__":
    for each in rows(*map(int, sys.argv[1:2])):
        print(shown(each), flush=True)
