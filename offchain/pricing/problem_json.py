"""The problem as JSON (docs/schemas/pricing-input.json), and its hash.

Amounts are decimal strings of minor units. A default is written in one way whether it was stated or not, so equal
problems have equal canonical JSON (RFC 8785) and equal hashes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import rfc8785

from offchain.pricing.coupled.rules import NO_COUPLING
from offchain.pricing.coupled.rules_json import coupling_from_json, coupling_to_json
from offchain.pricing.demand import Demand, LogitDemand, TableDemand
from offchain.pricing.problem import Bound, CellDemand, PriceKey, PricingProblem, Segment, Tier, Work
from offchain.pricing.reading import Node

__all__ = [
    "model_hash",
    "problem_from_json",
    "problem_to_json",
    "tier_from_json",
    "tier_to_json",
    "work_from_json",
    "work_to_json",
]

_VERSION: Final = 1


def problem_from_json(data: object) -> PricingProblem:
    """Read a problem from parsed JSON.

    Raises:
        InputError: `pricing-json-malformed` names the place that departs from the schema; other codes say what is
            wrong with a document that follows it.
    """
    root = Node(data, "").record(
        ("version", "currency", "decimals", "works", "tiers", "segments", "demand"), ("bounds", "coupling")
    )
    if root["version"].integer() != _VERSION:
        raise root["version"].refusal(f"{_VERSION}, the version that this program reads")
    return PricingProblem(
        currency=root["currency"].text(),
        decimals=root["decimals"].integer(),
        works=root["works"].each(work_from_json),
        tiers=root["tiers"].each(tier_from_json),
        segments=root["segments"].each(_segment),
        demand=root["demand"].each(_cell_demand),
        bounds=root["bounds"].each(_bound) if "bounds" in root else (),
        coupling=coupling_from_json(root["coupling"]) if "coupling" in root else NO_COUPLING,
    )


def problem_to_json(problem: PricingProblem) -> dict[str, object]:
    """Write a problem; the inverse of `problem_from_json`."""
    written: dict[str, object] = {
        "version": _VERSION,
        "currency": problem.currency,
        "decimals": problem.decimals,
        "works": [work_to_json(work) for work in problem.works],
        "tiers": [tier_to_json(tier) for tier in problem.tiers],
        "segments": [_segment_json(segment) for segment in problem.segments],
        "demand": [{**cell.key._asdict(), **_curve_json(cell.curve)} for cell in problem.demand],
    }
    if problem.bounds:
        written["bounds"] = [_bound_json(bound) for bound in problem.bounds]
    if problem.coupling:
        written["coupling"] = coupling_to_json(problem.coupling)
    return written


def model_hash(problem: PricingProblem) -> str:
    """`0x` and the sha256 of the problem's canonical JSON."""
    canonical = rfc8785.dumps(problem_to_json(problem))  # type: ignore[arg-type]  # its JSON type is private
    return "0x" + sha256(canonical).hexdigest()


def work_from_json(node: Node) -> Work:
    """Read a work."""
    fields = node.record(("id",), ("upstream_ppm", "not_below"))
    upstream = fields["upstream_ppm"].integer() if "upstream_ppm" in fields else 0
    return Work(fields["id"].text(), upstream, _names(fields.get("not_below")))


def tier_from_json(node: Node) -> Tier:
    """Read a tier with its ladder."""
    fields = node.record(("name", "ladder"), ("broader_than",))
    ladder = tuple(price.amount() for price in fields["ladder"].items())
    return Tier(fields["name"].text(), ladder, _names(fields.get("broader_than")))


def _segment(node: Node) -> Segment:
    fields = node.record(("name",), ("discount_from", "max_discount_ppm"))
    if "discount_from" not in fields and "max_discount_ppm" not in fields:
        return Segment(fields["name"].text())
    fields = node.record(("name", "discount_from", "max_discount_ppm"))
    return Segment(fields["name"].text(), fields["discount_from"].text(), fields["max_discount_ppm"].integer())


def _cell_demand(node: Node) -> CellDemand:
    names = ("work", "tier", "segment")
    fields = node.record(names, ("logit", "table"))
    key = PriceKey(*(fields[name].text() for name in names))
    if "logit" in fields and "table" not in fields:
        return CellDemand(key, _logit(fields["logit"]))
    table = node.record((*names, "table"))["table"]
    return CellDemand(key, TableDemand(tuple(licences.number() for licences in table.items())))


def _logit(node: Node) -> Demand:
    fields = node.record(("median", "spread", "market"))
    return LogitDemand(fields["median"].amount(), fields["spread"].amount(), fields["market"].number())


def _bound(node: Node) -> Bound:
    fields = node.record((), ("work", "tier", "segment", "floor", "ceiling"))
    work, tier, segment = (fields[name].text() if name in fields else None for name in ("work", "tier", "segment"))
    floor, ceiling = (fields[name].amount() if name in fields else None for name in ("floor", "ceiling"))
    return Bound(work, tier, segment, floor, ceiling)


def _names(node: Node | None) -> tuple[str, ...]:
    return () if node is None else tuple(name.text() for name in node.items())


def work_to_json(work: Work) -> dict[str, object]:
    """Write a work; the inverse of `work_from_json`."""
    written: dict[str, object] = {"id": work.id, "upstream_ppm": work.upstream_ppm}
    return {**written, "not_below": list(work.not_below)} if work.not_below else written


def tier_to_json(tier: Tier) -> dict[str, object]:
    """Write a tier; the inverse of `tier_from_json`."""
    written: dict[str, object] = {"name": tier.name, "ladder": [str(price) for price in tier.ladder]}
    return {**written, "broader_than": list(tier.broader_than)} if tier.broader_than else written


def _segment_json(segment: Segment) -> dict[str, object]:
    if segment.discount_from is None:
        return {"name": segment.name}
    discount = {"discount_from": segment.discount_from, "max_discount_ppm": segment.max_discount_ppm}
    return {"name": segment.name, **discount}


def _curve_json(curve: Demand) -> dict[str, object]:
    if isinstance(curve, TableDemand):
        return {"table": list(curve.licences)}
    return {"logit": {"median": str(curve.median), "spread": str(curve.spread), "market": curve.market}}


def _bound_json(bound: Bound) -> dict[str, object]:
    names = {"work": bound.work, "tier": bound.tier, "segment": bound.segment}
    amounts = {"floor": bound.floor, "ceiling": bound.ceiling}
    written = {name: value for name, value in names.items() if value is not None}
    return {**written, **{name: str(value) for name, value in amounts.items() if value is not None}}
