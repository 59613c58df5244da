"""How many buyers ask: a Poisson process for each work, tier and segment, with a Gamma rate.

Offers of cell c = (t, s) of work w come at rate λ = M_c · φ_gc · x_wc a period. M is the stated market and x a Gamma
variable with mean 1 and shape k, so that counts are negative binomial and the posterior of λ is again Gamma. The ratio
φ of a genre is drawn towards that of all genres, and that towards 1, each by how little its offers tell (hierarchical
credibility: Bühlmann and Gisler, A Course in Credibility Theory, 2005, chapter 6). k is the most probable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammaln

from offchain.pricing.estimation.design import Design, Floats, Places

__all__ = ["Rates", "arrival_rates"]

_SHAPES: Final = np.geomspace(0.25, 1024, 25)
"""Values tried for k."""

_STATED_SHAPE: Final = 2.0
"""k believed before any offer: works differ by ± 70 %."""

_ALL_GENRES: Final = 2.0
"""Worth of the stated market, in offers: a ratio to it of 1 ± 70 % is believed before any offer."""

_ONE_GENRE: Final = 8.0
"""The same of a genre beside all genres: ± 35 %."""

_ROUNDS: Final = 4


@dataclass(frozen=True)
class Rates:
    """Gamma posteriors of the offers a period, works × cells.

    Attributes:
        shape: no unit.
        rate: periods.
    """

    shape: Floats
    rate: Floats


def arrival_rates(design: Design, places: Places, markets: Floats, periods: Floats) -> Rates:
    """Learn how many ask.

    Args:
        design: the log.
        places: of works, genres and cells.
        markets: stated buyers a period, one for each cell.
        periods: how long each work was on offer, works × cells.
    """
    seen = _counts(design, len(periods), len(markets))
    stated = periods * markets
    shape, ratio, doubt = _STATED_SHAPE, np.ones_like(seen), np.ones_like(seen)
    for _ in range(_ROUNDS):
        ratio, doubt = _ratios(seen, stated, shape / (shape + ratio * stated), places)
        shape = _likeliest(seen, ratio * stated)
    # Doubt of the genre's ratio widens what is believed of a work before its own offers.
    own = 1 / (1 / shape + doubt)
    return Rates(own + seen, own / (ratio * markets) + periods)


def _counts(design: Design, works: int, cells: int) -> Floats:
    at = design.works[design.offer_of] * cells + design.cells
    counts = np.bincount(at, design.times[design.offer_of], works * cells)
    return np.asarray(counts, dtype=np.float64).reshape(works, cells)


def _ratios(seen: Floats, stated: Floats, weights: Floats, places: Places) -> tuple[Floats, Floats]:
    """φ and its relative variance, works × cells; weights are those of negative binomial scores."""
    counted, expected = weights * seen, weights * stated
    everywhere = (_ALL_GENRES + counted.sum(axis=0)) / (_ALL_GENRES + expected.sum(axis=0))
    doubt = 1 / (_ALL_GENRES + everywhere * expected.sum(axis=0))
    worth = 1 / (1 / _ONE_GENRE + doubt)
    members = np.equal.outer(np.arange(len(places.genres)), places.genre_of).astype(np.float64)
    informed = everywhere * (members @ expected)
    genre = everywhere * (worth + members @ counted) / (worth + informed)
    return genre[places.genre_of], (1 / (worth + informed))[places.genre_of]


def _likeliest(seen: Floats, mean: Floats) -> float:
    """The most probable k of negative binomial counts, with a lognormal prior around the stated one."""
    known = mean > 0
    count, middle = seen[known], mean[known]
    likelihoods = [
        np.sum(gammaln(count + k) - gammaln(k) + count * np.log(middle / (middle + k)) - k * np.log1p(middle / k))
        for k in _SHAPES
    ]
    return float(_SHAPES[int(np.argmax(likelihoods - np.log(_SHAPES / _STATED_SHAPE) ** 2 / 2))])
