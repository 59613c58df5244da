"""`colophon storage`: whether what is pinned is still there byte for byte, repair, what nobody needs, and CAR files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offchain.cli.opening import quiet_logs, reading_session
from offchain.cli.options import AsJson
from offchain.cli.output import aligned, progress, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from offchain.storage import PinSet
    from offchain.storage.check import Finding
    from offchain.workflows.holdings import Holding

__all__ = ["storage"]

_DAMAGED: Final = 1

storage = typer.Typer(help="What is on IPFS: check, repair, sweep, export, import.", rich_markup_mode=None)


@storage.command()
def check(
    every: Annotated[bool, typer.Option("--all", help="Every file.")] = False,
    sample: Annotated[int, typer.Option(min=1, metavar="N", help="So many files, drawn at random.")] = 100,
    as_json: AsJson = False,
) -> int:
    """Read pinned files back from every node and hash them.

    Files are those of the works registered here, and the standard terms. Exits with 0 when every node has every byte
    of what was read, and with 1 when not.
    """
    from offchain.storage.check import check as check_file

    with _pinned() as (pins, files):
        chosen = files if every else _drawn(files, sample)
        findings = _walk(chosen, "checking", lambda holding: check_file(pins, holding.cid))
        return _tell(pins, chosen, findings, len(files), as_json=as_json)


@storage.command()
def repair(as_json: AsJson = False) -> int:
    """Give nodes back what they lost.

    Checks every file at every node and sends what is missing out of what the other nodes have. Exits with 0 when every
    node then has every byte, and with 1 when not.
    """
    from offchain.storage.check import check as check_file
    from offchain.storage.check import repair as repair_file

    with _pinned() as (pins, files):
        findings = _walk(files, "repairing", lambda holding: repair_file(pins, check_file(pins, holding.cid)))
        return _tell(pins, files, findings, len(files), as_json=as_json)


@storage.command()
def sweep(
    remove: Annotated[bool, typer.Option("--remove", help="Unpin them; without it they are only told.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find pins that nothing needs.

    They are of works handed in here whose registration was given up at least two days ago, and parts of uploads that
    were broken off. Only what this machine drafted or sealed is looked at: others' pins on the same node stay.
    """
    import time

    from offchain.chain import work_hex
    from offchain.workflows.sweeping import strays
    from offchain.workflows.sweeping import sweep as unpin

    with reading_session() as services:
        found = []
        for stray in strays(services, time.time()):
            if remove:
                unpin(services, stray)
            found.append(stray)
    told = [{"cid": each.cid, "work": work_hex(each.work), "nodes": list(each.nodes)} for each in found]
    done = "unpinned" if remove else "to unpin with --remove"
    lines = [f"{each.cid} of {work_hex(each.work)} at {', '.join(each.nodes)}" for each in found]
    show({"removed": remove, "pins": told}, [*lines, f"{len(found)} pins {done}"], as_json=as_json)


@storage.command()
def export(
    cid: Annotated[str, typer.Argument(help="CID of a file.")],
    out: Annotated[Path, typer.Option("--out", help="Where the CAR file shall lie.")],
    as_json: AsJson = False,
) -> None:
    """Write a file of IPFS to a CAR file, which any node imports."""
    from offchain.storage import normal_cid
    from offchain.storage.archive import export_car

    size = export_car(_nodes(), cid, out)
    document = {"cid": normal_cid(cid), "car": str(out), "bytes": size}
    show(document, aligned((name, str(value)) for name, value in document.items()), as_json=as_json)


@storage.command("import")
def import_(
    car: Annotated[Path, typer.Argument(help="A CAR file (version 1) of one file.")],
    as_json: AsJson = False,
) -> None:
    """Pin the file that a CAR file holds; every block is verified first."""
    from offchain.storage.archive import import_car

    cid = import_car(_nodes(), car)
    show({"cid": cid}, [f"pinned  {cid}"], as_json=as_json)


def _nodes() -> PinSet:
    from offchain.config import load_settings
    from offchain.storage import open_pins

    quiet_logs()
    settings = load_settings()
    return open_pins(settings.ipfs_url, settings.pin_quorum)


@contextmanager
def _pinned() -> Iterator[tuple[PinSet, list[Holding]]]:
    """The nodes, and the files that they should keep; the chain is not asked."""
    from offchain.config import load_settings
    from offchain.store import open_store
    from offchain.workflows.holdings import offered_holdings

    pins, store = _nodes(), open_store(load_settings().database_url)
    try:
        yield pins, list(offered_holdings(store))
    finally:
        store.close()


def _drawn(files: list[Holding], count: int) -> list[Holding]:
    import random

    return random.SystemRandom().sample(files, min(count, len(files)))


def _walk(
    files: list[Holding], title: str, look: Callable[[Holding], tuple[Finding, ...]]
) -> list[tuple[Holding, Finding]]:
    found: list[tuple[Holding, Finding]] = []
    with progress(title) as report:
        for number, holding in enumerate(files):
            report(number / len(files), f"{number} of {len(files)} files")
            found += [(holding, finding) for finding in look(holding)]
    return found


def _tell(pins: PinSet, files: list[Holding], found: list[tuple[Holding, Finding]], kept: int, *, as_json: bool) -> int:
    wrong = [_wrong_json(holding, finding) for holding, finding in found if finding.error is not None]
    intact = {holding.cid: 0 for holding in files}
    for holding, finding in found:
        intact[holding.cid] += finding.error is None
    below = [cid for cid, nodes in intact.items() if nodes < pins.quorum]
    document = {
        "nodes": len(pins.nodes),
        "quorum": pins.quorum,
        "files": kept,
        "checked": len(files),
        "below_quorum": below,
        "wrong": wrong,
    }
    lines = [f"{len(files)} of {kept} files read from {len(pins.nodes)} nodes, {len(wrong)} findings"]
    for each in wrong:
        lines += [f"{each['cid']} at {each['node']}"]
        lines += [f"  {line}" for line in aligned((name, str(each[name])) for name in ("role", "work", "why", "code"))]
    lines += [f"below the quorum of {pins.quorum}: {cid}" for cid in below]
    show(document, lines, as_json=as_json)
    return _DAMAGED if wrong else 0


def _wrong_json(holding: Holding, finding: Finding) -> dict[str, Any]:
    from offchain.chain import work_hex

    assert finding.error is not None  # noqa: S101 - the caller chose those that have one
    return {
        "cid": holding.cid,
        "node": finding.node,
        "role": holding.role,
        "work": None if holding.work is None else work_hex(holding.work),
        "code": finding.error.code,
        "why": finding.error.message,
    }
