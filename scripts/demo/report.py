"""The demo on a terminal: what happens now, and the table at the end."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from scripts.demo.checks import Check
from scripts.demo.people import Json, Service
from scripts.demo.story import Story

__all__ = ["show_checks", "show_tables"]

_DOLLAR = 10**6


def show_tables(console: Console, service: Service, story: Story) -> None:
    """Works, licences, and who received what."""
    names = {person.address: person.name for person in story.people.values()}
    titles = {work["work"]: title for title, work in story.works.items()}
    console.print(_works(service, story), _licences(story, names, titles), _money(service, story))


def show_checks(console: Console, checks: Sequence[Check]) -> None:
    """Each check with its parts."""
    console.print()
    for check in checks:
        mark = "[green]✔[/]" if check.passed else "[red]✘[/]"
        console.print(f"{mark} {check.question}")
        for part, held in check.parts:
            console.print(f"    {'·' if held else '[red]✘[/]'} {part}", highlight=False)


def _works(service: Service, story: Story) -> Table:
    table = Table(title="Works", title_justify="left", show_lines=True)
    for column in ("work", "holder", "id and ISCC", "CIDs", "parents"):
        table.add_column(column, overflow="fold")
    for title, work in story.works.items():
        known = service.get(f"/v1/works/{work['work']}")
        cids = [f"{rendition['role']} {rendition['cid']}" for rendition in work["renditions"]]
        cids += [f"metadata {work['metadata']}"] + ([f"provenance {work['provenance']}"] if work["provenance"] else [])
        parents = [f"{each['upstream_ppm'] / 10_000:g} % to {each['work'][:10]}…" for each in known["parents"]]
        identity = f"{work['work']}\n{work['iscc'] or 'no ISCC: featureless'}"
        table.add_row(title, known["creator"], identity, "\n".join(cids), "\n".join(parents) or "–")
    return table


def _licences(story: Story, names: dict[str, str], titles: dict[str, str]) -> Table:
    table = Table(title="Licences (prices by the linear programme)", title_justify="left")
    for column in ("licence", "work", "tier", "holder", "price"):
        table.add_column(column, justify="right" if column == "price" else "left")
    for each in story.licences:
        row = (each["licence"], titles[each["work"]], each["tier"], names[each["holder"]])
        table.add_row(*row, _dollars(each["price"]))
    return table


def _money(service: Service, story: Story) -> Table:
    table = Table(title="Who received what", title_justify="left")
    for column in ("account", "earned", "claimed", "left"):
        table.add_column(column, justify="left" if column == "account" else "right")
    for person in story.people.values():
        totals: list[Json] = service.get(f"/v1/statements/{person.address}")["totals"]
        for total in totals:
            amounts = [_dollars(total[key]) for key in ("earned", "claimed", "claimable")]
            table.add_row(f"{person.name} {person.address}", *amounts)
    return table


def _dollars(minor: str) -> str:
    """TestDollar's minor units, exact to the last one."""
    whole, cents = divmod(int(minor), _DOLLAR)
    return f"{whole:,}.{cents:06d} TUSD"
