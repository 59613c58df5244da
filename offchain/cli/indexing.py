"""`colophon index`: whether events and likenesses are indexed as they should be, repairing them, making them anew."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offchain.cli.opening import reading_session
from offchain.cli.options import AsJson
from offchain.cli.output import Report, problem, progress, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from offchain.errors import ColophonError
    from offchain.indexer.care import Damage
    from offchain.workflows.services import Services

__all__ = ["index"]

_DAMAGED: Final = 1


class Part(StrEnum):
    """What is indexed."""

    EVENTS = "events"
    LIKENESS = "likeness"


OfPart = Annotated[Part | None, typer.Option("--part", help="Only this index; without it both.")]

index = typer.Typer(help="Events and likeness: check, repair, rebuild.", rich_markup_mode=None)


@index.command()
def check(part: OfPart = None, as_json: AsJson = False) -> int:
    """Read every byte of the indexes, and compare the one of events with the chain, row by row.

    Looks for works without features, too: they were registered before those were kept, or have none, e.g. silence.
    Exits with 0 when the indexes are whole, and with 1 when not.
    """
    from offchain.indexer.care import damage

    document: dict[str, Any] = {}
    lines: list[str] = []
    with reading_session() as services:
        if part is not Part.LIKENESS:
            with progress("reading the chain") as report:
                found = list(damage(services.indexer, services.contracts, services.store, _told(report)))
            _tell_events(found, document, lines, "colophon index repair reads it again")
        wrong = _check_likeness(services, document, lines) if part is not Part.EVENTS else False
    show(document, lines, as_json=as_json)
    return _DAMAGED if wrong or document.get("events") else 0


@index.command()
def repair(as_json: AsJson = False) -> None:
    """Make the index of events agree with the chain again, from the first row that differs on.

    The index of likeness has no rows to repair: rebuild makes it anew.
    """
    from offchain.indexer.care import repair as mend

    document: dict[str, Any] = {}
    lines: list[str] = []
    with reading_session() as services, progress("reading the chain") as report:
        found = mend(services.indexer, services.contracts, services.store, _told(report))
    _tell_events(found, document, lines, "it agrees with the chain again")
    show(document, lines, as_json=as_json)


@index.command()
def rebuild(part: OfPart = None, as_json: AsJson = False) -> None:
    """Make the indexes anew: of events from the chain, of likeness from the store.

    A stopped rebuild of events goes on with the next command or service that reads the chain. Features of works that
    lack them are computed first, from the masters that lie here.
    """
    from offchain.indexer.care import rebuild as read_again

    document: dict[str, Any] = {}
    lines: list[str] = []
    with reading_session() as services:
        if part is not Part.LIKENESS:
            with progress("reading the chain") as report:
                document["events"] = read_again(services.indexer, services.store, _told(report))
            lines.append(f"the index of events is made anew; {document['events']} events")
        if part is not Part.EVENTS:
            _rebuild_likeness(services, document, lines)
    show(document, lines, as_json=as_json)


def _told(report: Report) -> Callable[[int, int], None]:
    return lambda block, last: report(block / max(last, 1), f"block {block} of {last}")


def _tell_events(found: list[Damage], document: dict[str, Any], lines: list[str], then: str) -> None:
    document["events"] = [{"kind": each.kind, "subject": str(each.subject), "reason": each.reason} for each in found]
    lines += [f"{each.kind} {each.subject} is {each.reason}" for each in found]
    lines.append(then if found else "the index of events is whole")


def _check_likeness(services: Services, document: dict[str, Any], lines: list[str]) -> bool:
    from offchain.chain import work_hex
    from offchain.workflows.index_care import damage, featureless

    wrong, lacking = list(damage(services)), list(map(work_hex, featureless(services)))
    lines += [f"{error.message} ({error.code})" for error in wrong] or ["the index of likeness is whole"]
    lines += [f"no features of {work}" for work in lacking]
    if wrong or lacking:
        lines.append("colophon index rebuild --part likeness makes it anew")
    document |= {"damage": list(map(problem, wrong)), "featureless": lacking}
    return bool(wrong)


def _rebuild_likeness(services: Services, document: dict[str, Any], lines: list[str]) -> None:
    from offchain.chain import work_hex
    from offchain.workflows.index_care import rebuild as make_anew

    unread: list[tuple[str, ColophonError]] = []

    def note(work: int, error: ColophonError | None) -> None:
        if error is not None:
            unread.append((work_hex(work), error))

    filled = make_anew(services, note)
    document |= {"filled": filled, "unread": [{"work": work} | problem(error) for work, error in unread]}
    lines += [f"{work}: {error.message} ({error.code})" for work, error in unread]
    lines.append(f"the index of likeness is made anew; {filled} works got features")
