"""Rules that tie works together: what a holder must earn, what must stay affordable, how many licences may be sold.

Each is one linear row over all prices. A holder's floor is elastic: where it cannot be met, or only at too dear a
price to the others, the shortfall is told and charged. Accessibility and budgets are hard.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from offchain.errors import InputError
from offchain.money import MAX_AMOUNT, PPM
from offchain.pricing.demand import MAX_SALES

__all__ = ["NO_COUPLING", "Accessibility", "Budget", "Coupling", "HolderFloor", "HolderShare"]

_MAX_PENALTY: Final = 10**6 * PPM
"""A charge of a million units for each unit of shortfall outweighs any revenue; more is a mistake."""


@dataclass(frozen=True, slots=True)
class HolderShare:
    """A holder's part of the net revenue of one work.

    Attributes:
        work: work id.
        ppm: parts per million of the work's net revenue.

    Raises:
        InputError: `share-out-of-range`.
    """

    work: str
    ppm: int

    def __post_init__(self) -> None:
        _require_shares(self.ppm, f"a share in {self.work}")


@dataclass(frozen=True, slots=True)
class HolderFloor:
    """What a holder should earn at least in a period.

    Attributes:
        holder: the holder's name or account.
        shares: the holder's parts, each work once.
        floor: minor units a period.
        penalty_ppm: what the objective is charged for each unit of shortfall, in parts per million of that unit.
        currency: CAIP-19 id in which the floor was agreed.

    Raises:
        InputError: `holder-floor-malformed`.
    """

    holder: str
    shares: tuple[HolderShare, ...]
    floor: int
    penalty_ppm: int
    currency: str

    def __post_init__(self) -> None:
        works = [share.work for share in self.shares]
        sound = self.holder and works and len(works) == len(set(works))
        if not sound or not 0 <= self.floor <= MAX_AMOUNT or not 0 <= self.penalty_ppm <= _MAX_PENALTY:
            raise InputError(
                "holder-floor-malformed",
                f"holder {self.holder!r} has a floor of {self.floor}, charged {self.penalty_ppm} parts per million, "
                f"on {len(works)} works",
                f"name a holder, each work once, a floor of 0 to {MAX_AMOUNT} and a charge of 0 to {_MAX_PENALTY}",
            )


@dataclass(frozen=True, slots=True)
class Accessibility:
    """That a segment finds enough prices it can afford.

    Attributes:
        segment: segment name.
        at_most: minor units.
        least: how many prices must be at or below `at_most`: of works where a tier is stated, else of works and tiers.
        currency: CAIP-19 id of `at_most`.
        tier: tier name, or None for all.

    Raises:
        InputError: `accessibility-malformed`.
    """

    segment: str
    at_most: int
    least: int
    currency: str
    tier: str | None = None

    def __post_init__(self) -> None:
        if self.at_most < 1 or self.least < 1:
            raise InputError(
                "accessibility-malformed",
                f"{self.least} prices of {self.segment} at or below {self.at_most}",
                "give a number of prices and an amount, both above 0",
            )


@dataclass(frozen=True, slots=True)
class Budget:
    """Most licences that all works together may be expected to sell, e.g. what an agreement on AI training allows.

    Attributes:
        name: e.g. the agreement's.
        limit: licences a period; kept to the millionth.
        tier: tier name, or None for all.
        segment: segment name, or None for all.

    Raises:
        InputError: `budget-not-a-number` or `budget-malformed`.
    """

    name: str
    limit: float
    tier: str | None = None
    segment: str | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.limit):
            raise InputError(
                "budget-not-a-number", f"budget {self.name} allows {self.limit} licences", "state a finite number"
            )
        if not self.name or not 0 <= self.limit <= MAX_SALES:
            raise InputError(
                "budget-malformed",
                f"budget {self.name!r} allows {self.limit} licences",
                f"name it, and allow 0 to {MAX_SALES} licences",
            )


@dataclass(frozen=True, slots=True)
class Coupling:
    """All rules between works of one problem.

    Raises:
        InputError: `coupling-repeated` (a holder or a budget twice), or `share-out-of-range` (the holders of a work
            have more than all of it).
    """

    floors: tuple[HolderFloor, ...] = ()
    accessibility: tuple[Accessibility, ...] = ()
    budgets: tuple[Budget, ...] = ()

    def __post_init__(self) -> None:
        _require_once([floor.holder for floor in self.floors], "holder")
        _require_once([budget.name for budget in self.budgets], "budget")
        held: Counter[str] = Counter()
        for share in (share for floor in self.floors for share in floor.shares):
            held[share.work] += share.ppm
        for work, ppm in held.items():
            _require_shares(ppm, f"what holders with a floor have in {work}")

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return bool(self.floors or self.accessibility or self.budgets)

    def require_known(
        self, currency: str, works: Collection[str], tiers: Collection[str], segments: Collection[str]
    ) -> None:
        """Refuse names and currencies that are not the problem's.

        Raises:
            InputError: `work-unknown`, `tier-unknown`, `segment-unknown` or `currencies-mixed`.
        """
        rows: tuple[Accessibility | Budget, ...] = (*self.accessibility, *self.budgets)
        amounts: tuple[HolderFloor | Accessibility, ...] = (*self.floors, *self.accessibility)
        _require_known((share.work for floor in self.floors for share in floor.shares), "work", set(works))
        _require_known((row.tier for row in rows if row.tier is not None), "tier", tiers)
        _require_known((row.segment for row in rows if row.segment is not None), "segment", segments)
        for other in (amount.currency for amount in amounts):
            if other != currency:
                raise InputError(
                    "currencies-mixed",
                    f"a rule is stated in {other}, the prices in {currency}",
                    "state every amount of a problem in one currency",
                )


def _require_shares(ppm: int, what: str) -> None:
    if not 0 <= ppm <= PPM:
        raise InputError(
            "share-out-of-range", f"{what} is {ppm} parts per million", f"give 0 to {PPM} (that is, 100 %)"
        )


def _require_once(names: Sequence[str], kind: str) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise InputError("coupling-repeated", f"{kind} {name} is listed {times} times", "list it once")


def _require_known(names: Iterable[str], kind: str, known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise InputError(f"{kind}-unknown", f"{name} is no {kind} of this problem", f"name a listed {kind}")


NO_COUPLING: Final = Coupling()
"""Every work is priced on its own."""
