"""`colophon takedown`: works that may not be offered here any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.opening import reading_session
from offchain.cli.options import AsJson
from offchain.cli.output import show

if TYPE_CHECKING:
    from offchain.workflows.takedowns import Takedown

__all__ = ["takedown"]

takedown = typer.Typer(help="Take works down: issue, list, lift.", rich_markup_mode=None)

_LIMIT = 100

Work = Annotated[str, typer.Argument(metavar="WORK", help="Id of the work.")]


@takedown.command()
def issue(
    work: Work,
    kind: Annotated[str, typer.Option(help="court, rights-holder or operator.")],
    reference: Annotated[str, typer.Option(help="For people to look up.")],
    reason: Annotated[str, typer.Option(help="Told in public.")],
    as_json: AsJson = False,
) -> None:
    """Offer a work no more: no quote, order, key or content of it, and no registration of a copy.

    Its title, the licences that were sold and its royalties stay. The running service lets the IPFS nodes forget its
    content; without one, this command does.
    """
    from offchain.errors import InputError
    from offchain.workflows.takedowns import KINDS, find_takedown, settle
    from offchain.workflows.takedowns import issue as begin

    if kind not in KINDS:
        raise InputError("kind-unknown", f"{kind!r} is no kind of notice", f"write one of {', '.join(KINDS)}")
    with reading_session() as services:
        made = begin(services, _number(work), kind, reference, reason)
        settle(services)
        _show([find_takedown(services, made.record.id)], as_json=as_json)


@takedown.command("list")
def list_(
    work: Annotated[str | None, typer.Option("--work", help="About this work alone.")] = None, as_json: AsJson = False
) -> None:
    """The newest hundred notices, those that were lifted too."""
    from offchain.workflows.takedowns import list_takedowns

    with reading_session() as services:
        about = None if work is None else _number(work)
        _show(list_takedowns(services, _LIMIT, work=about), as_json=as_json)


@takedown.command()
def lift(
    number: Annotated[str, typer.Argument(metavar="NOTICE", help="Id of the notice.")],
    reason: Annotated[str, typer.Option(help="Told in public.")],
    as_json: AsJson = False,
) -> None:
    """Offer the work again, and pin its content again."""
    from offchain.workflows.takedowns import find_takedown, settle
    from offchain.workflows.takedowns import lift as end

    with reading_session() as services:
        end(services, number, reason)
        settle(services)
        _show([find_takedown(services, number)], as_json=as_json)


def _number(work: str) -> int:
    from offchain.errors import InputError

    try:
        return int(work, 16)
    except ValueError as error:
        raise InputError("work-malformed", f"{work!r} is no work's id", "write 0x and 64 hex digits") from error


def _show(found: list[Takedown], *, as_json: bool) -> None:
    from offchain.chain import work_hex

    told: list[dict[str, Any]] = [
        {
            "id": each.record.id,
            "work": work_hex(each.record.work),
            "kind": each.record.kind,
            "reference": each.record.reference,
            "reason": each.record.reason,
            "active": each.record.active,
            "settled": each.record.settled,
            "acts": [{"act": act.act, "account": act.account, "text": act.text, "at": act.at} for act in each.acts],
        }
        for each in found
    ]
    lines = [
        f"{each['id']}  {each['work'][:10]}…  {'in force' if each['active'] else 'lifted'}  {each['reference']}"
        for each in told
    ]
    show({"takedowns": told}, lines or ["nothing is taken down"], as_json=as_json)
