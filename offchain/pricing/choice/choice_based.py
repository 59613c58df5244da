"""The choice-based linear programme by column generation: the best offers where all segments see the same one.

A column is an offer: what it earns and which copies it takes in a whole period. The master mixes the offers known so
far within the copies (Gallego, Iyengar, Phillips and Dubey 2004, Managing flexible products on a network; Liu and van
Ryzin 2008, On the choice-based linear programming model for network revenue management); its duals charge each sale,
and the offer that earns most after charges enters, until none earns more than the master already pays. A greedy search
looks for it first, an exact one decides (Bront, Méndez-Díaz and Vulcano 2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from offchain.errors import RefusedError
from offchain.pricing.choice.branch_and_bound import best_offer
from offchain.pricing.choice.market import Market, Offer
from offchain.pricing.refusals import solver_failed

__all__ = ["Column", "Mix", "Shared", "mix", "solve_choice_based"]

_COLUMNS: Final = 2_000
_BETTER: Final = Fraction(10**10 + 1, 10**10)
"""An offer enters if it earns more than this times what the master pays: less is the solver's rounding."""

_Sums: TypeAlias = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Column:
    """What one offer does if it is shown for the whole period.

    Attributes:
        revenue: what it earns, in any unit.
        uses: copies that it takes of each edition.
    """

    revenue: float
    uses: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Mix:
    """The best mixture of columns.

    Attributes:
        shares: part of the period of each column.
        worths: of one more copy of each edition, in the columns' unit.
        period: of one more period for the same copies, in the columns' unit.
    """

    shares: tuple[float, ...]
    worths: tuple[float, ...]
    period: float


@dataclass(frozen=True, slots=True)
class Shared:
    """A mixture of offers, and its multipliers in `SCALE`-ths of a minor unit.

    Attributes:
        offers: all that were generated.
        shares: part of the period of each.
        worths: of one more copy of each edition.
        period: bound on what any offer earns in a period after charges.
    """

    offers: tuple[Offer, ...]
    shares: tuple[float, ...]
    worths: tuple[int, ...]
    period: int


def mix(columns: Sequence[Column], copies: Sequence[int]) -> Mix:
    """Mix columns within the copies: the master programme.

    Raises:
        RefusedError: `price-uncertified`, the solver failed.
    """
    from scipy.optimize import linprog

    # A column counts in the time for which the copies last, so that scarce copies do not drown in tolerances.
    lasting = [
        max([use / max(limit, 1) for use, limit in zip(column.uses, copies, strict=True)] + [1.0]) for column in columns
    ]
    unit = max(*(abs(column.revenue) / last for column, last in zip(columns, lasting, strict=True)), 1e-300)
    # An edition without copies closes its licences, so its row is empty; any scale will do.
    rows = [
        [column.uses[place] / max(limit, 1) / last for column, last in zip(columns, lasting, strict=True)]
        for place, limit in enumerate(copies)
    ]
    found = linprog(
        [-column.revenue / last / unit * 1e3 for column, last in zip(columns, lasting, strict=True)],
        A_ub=[*rows, [1.0 / last for last in lasting]],
        b_ub=[1.0] * (len(copies) + 1),
        bounds=(0, None),
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if found.x is None:
        raise solver_failed("weights and prices", found.message)
    *duals, period = (max(-dual, 0.0) * unit / 1e3 for dual in found.ineqlin.marginals.tolist())
    worths = tuple(dual / max(limit, 1) for dual, limit in zip(duals, copies, strict=True))
    shares = tuple(level / last for level, last in zip(found.x.tolist(), lasting, strict=True))
    return Mix(shares, worths, period)


def solve_choice_based(market: Market) -> Shared:
    """The best mixture of offers that all audiences see.

    Raises:
        RefusedError: `price-uncertified`, a solver failed or too many offers were needed.
    """
    offers = [market.empty]
    columns = [_column(market, market.empty)]
    for _ in range(_COLUMNS):
        master = mix(columns, market.copies)
        worths = tuple(round(Fraction(worth)) for worth in master.worths)
        charges = market.charges(worths)
        entering = _greedy(market, charges)
        if entering in offers or not _enters(market, entering, charges, master):
            best = best_offer(market, charges)
            entering = best.offer
            if entering in offers or not _enters(market, entering, charges, master):
                return Shared(tuple(offers), master.shares, worths, best.bound)
        offers.append(entering)
        columns.append(_column(market, entering))
    raise RefusedError(
        "price-uncertified",
        f"{_COLUMNS} offers do not suffice to prove the best mixture",
        "offer fewer licences, or give each segment its own offer (model sales-based)",
    )


def _enters(market: Market, offer: Offer, charges: Sequence[int], master: Mix) -> bool:
    """Whether an offer earns more after charges than the master pays for the period."""
    return _worth(market, offer, charges) > Fraction(master.period) * _BETTER


def _worth(market: Market, offer: Offer, charges: Sequence[int]) -> Fraction:
    return sum((market.earned(audience, offer, charges) for audience in market.audiences), Fraction(0))


def _column(market: Market, offer: Offer) -> Column:
    free = [0] * len(market.licences)
    uses = [0.0] * len(market.copies)
    for audience in market.audiences:
        for licence, amount in zip(market.licences, market.sold(audience, offer), strict=True):
            for edition in licence.editions:
                uses[edition] += float(amount)
    return Column(float(_worth(market, offer, free)), tuple(uses))


def _greedy(market: Market, charges: Sequence[int]) -> Offer:
    """From nothing, the one change that adds most, as long as one adds anything."""
    offer, worth = list(market.empty), 0.0
    sums = [(0, audience.nothing) for audience in market.audiences]
    while True:
        moves = (
            (_after(market, offer, sums, charges, move), move) for move in market.moves(market.audiences[0], offer)
        )
        (best, after), (place, step) = max(moves, default=((worth, sums), (0, offer[0])), key=lambda found: found[0][0])
        if best <= worth * (1 + 1e-12):
            return tuple(offer)
        worth, sums, offer[place] = best, after, step


def _after(
    market: Market, offer: Sequence[int], sums: _Sums, charges: Sequence[int], move: tuple[int, int]
) -> tuple[float, _Sums]:
    """What an offer earns after charges once a licence moves to a step, and the attractions then."""
    place, step = move
    pairs = zip(market.audiences, sums, strict=True)
    moved = [market.moved(audience, pair, charges[place], place, (offer[place], step)) for audience, pair in pairs]
    earned = (aud.buyers * top / bottom for aud, (top, bottom) in zip(market.audiences, moved, strict=True))
    return sum(earned), moved
