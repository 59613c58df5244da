"""The derivation graph around a work: what it derives from, what derives from it, and the shares that are owed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from offchain.chain import Currency, Edge, work_hex
from offchain.errors import NotFoundError
from offchain.store import UnitOfWork
from offchain.workflows.derivation import edges_of
from offchain.workflows.drawing import Arrow, Node, draw
from offchain.workflows.services import Services

__all__ = ["MOST_WORKS", "Derivation", "Direction", "Graph", "GraphWork", "graph_of", "picture_of"]

Direction: TypeAlias = Literal["up", "down", "both"]

MOST_WORKS: Final = 200
"""Works of one graph: a popular work has more derivatives than a page can show."""


@dataclass(frozen=True, slots=True)
class GraphWork:
    """A work of the graph; `title` is None where its metadata was not read, `distance` counts edges from the middle."""

    work: int
    title: str | None
    holder: str
    distance: int


@dataclass(frozen=True, slots=True)
class Derivation:
    """`child` owes `parent` a share in parts per million; guarantee and ceiling in minor units of the currency."""

    child: int
    parent: int
    upstream: int
    currency: Currency
    guarantee: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class Graph:
    """Works, the nearest first, and every edge between them; `truncated`: there are more within the depth."""

    work: int
    works: tuple[GraphWork, ...]
    edges: tuple[Derivation, ...]
    truncated: bool


def graph_of(
    services: Services, work: int, direction: Direction = "both", depth: int = 4, limit: int = MOST_WORKS
) -> Graph:
    """The graph around a registered work.

    Args:
        services: of this process.
        work: in the middle.
        direction: `up` to what it derives from, `down` to what derives from it.
        depth: most edges from the middle.
        limit: most works.

    Raises:
        NotFoundError: `unknown-work`.
    """
    with services.store.snapshot() as tx:
        if tx.events.title(work) is None:
            raise NotFoundError(
                "unknown-work", "no work with this id is registered", "check the id", work=work_hex(work)
            )
        walk = _Walk(tx, work, limit)
        for way in ("up", "down") if direction == "both" else (direction,):
            walk.go(up=way == "up", depth=depth)
        return walk.graph(services)


def picture_of(graph: Graph) -> str:
    """The graph as an SVG document, parents above children."""
    nodes = [
        Node(each.work, each.title or work_hex(each.work), _brief(work_hex(each.work)), main=each.work == graph.work)
        for each in graph.works
    ]
    arrows = [Arrow(edge.parent, edge.child, f"{edge.upstream / 10_000:g} %") for edge in graph.edges]
    return draw("Derivation graph; each arrow leads from a work to one that derives from it", nodes, arrows)


class _Walk:
    """Breadth first, a query a step however many works it meets."""

    def __init__(self, tx: UnitOfWork, work: int, limit: int) -> None:
        self._tx, self._work, self._limit = tx, work, limit
        self._distance = {work: 0}
        self._truncated = False

    def go(self, *, up: bool, depth: int) -> None:
        """One way, so that no sibling is met: what else a parent has led to is not this work's story."""
        front = [self._work]
        seen = {self._work}
        for distance in range(1, depth + 1):
            found = [each for each in (self._parents(front) if up else self._children(front)) if each not in seen]
            registered = {title.work for title in self._tx.events.titles(found)}
            front = [each for each in found if each in registered and self._admit(each, distance)]
            seen.update(front)
            if not front:
                return

    def graph(self, services: Services) -> Graph:
        """What was met."""
        holders = {title.work: title.holder for title in self._tx.events.titles(self._distance)}
        titles = self._tx.works.titled(self._distance)
        works = sorted(self._distance.items(), key=lambda each: (each[1], each[0]))
        return Graph(
            self._work,
            tuple(GraphWork(work, titles.get(work), holders[work], distance) for work, distance in works),
            tuple(
                _derivation(services, child, edge)
                for child, edges in self._edges([work for work, _ in works]).items()
                for edge in edges
                if edge.parent in self._distance
            ),
            self._truncated,
        )

    def _admit(self, work: int, distance: int) -> bool:
        if work not in self._distance and len(self._distance) >= self._limit:
            self._truncated = True
            return False
        self._distance.setdefault(work, distance)
        return True

    def _parents(self, works: list[int]) -> list[int]:
        return list(dict.fromkeys(edge.parent for edges in self._edges(works).values() for edge in edges))

    def _children(self, works: list[int]) -> list[int]:
        linked = self._tx.events.children_of(works, self._limit + 1)
        self._truncated = self._truncated or len(linked) > self._limit
        front = set(works)
        # A registration that gave way to another is no longer linked to what it named.
        return [child for child, edges in self._edges(linked).items() if any(edge.parent in front for edge in edges)]

    def _edges(self, children: Iterable[int]) -> dict[int, list[Edge]]:
        wanted = list(children)
        events = self._tx.events.links_of(wanted)
        return {child: edges_of(child, events) for child in wanted}


def _derivation(services: Services, child: int, edge: Edge) -> Derivation:
    currency = services.currency_at(edge.currency)
    return Derivation(child, edge.parent, edge.upstream, currency, edge.guarantee, edge.ceiling)


def _brief(text: str) -> str:
    return f"{text[:8]}…{text[-6:]}"
