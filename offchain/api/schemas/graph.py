"""The derivation graph as readers get it."""

from __future__ import annotations

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Account, Amount, WorkId
from offchain.chain import work_hex
from offchain.workflows.graph import Graph

__all__ = ["GraphOut", "graph_out"]


class GraphWorkOut(BaseModel):
    """A work of the graph; `title` is null where its metadata was not read."""

    work: WorkId
    title: str | None
    holder: Account
    distance: int = Field(description="edges from the work in the middle")


class DerivationOut(BaseModel):
    """A child's debt to a parent; ceiling 0: there is none."""

    child: WorkId
    parent: WorkId
    upstream_ppm: int
    currency: str
    guarantee: Amount
    ceiling: Amount


class GraphOut(BaseModel):
    """Works, the nearest first, and every edge between them; `truncated`: there are more within the depth."""

    work: WorkId
    works: list[GraphWorkOut]
    edges: list[DerivationOut]
    truncated: bool


def graph_out(graph: Graph) -> GraphOut:
    """A graph as it goes out."""
    return GraphOut(
        work=work_hex(graph.work),
        works=[
            GraphWorkOut(work=work_hex(each.work), title=each.title, holder=each.holder, distance=each.distance)
            for each in graph.works
        ],
        edges=[
            DerivationOut(
                child=work_hex(each.child),
                parent=work_hex(each.parent),
                upstream_ppm=each.upstream,
                currency=each.currency.caip19,
                guarantee=str(each.guarantee),
                ceiling=str(each.ceiling),
            )
            for each in graph.edges
        ],
        truncated=graph.truncated,
    )
