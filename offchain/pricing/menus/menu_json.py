"""Menus as JSON (docs/schemas/menu-input.json and menu-output.json); amounts are decimal strings of minor units."""

from __future__ import annotations

from typing import Final

from offchain.pricing.menus.menu import Choice, Menu
from offchain.pricing.menus.problem import MenuProblem, MenuSegment, MenuTier
from offchain.pricing.reading import Node
from offchain.pricing.scale import SCALE

__all__ = ["menu_from_json", "menu_to_json"]

_VERSION: Final = 1


def menu_from_json(data: object) -> MenuProblem:
    """Read a menu problem from parsed JSON.

    Raises:
        InputError: `pricing-json-malformed`, or what the problem refuses.
    """
    members = ("version", "model", "currency", "decimals", "tiers", "segments")
    root = Node(data, "").record(members, ("upstream_ppm", "margin"))
    if root["version"].integer() != _VERSION:
        raise root["version"].refusal(f"{_VERSION}, the version that this program reads")
    return MenuProblem(
        root["currency"].text(),
        root["decimals"].integer(),
        root["tiers"].each(_tier),
        root["segments"].each(_segment),
        root["upstream_ppm"].integer() if "upstream_ppm" in root else 0,
        root["margin"].amount() if "margin" in root else 0,
    )


def menu_to_json(problem: MenuProblem, menu: Menu) -> dict[str, object]:
    """Write a solved menu."""
    certificate = menu.certificate
    return {
        "version": _VERSION,
        "model": "menu",
        "currency": problem.currency,
        "expected_revenue": str(menu.expected_revenue),
        "prices": [{"tier": tier, "amount": str(amount)} for tier, amount in menu.prices.items()],
        "choices": [_choice_json(choice) for choice in menu.choices],
        "certificate": {
            "scale": str(SCALE),
            "primal": str(certificate.primal),
            "bound": str(certificate.bound),
            "proof": certificate.proof,
            "solver_gap": certificate.solver_gap,
        },
    }


def _tier(node: Node) -> MenuTier:
    fields = node.record(("name",), ("floor", "ceiling"))
    floor = fields["floor"].amount() if "floor" in fields else 1
    return MenuTier(fields["name"].text(), floor, fields["ceiling"].amount() if "ceiling" in fields else None)


def _segment(node: Node) -> MenuSegment:
    fields = node.record(("name", "buyers", "values"))
    values = tuple(value.amount() for value in fields["values"].items())
    return MenuSegment(fields["name"].text(), fields["buyers"].number(), values)


def _choice_json(choice: Choice) -> dict[str, object]:
    return {
        "segment": choice.segment,
        "tier": choice.tier,
        "price": str(choice.price),
        "surplus": str(choice.surplus),
        "lead": str(choice.lead),
    }
