"""What is to be priced: works, tiers, segments, demand and bounds, in one currency.

A `PricingProblem` that exists is well-formed: every name resolves, every curve fits its ladder, and the
orders have no cycle. Whether its bounds leave a price for everyone is asked by `offchain.pricing.feasibility`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import product
from typing import NamedTuple

from offchain.errors import InputError
from offchain.money import PPM
from offchain.pricing.coupled.rules import NO_COUPLING, Coupling
from offchain.pricing.demand import Demand
from offchain.pricing.ladder import Ladder, require_ladder

__all__ = [
    "Bound",
    "CellDemand",
    "PriceKey",
    "PricingProblem",
    "Segment",
    "Tier",
    "Work",
    "require_currency",
    "require_known",
    "require_references",
]

_WORK_ID = re.compile(r"0x[0-9a-f]{64}")
_CAIP19 = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}/[-a-z0-9]{3,8}:[-.%a-zA-Z0-9]{1,128}")


class PriceKey(NamedTuple):
    """What one price is for: a work, a tier and a segment, by name."""

    work: str
    tier: str
    segment: str


@dataclass(frozen=True, slots=True)
class Work:
    """A work that is licensed.

    Attributes:
        id: `0x` and 64 lower-case hex digits.
        upstream_ppm: share of each payment owed to the works it derives from, parts per million.
        not_below: ids of works that it may not undercut, tier by tier and segment by segment.

    Raises:
        InputError: `work-id-malformed`, or `share-out-of-range`.
    """

    id: str
    upstream_ppm: int = 0
    not_below: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _WORK_ID.fullmatch(self.id):
            raise InputError("work-id-malformed", f"{self.id!r} is no work id", "write 0x and 64 lower-case hex digits")
        _require_share(self.upstream_ppm, f"the share owed upstream by {self.id}")


@dataclass(frozen=True, slots=True)
class Tier:
    """A kind of licence.

    Attributes:
        name: e.g. `commercial`.
        ladder: prices it may have, in minor units.
        broader_than: tiers that it includes, so that it never costs less than they do.
    """

    name: str
    ladder: Ladder
    broader_than: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_ladder(self.ladder, f"tier {self.name}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of buyers that gets its own signed quotes.

    Attributes:
        name: e.g. `organisation`.
        discount_from: segment whose price limits the discount of this one, or None.
        max_discount_ppm: largest discount from that price, parts per million; 0 where there is none to limit.

    Raises:
        InputError: `share-out-of-range`, or `segments-malformed`.
    """

    name: str
    discount_from: str | None = None
    max_discount_ppm: int = 0

    def __post_init__(self) -> None:
        _require_share(self.max_discount_ppm, f"the discount of {self.name}")
        if self.discount_from is None and self.max_discount_ppm:
            raise InputError(
                "segments-malformed", f"the discount of {self.name} is from no segment", "name the segment it is from"
            )


@dataclass(frozen=True, slots=True)
class Bound:
    """A floor, a ceiling or both, in minor units, on every price that it matches.

    Attributes:
        work: work id, or None for all.
        tier: tier name, or None for all.
        segment: segment name, or None for all.
        floor: least price, or None.
        ceiling: greatest price, or None.

    Raises:
        InputError: `bound-malformed`, negative or neither floor nor ceiling.
    """

    work: str | None = None
    tier: str | None = None
    segment: str | None = None
    floor: int | None = None
    ceiling: int | None = None

    def __post_init__(self) -> None:
        stated = [amount for amount in (self.floor, self.ceiling) if amount is not None]
        if not stated or min(stated) < 0:
            raise InputError(
                "bound-malformed",
                f"a bound with floor {self.floor} and ceiling {self.ceiling}",
                "give a floor, a ceiling or both, none below 0",
            )

    def matches(self, key: PriceKey) -> bool:
        """Whether the bound applies to a price."""
        wanted = (self.work, self.tier, self.segment)
        return all(want is None or want == have for want, have in zip(wanted, key, strict=True))


@dataclass(frozen=True, slots=True)
class CellDemand:
    """The demand curve of one (work, tier, segment)."""

    key: PriceKey
    curve: Demand


@dataclass(frozen=True, slots=True)
class PricingProblem:
    """All that a price depends on.

    Attributes:
        currency: CAIP-19 id of the one currency of every price.
        decimals: digits after the point of the currency's display unit; only explanations use it.
        works: works to price.
        tiers: tiers of each work.
        segments: segments of buyers.
        demand: one curve for each (work, tier, segment).
        bounds: floors and ceilings; where several match, the tightest count.
        coupling: rules that tie works together.

    Raises:
        InputError: the first thing that is wrong, by code.
    """

    currency: str
    decimals: int
    works: tuple[Work, ...]
    tiers: tuple[Tier, ...]
    segments: tuple[Segment, ...]
    demand: tuple[CellDemand, ...]
    bounds: tuple[Bound, ...] = ()
    coupling: Coupling = NO_COUPLING

    def __post_init__(self) -> None:
        require_currency(self.currency, self.decimals)
        works, tiers, segments = self._names()
        require_references(works, "work", {work.id: work.not_below for work in self.works})
        require_references(tiers, "tier", {tier.name: tier.broader_than for tier in self.tiers})
        bases = {seg.name: () if seg.discount_from is None else (seg.discount_from,) for seg in self.segments}
        require_references(segments, "segment", bases)
        for bound in self.bounds:
            _require_bound(bound, (works, tiers, segments))
        self.coupling.require_known(self.currency, works, tiers, segments)
        self._require_demand()

    def price_keys(self) -> Iterable[PriceKey]:
        """Every (work, tier, segment), in the order stated."""
        return (PriceKey(*names) for names in product(*self._names()))

    def _names(self) -> tuple[list[str], list[str], list[str]]:
        works, tiers = [work.id for work in self.works], [tier.name for tier in self.tiers]
        return works, tiers, [segment.name for segment in self.segments]

    def _require_demand(self) -> None:
        stated, ladders = [cell.key for cell in self.demand], {tier.name: tier.ladder for tier in self.tiers}
        if len(stated) != len(set(stated)):
            (twice, _), *_ = Counter(stated).most_common(1)
            raise InputError("demand-repeated", f"demand for {' / '.join(twice)} is stated twice", "state one curve")
        missing, unknown = sorted(set(self.price_keys()) - set(stated)), sorted(set(stated) - set(self.price_keys()))
        if missing:
            raise InputError("demand-missing", f"no demand is stated for {' / '.join(missing[0])}", "state its curve")
        if unknown:
            raise InputError("demand-unknown", f"nothing is sold as {' / '.join(unknown[0])}", "remove its curve")
        for cell in self.demand:
            cell.curve.sales(ladders[cell.key.tier])


def _require_share(ppm: int, what: str) -> None:
    if not 0 <= ppm <= PPM:
        raise InputError(
            "share-out-of-range", f"{what} is {ppm} parts per million", f"give 0 to {PPM} (that is, 100 %)"
        )


def require_currency(currency: str, decimals: int) -> None:
    """Refuse what is not a currency.

    Raises:
        InputError: `currency-malformed`, no CAIP-19 id; `decimals-out-of-range`, not 0 to 77.
    """
    if not _CAIP19.fullmatch(currency):
        raise InputError("currency-malformed", f"{currency!r} is no CAIP-19 id", "write e.g. eip155:1/slip44:60")
    if not 0 <= decimals <= 77:
        raise InputError("decimals-out-of-range", f"a currency of {decimals} decimals", "give 0 to 77")


def require_references(names: list[str], kind: str, references: Mapping[str, Collection[str]]) -> None:
    """Refuse names that repeat, and references among them that are unknown, repeated or run in a circle.

    Args:
        names: every name of the kind.
        kind: e.g. `tier`; the errors' codes begin with it.
        references: for each name, the others that it refers to.

    Raises:
        InputError: `KINDs-malformed`, `KIND-unknown` or `KIND-order-cyclic`.
    """
    if not names:
        raise InputError(f"{kind}s-malformed", f"no {kind} is listed", f"list one {kind} or more")
    if len(names) != len(set(names)):
        (twice, _), *_ = Counter(names).most_common(1)
        raise InputError(f"{kind}s-malformed", f"{kind} {twice} is listed twice", f"list each {kind} once")
    for name, others in references.items():
        if len(others) != len(set(others)):
            raise InputError(f"{kind}s-malformed", f"{kind} {name} names another one twice", "name it once")
        for other in others:
            require_known(other, kind, names)
    try:
        TopologicalSorter(references).prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise InputError(
            f"{kind}-order-cyclic", f"the order of {kind}s runs in a circle: {circle}", "remove one of these"
        ) from error


def require_known(name: str, kind: str, names: Collection[str]) -> None:
    """Refuse a name that is not listed.

    Raises:
        InputError: `KIND-unknown`.
    """
    if name not in names:
        raise InputError(f"{kind}-unknown", f"{name} is no {kind} of this problem", f"name a listed {kind}")


def _require_bound(bound: Bound, names: tuple[list[str], list[str], list[str]]) -> None:
    matched = zip(("work", "tier", "segment"), (bound.work, bound.tier, bound.segment), names, strict=True)
    for kind, name, known in matched:
        if name is not None:
            require_known(name, kind, known)
