"""The derivation graph, read from events: who derives from whom, and what share is owed."""

from __future__ import annotations

from collections.abc import Iterable

from offchain.chain import Edge
from offchain.store import EventRecord

__all__ = ["children_of", "edges_of"]


def edges_of(child: int, events: Iterable[EventRecord]) -> list[Edge]:
    """The debts of a work, in the ledger's order, from its events, oldest first."""
    edges: list[Edge] = []
    for event in events:
        if event.work != child:
            continue
        if event.name == "EdgesCleared":
            edges.clear()
        if event.name == "EdgeLinked" and event.related is not None:
            told = (int(event.args[name]) for name in ("upstream", "currency", "guarantee", "ceiling"))
            edges.append(Edge(event.related, *told))
    return edges


def children_of(parent: int, events: Iterable[EventRecord]) -> list[int]:
    """The works that derive from a work, oldest first, from its events; some may have given way since."""
    linked = (event.work for event in events if event.name == "EdgeLinked" and event.related == parent)
    return list(dict.fromkeys(child for child in linked if child is not None))
