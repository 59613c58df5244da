"""Rules between works as JSON: the member `coupling` of docs/schemas/pricing-input.json."""

from __future__ import annotations

from collections.abc import Mapping

from offchain.pricing.coupled.rules import Accessibility, Budget, Coupling, HolderFloor, HolderShare
from offchain.pricing.reading import Node

__all__ = ["coupling_from_json", "coupling_to_json"]


def coupling_from_json(node: Node) -> Coupling:
    """Read the rules.

    Raises:
        InputError: `pricing-json-malformed`, or what the rules refuse.
    """
    fields = node.record((), ("floors", "accessibility", "budgets"))
    return Coupling(
        fields["floors"].each(_floor) if "floors" in fields else (),
        fields["accessibility"].each(_access) if "accessibility" in fields else (),
        fields["budgets"].each(_budget) if "budgets" in fields else (),
    )


def coupling_to_json(coupling: Coupling) -> dict[str, object]:
    """Write the rules; a kind of which there is none is left out."""
    written = {
        "floors": [_floor_json(floor) for floor in coupling.floors],
        "accessibility": [_access_json(access) for access in coupling.accessibility],
        "budgets": [_budget_json(budget) for budget in coupling.budgets],
    }
    return {name: rows for name, rows in written.items() if rows}


def _floor(node: Node) -> HolderFloor:
    fields = node.record(("holder", "shares", "floor", "penalty_ppm", "currency"))
    shares = (share.record(("work", "ppm")) for share in fields["shares"].items())
    return HolderFloor(
        fields["holder"].text(),
        tuple(HolderShare(share["work"].text(), share["ppm"].integer()) for share in shares),
        fields["floor"].amount(),
        fields["penalty_ppm"].integer(),
        fields["currency"].text(),
    )


def _access(node: Node) -> Accessibility:
    fields = node.record(("segment", "at_most", "least", "currency"), ("tier",))
    amount, least, currency = fields["at_most"].amount(), fields["least"].integer(), fields["currency"].text()
    return Accessibility(fields["segment"].text(), amount, least, currency, _name(fields, "tier"))


def _budget(node: Node) -> Budget:
    fields = node.record(("name", "limit"), ("tier", "segment"))
    return Budget(fields["name"].text(), fields["limit"].number(), _name(fields, "tier"), _name(fields, "segment"))


def _name(fields: Mapping[str, Node], member: str) -> str | None:
    return fields[member].text() if member in fields else None


def _floor_json(floor: HolderFloor) -> dict[str, object]:
    return {
        "holder": floor.holder,
        "shares": [{"work": share.work, "ppm": share.ppm} for share in floor.shares],
        "floor": str(floor.floor),
        "penalty_ppm": floor.penalty_ppm,
        "currency": floor.currency,
    }


def _access_json(access: Accessibility) -> dict[str, object]:
    amounts = {"at_most": str(access.at_most), "least": access.least, "currency": access.currency}
    return {"segment": access.segment, **amounts, **_stated(tier=access.tier)}


def _budget_json(budget: Budget) -> dict[str, object]:
    return {"name": budget.name, "limit": budget.limit, **_stated(tier=budget.tier, segment=budget.segment)}


def _stated(**names: str | None) -> dict[str, str]:
    return {member: name for member, name in names.items() if name is not None}
