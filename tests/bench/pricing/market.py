"""A market whose demand is known, to measure what a pricing policy loses by not knowing it.

Stated demand is wrong in it as it is in life: each tier and segment, each genre and each work differs from what was
stated, in willingness to pay and in how many ask. Deviations are drawn from normal and Gamma distributions, with other
variances than the estimate believes at first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from offchain.money import PPM
from offchain.pricing import CellDemand, PriceKey, PricingProblem, TableDemand, Work, default_problem
from offchain.pricing.estimation import YEAR, ListedWork, OfferEvent, stated_priors

__all__ = ["Floats", "Market", "extreme", "logistic", "market"]

Floats: TypeAlias = NDArray[np.float64]


def logistic(utility: Floats) -> Floats:
    """Share that buys where willingness to pay is as the estimate believes."""
    return np.asarray(1 / (1 + np.exp(-utility)))


def extreme(utility: Floats) -> Floats:
    """Share that buys where willingness to pay has a Gumbel distribution with the same median: no logit fits it."""
    return np.asarray(1 - 2 ** -np.exp(utility))


@dataclass(frozen=True)
class Market:
    """Works on sale, what is stated of them, and what is true.

    Attributes:
        stated: the problem under stated demand.
        true: the same under true demand.
        works: with their genres.
        share: of buyers who buy, at each ladder step.
        rate: buyers who ask, a year.
    """

    stated: PricingProblem
    true: PricingProblem
    works: tuple[ListedWork, ...]
    share: Mapping[PriceKey, tuple[float, ...]]
    rate: Mapping[PriceKey, float]

    def revenue(self, prices: Mapping[PriceKey, int]) -> float:
        """Expected net revenue of prices, minor units a year."""
        ladders = {tier.name: tier.ladder for tier in self.stated.tiers}
        kept = {work.id: 1 - work.upstream_ppm / PPM for work in self.stated.works}
        return sum(
            price * kept[key.work] * self.rate[key] * self.share[key][ladders[key.tier].index(price)]
            for key, price in prices.items()
        )

    def offers(
        self, prices: Mapping[PriceKey, int], start: int, seconds: int, chance: np.random.Generator
    ) -> list[OfferEvent]:
        """Who asked in a while, each for one tier, and what they did."""
        ladders = {tier.name: tier.ladder for tier in self.stated.tiers}
        events = []
        for key, price in prices.items():
            share = self.share[key][ladders[key.tier].index(price)]
            for _ in range(chance.poisson(self.rate[key] * seconds / YEAR)):
                time = start + int(chance.integers(seconds))
                bought = key.tier if chance.random() < share else None
                events.append(OfferEvent(key.work, key.segment, time, {key.tier: price}, bought))
        return sorted(events, key=lambda event: event.time)


def market(
    seed: int,
    works: int = 12,
    genres: int = 3,
    kinship: float = 0.0,
    buys: Callable[[Floats], Floats] = logistic,
) -> Market:
    """A market drawn by chance.

    Args:
        seed: of all that is drawn.
        works: how many are on sale from the start.
        genres: how many these belong to, in turn.
        kinship: correlation of how much two works are liked, of which one follows the other at an even place.
        buys: share of buyers by the log odds that the effects add up to.
    """
    chance = np.random.default_rng(seed)
    names = [f"0x{number:064x}" for number in range(1, works + 1)]
    shares_owed = [int(share) for share in chance.integers(0, 300_000, works)]
    one = default_problem(names[0], 0, "eip155:1337/slip44:60")
    priors = stated_priors(one)
    stated = replace(
        one,
        works=tuple(map(Work, names, shares_owed)),
        demand=tuple(
            CellDemand(PriceKey(name, tier.name, segment.name), priors[tier.name, segment.name])
            for name, tier, segment in product(names, one.tiers, one.segments)
        ),
    )
    listed = tuple(ListedWork(name, f"genre {at % genres}", 0) for at, name in enumerate(names))
    family = np.random.default_rng([seed, 3]).normal(0, 0.6, (works + 1) // 2)
    kin = [float(family[at // 2]) for at in range(works)]
    share, rate = _truth(stated, listed, [(kinship**0.5 * each, (1 - kinship) ** 0.5) for each in kin], buys, chance)
    true = tuple(replace(cell, curve=_table(rate[cell.key], share[cell.key])) for cell in stated.demand)
    return Market(stated, replace(stated, demand=true), listed, share, rate)


def _truth(
    stated: PricingProblem,
    listed: Sequence[ListedWork],
    liking: Sequence[tuple[float, float]],
    buys: Callable[[Floats], Floats],
    chance: np.random.Generator,
) -> tuple[dict[PriceKey, tuple[float, ...]], dict[PriceKey, float]]:
    """Shares that buy at each ladder step, and buyers who ask a year."""
    priors, genres = stated_priors(stated), sorted({work.genre for work in listed})
    ladders = {tier.name: np.array(tier.ladder, dtype=float) for tier in stated.tiers}
    shift = {name: chance.normal(0, 0.8) for name in priors}
    slope = {name: chance.normal(0, 0.25) for name in priors}
    volume = {name: chance.gamma(4) / 4 for name in priors}
    of_genre = {
        (genre, *name): (chance.normal(0, 0.4), chance.normal(0, 0.15), chance.gamma(10) / 10)
        for genre in genres
        for name in priors
    }
    share, rate = {}, {}
    for work, (kin, own) in zip(listed, liking, strict=True):
        liked = kin + own * chance.normal(0, 0.6)
        for name, prior in priors.items():
            moved, bent, asked = of_genre[work.genre, *name]
            utility = (prior.median - ladders[name[0]]) / prior.spread
            log_odds = shift[name] + moved + liked + max(0.3, 1 + slope[name] + bent) * utility
            key = PriceKey(work.id, *name)
            share[key] = tuple(buys(log_odds).tolist())
            rate[key] = prior.market * volume[name] * asked * chance.gamma(3) / 3
    return share, rate


def _table(rate: float, share: tuple[float, ...]) -> TableDemand:
    return TableDemand(tuple(rate * each for each in share))
