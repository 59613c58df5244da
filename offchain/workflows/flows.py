"""How money moved over the edges of derivation around a work, and its picture: bands as broad as what they carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from offchain.chain import Currency, work_hex
from offchain.money import format_amount
from offchain.workflows.drawing import Arrow, Node, draw
from offchain.workflows.graph import graph_of
from offchain.workflows.services import Services

__all__ = ["Flow", "Flows", "flows_around", "flows_picture"]

_BROADEST: Final = 26.0
_NARROWEST: Final = 1.5
"""Pixels of the band that carries most, and of the least that can be seen."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Minor units that were pulled from a child to its parent so far."""

    child: int
    parent: int
    currency: Currency
    moved: int


@dataclass(frozen=True, slots=True)
class Flows:
    """Flows around a work.

    Attributes:
        work: in the middle.
        works: titles of all works of the graph, None where the metadata was not read; the nearest first.
        edges: (child, parent) of every derivation, whether anything moved or not.
        flows: what moved, by edge and currency.
        truncated: whether the graph is larger.
    """

    work: int
    works: Mapping[int, str | None]
    edges: tuple[tuple[int, int], ...]
    flows: tuple[Flow, ...]
    truncated: bool


def flows_around(services: Services, work: int) -> Flows:
    """What was pulled over the edges around a registered work, up to the chain's head.

    Raises:
        NotFoundError: `unknown-work`.
        UnavailableError: the chain does not answer.
    """
    services.advance()
    graph = graph_of(services, work)
    edges = tuple(dict.fromkeys((edge.child, edge.parent) for edge in graph.edges))
    moved: dict[tuple[int, int, int], int] = defaultdict(int)
    with services.store.snapshot() as tx:
        for event in tx.events.pulls_out_of({child for child, _ in edges}):
            key = int(event.args["child"]), int(event.args["parent"]), int(event.args["currency"])
            moved[key] += int(event.args["amount"])
    return Flows(
        work,
        {each.work: each.title for each in graph.works},
        edges,
        tuple(
            Flow(child, parent, services.currency_at(currency), amount)
            for (child, parent, currency), amount in sorted(moved.items())
            if amount and (child, parent) in edges
        ),
        graph.truncated,
    )


def flows_picture(flows: Flows, currency: Currency) -> str:
    """The flows of one currency as an SVG document; money runs down, from derivatives to what they derive from."""
    carried = {(each.child, each.parent): each.moved for each in flows.flows if each.currency == currency}
    most = max(carried.values(), default=0)
    nodes = [
        Node(work, title or work_hex(work), f"{work_hex(work)[:8]}…{work_hex(work)[-6:]}", main=work == flows.work)
        for work, title in flows.works.items()
    ]
    arrows = [_band(edge, carried.get(edge, 0), most, currency) for edge in flows.edges]
    return draw(f"What derivatives paid to the works that they derive from, in {currency.symbol}", nodes, arrows)


def _band(edge: tuple[int, int], amount: int, most: int, currency: Currency) -> Arrow:
    if not amount:
        return Arrow(*edge)
    width = max(_NARROWEST, _BROADEST * (amount / most))
    return Arrow(*edge, f"{format_amount(amount, currency.decimals)} {currency.symbol}", width)
