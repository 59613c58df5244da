"""One work in an epoch: its prices, what limited them, and the multipliers that prove them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from offchain.money import PPM
from offchain.pricing.certificate import RowDual
from offchain.pricing.problem import Bound, PriceKey, PricingProblem
from offchain.pricing.reading import Node

__all__ = ["Entry", "Limits", "entry_from_json", "entry_to_json", "near", "within"]

Limits: TypeAlias = Mapping[PriceKey, tuple[int, int]]
"""Least and greatest price of each cell, minor units."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One work in an epoch.

    Attributes:
        model_hash: of the work's own problem, without limits and rules.
        limits: how far its prices might go from those before; empty where nothing limited them.
        amounts: its prices, minor units.
        rows: multipliers of its orders, which at the epoch's duals prove the prices.
    """

    model_hash: str
    limits: Limits
    amounts: Mapping[PriceKey, int]
    rows: tuple[RowDual, ...]


def near(problem: PricingProblem, amounts: Mapping[PriceKey, int], most_ppm: int | None) -> Limits:
    """Limits of a change by at most `most_ppm` of each earlier price; none for a new cell, or where that is None."""
    if most_ppm is None:
        return {}
    lowest, highest = max(0, PPM - most_ppm), PPM + most_ppm
    kept = [key for key in problem.price_keys() if key in amounts]
    return {key: (-(-amounts[key] * lowest // PPM), amounts[key] * highest // PPM) for key in kept}


def within(problem: PricingProblem, limits: Limits) -> PricingProblem:
    """The problem with limits as further bounds."""
    bounds = (Bound(*key, floor=low, ceiling=high) for key, (low, high) in limits.items())
    return replace(problem, bounds=(*problem.bounds, *bounds))


def entry_to_json(entry: Entry) -> dict[str, object]:
    """Write an entry; the inverse of `entry_from_json`."""
    return {
        "model_hash": entry.model_hash,
        "limits": [
            {**_key_json(key), "least": str(low), "most": str(high)} for key, (low, high) in entry.limits.items()
        ],
        "prices": [{**_key_json(key), "amount": str(amount)} for key, amount in entry.amounts.items()],
        "rows": [
            {
                "cheaper": _key_json(row.cheaper),
                "dearer": _key_json(row.dearer),
                "at": str(row.at),
                "value": str(row.value),
            }
            for row in entry.rows
        ],
    }


def entry_from_json(work: str, data: Mapping[str, object]) -> Entry:
    """Read the entry of a work.

    Raises:
        InputError: `pricing-json-malformed`.
    """
    root = Node(data, "").record(("model_hash", "limits", "prices", "rows"))
    limits = (limit.record(("tier", "segment", "least", "most")) for limit in root["limits"].items())
    prices = (price.record(("tier", "segment", "amount")) for price in root["prices"].items())
    return Entry(
        root["model_hash"].text(),
        {_key(work, limit): (limit["least"].amount(), limit["most"].amount()) for limit in limits},
        {_key(work, price): price["amount"].amount() for price in prices},
        tuple(_row(work, row) for row in root["rows"].items()),
    )


def _row(work: str, node: Node) -> RowDual:
    fields = node.record(("cheaper", "dearer", "at", "value"))
    cheaper, dearer = (_key(work, fields[end].record(("tier", "segment"))) for end in ("cheaper", "dearer"))
    return RowDual(cheaper, dearer, fields["at"].amount(), fields["value"].amount())


def _key(work: str, fields: Mapping[str, Node]) -> PriceKey:
    return PriceKey(work, fields["tier"].text(), fields["segment"].text())


def _key_json(key: PriceKey) -> dict[str, object]:
    return {"tier": key.tier, "segment": key.segment}
