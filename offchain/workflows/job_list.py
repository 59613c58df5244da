"""An account's jobs, newest first, a page at a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from dbos import DBOS, WorkflowStatus

from offchain.errors import InputError
from offchain.workflows.engine import Engine
from offchain.workflows.jobs import KINDS, Job, Kind, State

__all__ = ["JobPage", "list_jobs"]

_BATCH: Final = 50
_LOOKED_AT: Final = 500
"""Jobs that one page looks at: where few have the wanted state, a page may be short and still have a next one."""

_CURSOR: Final = re.compile(r"(\d{13,15})-(\d{1,6})")


class _Place(NamedTuple):
    """Where a page begins: behind `given` jobs of the millisecond `at`."""

    at: int
    given: int


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some of an account's jobs.

    Attributes:
        jobs: newest first.
        next: cursor of the next page, None for the last.
    """

    jobs: tuple[Job, ...]
    next: str | None


def list_jobs(
    engine: Engine,
    owner: str,
    limit: int,
    *,
    kinds: Collection[Kind] = KINDS,
    state: State | None = None,
    cursor: str | None = None,
) -> JobPage:
    """A page of the jobs of some kinds that an account began.

    Raises:
        InputError: `cursor-malformed`.
    """
    place, chosen = _place(cursor), list[Job]()
    for looked, status in enumerate(_statuses(owner, kinds, place)):
        if len(chosen) == limit or looked == _LOOKED_AT:
            return JobPage(tuple(chosen), f"{place.at}-{place.given}" if place else None)
        created = int(status.created_at or 0)
        place = _Place(created, place.given + 1 if place is not None and place.at == created else 1)
        job = engine.find(status.workflow_id)
        if job is not None and state in (None, job.state):
            chosen.append(job)
    return JobPage(tuple(chosen), None)


def _statuses(owner: str, kinds: Collection[Kind], start: _Place | None) -> Iterator[WorkflowStatus]:
    """The first workflow of each job."""
    names, offset = list[str](kinds), 0 if start is None else start.given
    # The middle of the millisecond: the journal rounds down.
    until = None if start is None else datetime.fromtimestamp((start.at + 0.5) / 1000, UTC).isoformat()
    while True:
        batch = DBOS.list_workflows(
            user=owner,
            name=names,
            end_time=until,
            offset=offset,
            limit=_BATCH,
            sort_desc=True,
            load_input=False,
            load_output=False,
        )
        yield from batch
        offset += len(batch)
        if len(batch) < _BATCH:
            return


def _place(cursor: str | None) -> _Place | None:
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InputError("cursor-malformed", "this cursor is not ours", "take `next` of the page before")
    return _Place(int(found[1]), int(found[2]))
