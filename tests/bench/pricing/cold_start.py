"""What the first price of a new work loses: by stated demand, by its genre, and by the works it resembles.

    python -m tests.bench.pricing.cold_start [MARKETS]

Works come in pairs that a fingerprint calls similar by 0.8. Most are sold for a year at prices drawn from the ladder;
then one work of every third pair is new and priced for the first time. In one kind of market similar works
are liked alike, in the other likeness says nothing: there it must not cost.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from offchain.pricing import PriceKey, PricingProblem, solve
from offchain.pricing.estimation import YEAR, ListedWork, estimate, stated_priors, with_learned
from tests.bench.pricing.market import Market, market
from tests.bench.pricing.regret import MARKETS, at_random, mean_row
from tests.bench.report import Row, shown

__all__ = ["rows"]

SCORE: Final = 0.8
WORKS: Final = 24


def rows(markets: int = MARKETS) -> Iterable[Row]:
    """Regret of the first price, as a share of the clairvoyant's revenue from the new works."""
    for words, kinship in (("similar works are liked alike", SCORE), ("likeness says nothing", 0.0)):
        runs = [_first_prices(market(seed, WORKS, kinship=kinship), seed) for seed in range(markets)]
        for name in runs[0]:
            values = np.array([run[name] for run in runs]) * 100
            yield mean_row(f"regret of a first price by {name}, {words}", values, "% of revenue", None)


def _first_prices(known: Market, seed: int) -> dict[str, float]:
    chance, priors = np.random.default_rng([seed, 4]), stated_priors(known.stated)
    fresh = {work.id for work in known.works[::6]}
    events = [event for month in range(12) for event in at_random(known, month * YEAR // 12, chance)]
    events = [event for event in events if event.work not in fresh]
    listed = [replace(work, since=YEAR if work.id in fresh else 0) for work in known.works]
    pairs = zip(listed[::2], listed[1::2], strict=True)
    similar = [each for one, other in pairs for each in (_beside(one, other), _beside(other, one))]
    by_genre, by_likeness = (
        with_learned(known.stated, estimate(events, works, priors, YEAR)) for works in (listed, similar)
    )
    best = known.revenue(_prices(known.true, fresh))
    problems = {"stated demand": known.stated, "genre": by_genre, "likeness": by_likeness}
    return {name: 1 - known.revenue(_prices(problem, fresh)) / best for name, problem in problems.items()}


def _beside(work: ListedWork, other: ListedWork) -> ListedWork:
    return replace(work, neighbours={other.id: SCORE})


def _prices(problem: PricingProblem, works: set[str]) -> dict[PriceKey, int]:
    return {price.key: price.amount for price in solve(problem).prices if price.key.work in works}


if __name__ == "__main__":
    for each in rows(*map(int, sys.argv[1:2])):
        print(shown(each), flush=True)
