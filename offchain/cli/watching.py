"""`colophon watch` and `cases`: copies of one's works, found after registration, and the evidence for them."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import signing_session
from offchain.cli.options import Account, AsJson, Keystore, PasswordFile
from offchain.cli.output import moment, progress, show
from offchain.errors import InputError

if TYPE_CHECKING:
    from offchain.workflows.places import Place
    from offchain.workflows.services import Services
    from offchain.workflows.watching import Sighting, Watch

__all__ = ["cases", "watch"]

_TOLD: Final = frozenset({"own", "licensed", "earlier", "similar", "copy", "skipped"})
"""Outcomes that a reader is told place by place; of the others only how many there were."""


def watch(
    places: Annotated[
        list[str] | None,
        typer.Argument(metavar="PLACE", help="Folders, files, and the URLs of feeds.", show_default=False),
    ] = None,
    registered: Annotated[
        bool, typer.Option("--registered", help="Look at works that others registered, too.")
    ] = False,
    every: Annotated[
        int | None, typer.Option("--every", min=1, metavar="SECONDS", help="Scan again and again, with this pause.")
    ] = None,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what is found; open no case, note nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look for copies of your works, and open a case for each.

    What has not changed since the last scan is not looked at again. A case is a file of evidence on IPFS; its URI is
    what a dispute takes. No case: your own works and their renditions, registered derivatives under your licences,
    works with priority over yours, and what is only similar.
    """
    if not places and not registered:
        raise InputError(
            "nothing-watched", "there is nothing to look at", "name folders, files or feeds, or give --registered"
        )
    with signing_session(Key(account, keystore, password_file)) as session:
        while True:
            document = _scanned(session.services, session.signer.address, places or [], registered, dry_run)
            show(document, _lines(document), as_json=as_json)
            if every is None:
                return
            sys.stdout.flush()
            time.sleep(every)
            session.services.advance()


def cases(
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the cases that `watch` opened, newest first."""
    from offchain.workflows.casefiles import case_json, cases_of

    with signing_session(Key(account, keystore, password_file)) as session:
        found = [case_json(case) for case in cases_of(session.services, session.signer.address)]
    show({"cases": found}, [line for case in found for line in _case_lines(case)] or ["no cases"], as_json=as_json)


def _scanned(services: Services, holder: str, named: list[str], registered: bool, dry_run: bool) -> dict[str, Any]:
    from offchain.workflows.watching import Watch, scan, works_watched

    whose = Watch(holder, works_watched(services, holder), opens_cases=not dry_run)
    with progress("Watching") as report:
        places = list(_places(services, whose, named, registered))
        seen = list(scan(services, whose, places, report))
    counts = Counter(each.outcome for each in seen)
    return {
        "holder": holder,
        "works": len(whose.works),
        "dry_run": dry_run,
        "opened": sum(each.opened for each in seen),
        "outcomes": dict(sorted(counts.items())),
        "sightings": [_sighting_json(each) for each in seen if each.outcome in _TOLD],
    }


def _places(services: Services, whose: Watch, named: list[str], registered: bool) -> Iterator[Place]:
    from offchain.workflows.feeds import is_url, media_of
    from offchain.workflows.places import files_of, works_of_others

    for name in named:
        yield from media_of(services, name) if is_url(name) else files_of(Path(name))
    if registered:
        yield from works_of_others(services, whose.holder)


def _sighting_json(sighting: Sighting) -> dict[str, Any]:
    from offchain.workflows.casefiles import case_json

    error = sighting.error
    return {
        "kind": sighting.place.where.kind,
        "where": sighting.place.where.name,
        "outcome": sighting.outcome,
        "matches": list(sighting.matches),
        "cases": [case_json(case) for case in sighting.cases],
        "error": None if error is None else {"code": error.code, "message": error.message},
    }


def _lines(document: dict[str, Any]) -> Iterator[str]:
    for seen in document["sightings"]:
        why = [f"{seen['error']['message']} ({seen['error']['code']})"] if seen["error"] else []
        why += [f"{each['decision']}: {each['why']}" for each in seen["matches"][:1]]
        yield f"{seen['outcome']:<9} {seen['where']}  {'; '.join(why)}".rstrip()
        for case in seen["cases"]:
            yield f"          case {case['case']}  {case['evidence']}"
    counts = ", ".join(f"{count} {outcome}" for outcome, count in document["outcomes"].items()) or "nothing there"
    opened = document["opened"]
    yield f"{counts}; {opened} case{'' if opened == 1 else 's'} opened"


def _case_lines(case: dict[str, Any]) -> Iterator[str]:
    yield f"{case['case']}  {moment(case['since'])}  {case['decision']} of {case['work']}"
    yield f"   found    {case['found']}"
    yield f"   evidence {case['evidence']}"
    if case["exhibit"]:
        yield f"   exhibit  {case['exhibit']}"
