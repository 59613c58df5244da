"""The log of offers as arrays: what was offered how often, and how often each tier was bought of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from offchain.errors import InputError
from offchain.pricing.estimation.events import ListedWork, OfferEvent, Priors

__all__ = ["Design", "Floats", "Ints", "Places", "pooled_features", "stated_utility", "tabulate"]

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.intp]

_FAR: Final = 30.0
"""Spreads from the stated median beyond which prices are alike: a share of 1e-13 there, and one absurd price in the
log cannot outweigh all others."""


def stated_utility(median: Floats | float, spread: Floats | float, prices: Floats) -> Floats:
    """The log odds z = (m − p) / s of a purchase under the stated demand; all in minor units."""
    return np.clip((median - prices) / spread, -_FAR, _FAR)


@dataclass(frozen=True)
class Places:
    """Where works, genres and (tier, segment) cells stand in the arrays."""

    works: Mapping[str, int]
    genre_of: Ints
    genres: Mapping[str, int]
    cells: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, works: Sequence[ListedWork], priors: Priors) -> Places:
        """The places of listed works and stated cells, in the order given."""
        genres = {name: at for at, name in enumerate(dict.fromkeys(work.genre for work in works))}
        genre_of = np.array([genres[work.genre] for work in works], dtype=np.intp)
        names = {work.id: at for at, work in enumerate(works)}
        return cls(names, genre_of, genres, {name: at for at, name in enumerate(priors)})

    def kinds(self) -> Ints:
        """Kind of each pooled effect: 0 and 2 shift and slope of a cell, 1 and 3 of a cell in a genre."""
        few, many = len(self.cells), len(self.cells) * len(self.genres)
        return np.repeat(np.arange(4), [few, many, few, many])


@dataclass(frozen=True)
class Design:
    """Distinct offers (work, segment and prices alike) and their alternatives, one row for each tier offered.

    Attributes:
        times: how often each distinct offer was made.
        works: work of each distinct offer.
        offer_of: distinct offer of each row.
        cells: (tier, segment) of each row.
        prices: of each row, minor units.
        utilities: z of each row.
        bought: how often each row was bought.
        features: rows × pooled effects; see `offchain.pricing.estimation.logit`.
        members: distinct offers × rows, 1 where the offer holds the row.
    """

    times: Floats
    works: Ints
    offer_of: Ints
    cells: Ints
    prices: tuple[int, ...]
    utilities: Floats
    bought: Floats
    features: csr_array[np.float64]
    members: csr_array[np.float64]


def tabulate(events: Iterable[OfferEvent], places: Places, priors: Priors) -> Design:
    """Count equal offers and their outcomes.

    Raises:
        InputError: `offer-work-unlisted` or `offer-without-prior`.
    """
    counts: dict[tuple[str, str, tuple[tuple[str, int], ...]], dict[str | None, int]] = {}
    for event in events:
        outcomes = counts.setdefault((event.work, event.segment, tuple(event.offered.items())), {})
        outcomes[event.bought] = outcomes.get(event.bought, 0) + 1
    rows: list[tuple[int, int, int, int]] = []
    works: list[int] = []
    for offer, ((work, segment, offered), outcomes) in enumerate(counts.items()):
        works.append(_place(places.works, work, "offer-work-unlisted", f"an offer is of {work}, which is not listed"))
        for tier, price in offered:
            why = f"an offer is of {tier} to {segment}, for which no demand is stated"
            cell = _place(places.cells, (tier, segment), "offer-without-prior", why)
            rows.append((offer, cell, price, outcomes.get(tier, 0)))
    times = [float(sum(outcomes.values())) for outcomes in counts.values()]
    return _design(np.array(times), np.array(works, dtype=np.intp), rows, (places, priors))


def _place(places: Mapping[str, int] | Mapping[tuple[str, str], int], name: object, code: str, why: str) -> int:
    try:
        return places[name]  # type: ignore[index]  # a name of the mapping's own kind, or none of its
    except KeyError:
        raise InputError(code, why, "list the work, and state a demand for every tier and segment") from None


def _design(times: Floats, works: Ints, rows: list[tuple[int, int, int, int]], known: tuple[Places, Priors]) -> Design:
    places, priors = known
    offer_of, cells, prices, bought = zip(*rows, strict=True) if rows else ((), (), (), ())
    at, cell = np.array(offer_of, dtype=np.intp), np.array(cells, dtype=np.intp)
    medians = np.array([float(prior.median) for prior in priors.values()])
    spreads = np.array([float(prior.spread) for prior in priors.values()])
    utilities = stated_utility(medians[cell], spreads[cell], np.array(prices, dtype=np.float64))
    size = len(rows)
    members = csr_array((np.ones(size), (at, np.arange(size))), shape=(len(times), size))
    features = pooled_features(cell, places.genre_of[works[at]], utilities, places)
    return Design(times, works, at, cell, prices, utilities, np.array(bought, dtype=np.float64), features, members)


def pooled_features(cells: Ints, genres: Ints, utilities: Floats, places: Places) -> csr_array[np.float64]:
    """Rows × (a, b, e, f): ones for the shifts of cell and genre, z for the slopes of cell and genre."""
    of_genre = genres * len(places.cells) + cells
    few, many = len(places.cells), len(places.cells) * len(places.genres)
    columns = np.stack([cells, few + of_genre, few + many + cells, 2 * few + many + of_genre], axis=1)
    ones = np.ones_like(utilities)
    values = np.stack([ones, ones, utilities, utilities], axis=1)
    starts = np.arange(len(cells) + 1) * 4
    return csr_array((values.ravel(), columns.ravel(), starts), shape=(len(cells), 2 * (few + many)))
