"""The choice problem as JSON (docs/schemas/choice-input.json), and its hash.

Amounts are decimal strings of minor units; weights, buyers and copies are numbers.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, cast

import rfc8785

from offchain.pricing.choice.problem import (
    ChoiceKind,
    ChoiceProblem,
    ChoiceSegment,
    ChoiceWeights,
    Edition,
    LogitWeights,
    TableWeights,
    Weights,
)
from offchain.pricing.problem import PriceKey
from offchain.pricing.problem_json import tier_from_json, tier_to_json, work_from_json, work_to_json
from offchain.pricing.reading import Node

__all__ = ["choice_from_json", "choice_hash", "choice_to_json"]

_VERSION: Final = 1


def choice_from_json(data: object) -> ChoiceProblem:
    """Read a problem from parsed JSON.

    Raises:
        InputError: `pricing-json-malformed` names the place that departs from the schema; other codes say what is
            wrong with a document that follows it.
    """
    root = Node(data, "").record(
        ("version", "model", "currency", "decimals", "works", "tiers", "segments", "weights"), ("editions",)
    )
    if root["version"].integer() != _VERSION:
        raise root["version"].refusal(f"{_VERSION}, the version that this program reads")
    return ChoiceProblem(
        model=cast("ChoiceKind", root["model"].text()),  # the problem refuses any other
        currency=root["currency"].text(),
        decimals=root["decimals"].integer(),
        works=root["works"].each(work_from_json),
        tiers=root["tiers"].each(tier_from_json),
        segments=root["segments"].each(_segment),
        weights=root["weights"].each(_weights),
        editions=root["editions"].each(_edition) if "editions" in root else (),
    )


def choice_to_json(problem: ChoiceProblem) -> dict[str, object]:
    """Write a problem; the inverse of `choice_from_json`."""
    written: dict[str, object] = {
        "version": _VERSION,
        "model": problem.model,
        "currency": problem.currency,
        "decimals": problem.decimals,
        "works": [work_to_json(work) for work in problem.works],
        "tiers": [tier_to_json(tier) for tier in problem.tiers],
        "segments": [{"name": seg.name, "buyers": seg.buyers, "nothing": seg.nothing} for seg in problem.segments],
        "weights": [{**entry.key._asdict(), **_curve_json(entry.curve)} for entry in problem.weights],
    }
    if problem.editions:
        written["editions"] = [_edition_json(edition) for edition in problem.editions]
    return written


def choice_hash(problem: ChoiceProblem) -> str:
    """`0x` and the sha256 of the problem's canonical JSON (RFC 8785)."""
    canonical = rfc8785.dumps(choice_to_json(problem))  # type: ignore[arg-type]  # its JSON type is private
    return "0x" + sha256(canonical).hexdigest()


def _segment(node: Node) -> ChoiceSegment:
    fields = node.record(("name", "buyers"), ("nothing",))
    nothing = fields["nothing"].number() if "nothing" in fields else 1.0
    return ChoiceSegment(fields["name"].text(), fields["buyers"].number(), nothing)


def _weights(node: Node) -> ChoiceWeights:
    names = ("work", "tier", "segment")
    fields = node.record(names, ("logit", "table"))
    key = PriceKey(*(fields[name].text() for name in names))
    if "logit" in fields and "table" not in fields:
        logit = fields["logit"].record(("value", "spread"))
        return ChoiceWeights(key, LogitWeights(logit["value"].amount(), logit["spread"].amount()))
    table = node.record((*names, "table"))["table"]
    return ChoiceWeights(key, TableWeights(tuple(weight.number() for weight in table.items())))


def _edition(node: Node) -> Edition:
    fields = node.record(("name", "copies"), ("work", "tier"))
    work, tier = (fields[name].text() if name in fields else None for name in ("work", "tier"))
    return Edition(fields["name"].text(), fields["copies"].integer(), work, tier)


def _curve_json(curve: Weights) -> dict[str, object]:
    if isinstance(curve, TableWeights):
        return {"table": list(curve.weights)}
    return {"logit": {"value": str(curve.value), "spread": str(curve.spread)}}


def _edition_json(edition: Edition) -> dict[str, object]:
    names = {"work": edition.work, "tier": edition.tier}
    stated = {name: value for name, value in names.items() if value is not None}
    return {"name": edition.name, "copies": edition.copies, **stated}
