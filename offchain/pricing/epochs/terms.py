"""The rules of an operator, and what they are worth in an epoch: all that works share between two epochs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from offchain.errors import InputError
from offchain.money import PPM
from offchain.pricing.coupled.proof import Weight
from offchain.pricing.coupled.rules import NO_COUPLING, Accessibility, Budget, Coupling
from offchain.pricing.coupled.rules_json import coupling_from_json, coupling_to_json
from offchain.pricing.epochs.basis import canonical_hash
from offchain.pricing.problem import PriceKey
from offchain.pricing.reading import Node

__all__ = ["NO_RULES", "Rules", "Terms", "rules_from_json", "rules_to_json", "terms_from_json", "terms_to_json"]

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """What an operator asks of the prices of all works together (docs/schemas/pricing-rules.json).

    Attributes:
        max_change_ppm: by how much a price may differ from that of the epoch before, parts per million of it, or None.
        coupling: rules between works.

    Raises:
        InputError: `change-out-of-range`.
    """

    max_change_ppm: int | None = None
    coupling: Coupling = NO_COUPLING

    def __post_init__(self) -> None:
        if self.max_change_ppm is not None and not 0 <= self.max_change_ppm <= 10 * PPM:
            raise InputError(
                "change-out-of-range",
                f"prices may change by {self.max_change_ppm} parts per million an epoch",
                f"give 0 to {10 * PPM}, or leave it out",
            )

    def of(self, currency: str, keys: Collection[PriceKey]) -> Rules:
        """The rules that concern one currency and the prices in it; a floor counts the works that are priced.

        Raises:
            InputError: `coupling-infeasible`, prices are to be affordable where nothing is sold.
        """
        works, known = {key.work for key in keys}, self.coupling
        floors = []
        for floor in known.floors:
            shares = tuple(share for share in floor.shares if share.work in works)
            if shares and floor.currency == currency:
                floors.append(replace(floor, shares=shares))
        budgets = tuple(row for row in known.budgets if _concerns(row, keys))
        access = tuple(row for row in known.accessibility if row.currency == currency)
        for row in access:
            if not _concerns(row, keys):
                told = f"{row.least} prices of {row.segment} shall be at most {row.at_most}, and none is set"
                raise InputError("coupling-infeasible", told, "drop this rule until such licences are sold")
        return replace(self, coupling=Coupling(tuple(floors), access, budgets))


def _concerns(row: Accessibility | Budget, keys: Collection[PriceKey]) -> bool:
    return any(row.tier in (None, key.tier) and row.segment in (None, key.segment) for key in keys)


NO_RULES: Final = Rules()
"""Every work is priced alone, and by as much as it may."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an epoch leaves to the time until the next one.

    Attributes:
        rules: those that held.
        weights: what one more unit of slack in each rule between works is worth: the duals.
        slack: by how much, at these duals, the prices of one work may fall short of its best, `SCALE`-ths of a minor
            unit a period: the largest of all works, since whole steps cannot always meet the rules exactly.
    """

    rules: Rules
    weights: tuple[Weight, ...] = ()
    slack: int = 0

    @property
    def duals_hash(self) -> str:
        """`0x` and the sha256 of the canonical JSON of the duals."""
        return canonical_hash({"duals": _weights_json(self.weights)})


def rules_from_json(data: object) -> Rules:
    """Read rules from parsed JSON.

    Raises:
        InputError: `pricing-json-malformed`, or what the rules refuse.
    """
    root = Node(data, "").record(("version",), ("max_change_ppm", "coupling"))
    if root["version"].integer() != _VERSION:
        raise root["version"].refusal(f"{_VERSION}, the version that this program reads")
    return Rules(
        root["max_change_ppm"].integer() if "max_change_ppm" in root else None,
        coupling_from_json(root["coupling"]) if "coupling" in root else NO_COUPLING,
    )


def rules_to_json(rules: Rules) -> dict[str, object]:
    """Write rules; the inverse of `rules_from_json`."""
    change = {} if rules.max_change_ppm is None else {"max_change_ppm": rules.max_change_ppm}
    return {"version": _VERSION, **change, **({"coupling": coupling_to_json(rules.coupling)} if rules.coupling else {})}


def terms_to_json(terms: Terms) -> dict[str, object]:
    """Write an epoch's terms; the inverse of `terms_from_json`."""
    return {"rules": rules_to_json(terms.rules), "duals": _weights_json(terms.weights), "slack": str(terms.slack)}


def terms_from_json(data: Mapping[str, object]) -> Terms:
    """Read an epoch's terms.

    Raises:
        InputError: as `rules_from_json`.
    """
    root = Node(data, "").record(("rules", "duals", "slack"))
    duals = (dual.record(("row", "value")) for dual in root["duals"].items())
    weights = tuple(Weight(dual["row"].integer(), dual["value"].amount()) for dual in duals)
    return Terms(rules_from_json(root["rules"].value), weights, root["slack"].amount())


def _weights_json(weights: tuple[Weight, ...]) -> list[dict[str, object]]:
    return [{"row": weight.row, "value": str(weight.value)} for weight in weights]
