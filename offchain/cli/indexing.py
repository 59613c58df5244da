"""`colophon index`: whether works can be found by their likeness, and making the index anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from offchain.cli.opening import reading_session
from offchain.cli.options import AsJson
from offchain.cli.output import problem, show

if TYPE_CHECKING:
    from offchain.errors import ColophonError

__all__ = ["index"]

_DAMAGED: Final = 1

index = typer.Typer(help="The similarity index: check, rebuild.", rich_markup_mode=None)


@index.command()
def check(as_json: AsJson = False) -> int:
    """Read every byte of the index.

    Looks for works without features, too: they were registered before those were kept, or have none, e.g. silence.
    Exits with 0 when the index is whole, and with 1 when not.
    """
    from offchain.chain import work_hex
    from offchain.workflows.index_care import damage, featureless

    with reading_session() as services:
        wrong, lacking = list(damage(services)), list(map(work_hex, featureless(services)))
    lines = [f"{error.message} ({error.code})" for error in wrong] or ["the index is whole"]
    lines += [f"no features of {work}" for work in lacking]
    if wrong or lacking:
        lines.append("colophon index rebuild makes it anew")
    show({"damage": list(map(problem, wrong)), "featureless": lacking}, lines, as_json=as_json)
    return _DAMAGED if wrong else 0


@index.command()
def rebuild(as_json: AsJson = False) -> None:
    """Make the index anew from the store.

    Features of works that lack them are computed first, from the masters that lie here.
    """
    from offchain.chain import work_hex
    from offchain.workflows.index_care import rebuild as make_anew

    unread: list[tuple[str, ColophonError]] = []

    def note(work: int, error: ColophonError | None) -> None:
        if error is not None:
            unread.append((work_hex(work), error))

    with reading_session() as services:
        filled = make_anew(services, note)
    document = {"filled": filled, "unread": [{"work": work} | problem(error) for work, error in unread]}
    lines = [f"{work}: {error.message} ({error.code})" for work, error in unread]
    show(document, [*lines, f"the index is made anew; {filled} works got features"], as_json=as_json)
