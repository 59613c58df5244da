"""`colophon graph`: what a work derives from, and what derives from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from offchain.cli.opening import reading_session, work_of
from offchain.cli.options import AsJson
from offchain.cli.output import show

if TYPE_CHECKING:
    from offchain.workflows.graph import Direction, Graph

__all__ = ["graph", "graph_lines"]


def graph(
    work: Annotated[str, typer.Argument(help="Id of a registered work, or its file.")],
    up: Annotated[bool, typer.Option("--up", help="Only what it derives from.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what derives from it.")] = False,
    depth: Annotated[int, typer.Option(help="Most edges from the work.", min=1, max=32)] = 4,
    svg: Annotated[Path | None, typer.Option(help="Write a picture to this file, too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a work derives from, and what from it.

    Each edge tells the share that is owed upstream.
    """
    from offchain.api.schemas.graph import graph_out
    from offchain.workflows.graph import graph_of, picture_of

    direction: Direction = "both" if up == down else "up" if up else "down"
    with reading_session() as services:
        found = graph_of(services, work_of(work), direction, depth)
    if svg is not None:
        _write(svg, picture_of(found))
    show(graph_out(found).model_dump(mode="json"), graph_lines(found), as_json=as_json)


def graph_lines(graph: Graph) -> list[str]:
    """A graph for a reader: its works, then who owes whom."""
    from offchain.chain import work_hex

    names = {each.work: each.title or "(untitled)" for each in graph.works}
    lines = [f"{work_hex(each.work)}  {names[each.work]}" for each in graph.works]
    lines += [f"{names[edge.child]} owes {edge.upstream / 10_000:g} % to {names[edge.parent]}" for edge in graph.edges]
    return [*lines, "there are more; ask about one of these"] if graph.truncated else lines


def _write(place: Path, picture: str) -> None:
    from offchain.errors import InputError

    try:
        place.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise InputError(
            "file-unwritable", f"{place} cannot be written: {error.strerror}", "name a file that you may write"
        ) from error
