"""Demand learned from a log of offers: `estimate` fits, `Estimate` answers.

What can be claimed: with every effect at 0 the curve is the stated one, and each offer moves it by what it tells. What
cannot: prices that were never offered are extrapolated by the logit; a price chosen for a buyer because of something
that the log does not hold (a word of his, a rival's price) biases the slope; buyers who never asked are not in the
market that is counted; an interval assumes the model, and that demand did not change while the log was kept (give a
recent part of it where it does). Prices that a policy chose from the log itself do no harm: given the log they say
nothing more of the buyer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaln

from offchain.errors import NotFoundError
from offchain.pricing.demand import TableDemand
from offchain.pricing.estimation.arrivals import Rates, arrival_rates
from offchain.pricing.estimation.curves import Belief, LearnedCurve, Seen, learned_curve, point_of
from offchain.pricing.estimation.design import Design, Floats, Places, pooled_features, stated_utility, tabulate
from offchain.pricing.estimation.effects import Effects
from offchain.pricing.estimation.events import YEAR, ListedWork, OfferEvent, Priors, in_order, require_listed
from offchain.pricing.estimation.logit import fit, mode, probabilities
from offchain.pricing.estimation.neighbours import work_prior
from offchain.pricing.ladder import Ladder, require_ladder
from offchain.pricing.problem import PriceKey

__all__ = ["Estimate", "estimate"]

_FITS: Final = np.array([25.0, 100.0, 400.0, 1600.0, 6400.0, 1e9])
"""Values tried for ν; the last leaves the logit as it is."""


@dataclass(frozen=True)
class Estimate:
    """What a log of offers says of demand. Made by `estimate`.

    Attributes:
        offers: events behind it; 0 where all is stated.
        fit: ν, by how many offers the logit is trusted at one price of one work, tier and segment.
    """

    offers: int
    fit: float
    _places: Places
    _priors: Priors
    _effects: Effects
    _rates: Rates
    _seen: Mapping[tuple[int, int, int], tuple[float, float, float]]

    def curve(self, key: PriceKey, ladder: Ladder, beside: Mapping[str, int] | None = None) -> LearnedCurve:
        """Demand for a tier of a listed work in a segment.

        Args:
            key: what is sold.
            ladder: prices in minor units.
            beside: prices of the other tiers shown with it, taken as given; none for a tier quoted alone.

        Raises:
            InputError: `ladder-empty`, `ladder-not-rising`, `price-too-large`.
            NotFoundError: `work-unlisted`, `demand-unstated`.
        """
        return learned_curve(self._belief(key, ladder, beside or {}))

    def draw(self, key: PriceKey, ladder: Ladder, seed: bytes) -> TableDemand:
        """A curve drawn from the posterior, quoted alone: the same for the same log and seed (Thompson sampling).

        Raises:
            InputError: `ladder-empty`, `ladder-not-rising`, `price-too-large`.
            NotFoundError: `work-unlisted`, `demand-unstated`.
        """
        belief = self._belief(key, ladder, {})
        return belief.projected(belief.at(point_of(seed, key))[0])

    def _belief(self, key: PriceKey, ladder: Ladder, beside: Mapping[str, int]) -> Belief:
        require_ladder(ladder, f"tier {key.tier}")
        work, cell = self._place(key)
        effects, covariance = self._calibration(work, cell)
        others = {tier: price for tier, price in beside.items() if tier != key.tier}
        rivals = sum(self._odds(key._replace(tier=tier), price) for tier, price in others.items())
        seen = np.array([self._seen.get((work, cell, price), (0.0, 0.0, 0.0)) for price in ladder]).T
        shape, rate = float(self._rates.shape[work, cell]), float(self._rates.rate[work, cell])
        utilities = self._utilities(key, ladder)
        return Belief(utilities, effects, covariance, rivals, shape, rate, Seen(*seen), self.fit)

    def _odds(self, key: PriceKey, price: int) -> float:
        shift, slope = self._calibration(*self._place(key))[0]
        return float(np.exp(shift + slope * self._utilities(key, (price,))[0]))

    def _utilities(self, key: PriceKey, prices: Sequence[int]) -> Floats:
        prior = self._priors[key.tier, key.segment]
        return stated_utility(prior.median, prior.spread, np.array(prices, dtype=np.float64))

    def _calibration(self, work: int, cell: int) -> tuple[Floats, Floats]:
        """Mode and covariance of (shift, slope) of one cell."""
        pooled = pooled_features(np.array([cell]), self._places.genre_of[[work]], np.ones(1), self._places)
        half = pooled.shape[1] // 2
        row = pooled.toarray()[0]
        shift, slope = row.copy(), row.copy()
        shift[half:], slope[:half] = 0.0, 0.0
        mean, covariance = self._effects.joint(np.stack([shift, slope]), np.array([1.0, 0.0]), work)
        return mean + np.array([0.0, 1.0]), covariance

    def _place(self, key: PriceKey) -> tuple[int, int]:
        work, cell = self._places.works.get(key.work), self._places.cells.get((key.tier, key.segment))
        if work is None:
            raise NotFoundError("work-unlisted", f"{key.work} was not listed", "list it when the demand is estimated")
        if cell is None:
            raise NotFoundError(
                "demand-unstated", f"no demand is stated for {key.tier} / {key.segment}", "state one as a prior"
            )
        return work, cell


def estimate(
    events: Iterable[OfferEvent], works: Sequence[ListedWork], priors: Priors, until: int, period: int = YEAR
) -> Estimate:
    """Learn demand.

    Args:
        events: offers whose outcome is known, oldest first, of one currency.
        works: every work that will be asked about, with offers or without.
        priors: stated demand of every tier and segment.
        until: end of the log, Unix seconds.
        period: that the stated markets are counted in, seconds.

    Raises:
        InputError: `offers-out-of-order`, `offer-work-unlisted`, `offer-without-prior`, `work-listed-twice`,
            `listed-too-late`, `prior-malformed`.
    """
    require_listed(works, priors, until)
    places = Places.of(works, priors)
    design = tabulate(in_order(events, until), places, priors)
    effects = fit(design, places.kinds(), len(works))
    if any(work.neighbours for work in works):
        effects = mode(design, work_prior(effects, works, places), effects)
    markets = np.array([prior.market for prior in priors.values()])
    rates = arrival_rates(design, places, markets, _exposures(works, places, until) / period)
    seen = _seen(design, probabilities(design, effects)[0])
    return Estimate(int(design.times.sum()), _fit(seen.values()), places, priors, effects, rates, seen)


def _exposures(works: Sequence[ListedWork], places: Places, until: int) -> Floats:
    """Seconds for which buyers could ask for each work in each cell, works × cells."""
    sold = [[work.tiers is None or tier in work.tiers for tier, _ in places.cells] for work in works]
    seconds = np.array([[float(until - work.since)] for work in works]).reshape(-1, 1)
    return np.asarray(np.array(sold, dtype=np.float64).reshape(-1, len(places.cells)) * seconds)


def _seen(design: Design, shares: Floats) -> dict[tuple[int, int, int], tuple[float, float, float]]:
    """Offers, purchases and expected purchases at each (work, cell, price)."""
    found: dict[tuple[int, int, int], tuple[float, float, float]] = {}
    times = design.times[design.offer_of]
    works = design.works[design.offer_of].tolist()
    names = zip(works, design.cells.tolist(), design.prices, strict=True)
    numbers = zip(times.tolist(), design.bought.tolist(), (times * shares).tolist(), strict=True)
    for name, (offers, sales, expected) in zip(names, numbers, strict=True):
        before = found.get(name, (0.0, 0.0, 0.0))
        found[name] = before[0] + offers, before[1] + sales, before[2] + expected
    return found


def _fit(seen: Iterable[tuple[float, float, float]]) -> float:
    """ν under which the counts are most likely (Beta-binomial: Skellam, J. R. Statist. Soc. B 10, 1948)."""
    numbers = np.array(list(seen)).reshape(-1, 3)
    # One offer at a price says nothing of how shares vary between prices.
    offers, sales, expected = numbers[numbers[:, 0] > 1].T
    share = np.clip(expected / np.maximum(offers, 1.0), 1e-9, 1 - 1e-9)
    likelihoods = [
        np.sum(betaln(nu * share + sales, nu * (1 - share) + offers - sales) - betaln(nu * share, nu * (1 - share)))
        for nu in _FITS
    ]
    # Of equals the last: without evidence the logit stands.
    return float(_FITS[len(_FITS) - 1 - int(np.argmax(likelihoods[::-1]))])
