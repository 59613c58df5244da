"""Watching for copies: looking again and again where copies of somebody's works may turn up.

    own         the file is the holder's: a master that lies in a folder of theirs, or a pinned rendition
    licensed    it is a registered work that derives from theirs, with an edge to it, or that work's rendition
    earlier     it is a registered work with priority over theirs, so if anything theirs is the copy
    similar     told, no case
    copy        the same as their work, or derived from it: a case

What is as it was at the last scan is not looked at again, unless the holder's works have changed. Every place is noted
by itself, so a scan that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from offchain.errors import InputError, UnavailableError
from offchain.identity import Match
from offchain.store import CaseRecord, SightingRecord
from offchain.workflows.casefiles import Copy, open_case
from offchain.workflows.catalogue import describe
from offchain.workflows.derivation import edges_of
from offchain.workflows.guards import find_title
from offchain.workflows.places import Place
from offchain.workflows.recognition import Recognition, match_json, recognise
from offchain.workflows.services import Services

__all__ = ["Outcome", "Sighting", "Watch", "scan", "works_watched"]

Outcome = Literal["nothing", "own", "licensed", "earlier", "similar", "copy", "unchanged", "skipped"]

_RANK: Final[tuple[Outcome, ...]] = ("nothing", "own", "licensed", "earlier", "similar", "copy")
"""Of what several matches of one file say, the last counts."""

_PASSING: Final = frozenset({"file-unreadable", "rendition-missing", "feed-unreachable"})
"""Errors that may be gone at the next scan, although the place looks the same."""

_MAX_ANCESTORS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Watch:
    """Whose works are looked for, and how.

    Attributes:
        holder: EIP-55 address.
        works: whose title the holder has.
        opens_cases: False to tell only, and to keep nothing.
    """

    holder: str
    works: frozenset[int]
    opens_cases: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen at one place.

    Attributes:
        place: where.
        outcome: see the module; `unchanged` and `skipped` were not compared.
        matches: works of the holder that it matches, as `match_json` tells them.
        cases: opened now or before.
        opened: how many of them are new.
        error: why it was skipped.
    """

    place: Place
    outcome: Outcome
    matches: tuple[dict[str, Any], ...] = ()
    cases: tuple[CaseRecord, ...] = ()
    opened: int = 0
    error: InputError | UnavailableError | None = None


def works_watched(services: Services, holder: str) -> frozenset[int]:
    """Works whose title an account holds; those that this catalogue has not met are looked up, to be recognised."""
    with services.store.snapshot() as tx:
        works = tx.events.works_held_by(holder)
        unknown = [work for work in works if tx.works.find(work) is None]
    for work in unknown:
        describe(services, work)
    return frozenset(works)


def scan(
    services: Services, watch: Watch, places: Sequence[Place], report: Callable[[float, str], None]
) -> Iterator[Sighting]:
    """Look at every place once.

    Args:
        services: of this process.
        watch: whose works, and how.
        places: to look at.
        report: told how far it is, 0 to 1, and where.

    Raises:
        UnavailableError: a node or the store is away, or `decoder-away`: scanning again goes on there.
    """
    works = hashlib.sha256(b"".join(work.to_bytes(32, "big") for work in sorted(watch.works))).digest()
    for at, place in enumerate(places):
        report(at / len(places), place.where.name)
        stamp = hashlib.sha256(place.stamp.encode() + works).digest()
        with services.store.snapshot() as tx:
            before = tx.sightings.find(watch.holder, place.key)
        if before is not None and before.stamp == stamp:
            yield Sighting(place, "unchanged")
            continue
        sighting = _look(services, watch, place)
        if watch.opens_cases and (sighting.error is None or sighting.error.code not in _PASSING):
            _note(services, watch, sighting, stamp)
        yield sighting


def _look(services: Services, watch: Watch, place: Place) -> Sighting:
    try:
        with place.opened() as path:
            # The copy that is compared is the one that is shown, whatever becomes of the file meanwhile.
            spooled = services.vault.spool(path, place.where.name)
    except InputError as error:
        return Sighting(place, "skipped", error=error)
    except UnavailableError as error:
        if error.code not in _PASSING:
            raise
        return Sighting(place, "skipped", error=error)
    try:
        return _compare(services, watch, place, spooled)
    except InputError as error:
        return Sighting(place, "skipped", error=error)
    finally:
        services.vault.drop(spooled)


def _compare(services: Services, watch: Watch, place: Place, path: Path) -> Sighting:
    found = recognise(services, path, name=place.where.name)
    origin = place.work if place.work is not None else _origin(services, found)
    matches = [match for match in found.matches if match.work_id in watch.works]
    told = tuple(match_json(match, found.titles) for match in matches)
    if _is_own(watch, place, found, origin) or _is_published(services, matches, found.identity.work_id):
        return Sighting(place, "own", told)
    judged = [(match, _outcome(services, match, origin)) for match in matches]
    outcome: Outcome = max((each for _, each in judged), key=_RANK.index, default="nothing")
    copies = [match for match, each in judged if each == "copy"] if watch.opens_cases else []
    when = services.now() if copies else 0
    opened = [
        open_case(services, watch.holder, Copy(path, found.identity, match, place.where, when)) for match in copies
    ]
    return Sighting(place, outcome, told, tuple(case for case, _ in opened), sum(new for _, new in opened))


def _origin(services: Services, found: Recognition) -> int | None:
    """The registered work whose master or published rendition these very bytes are."""
    if found.matches and found.matches[0].likeness is None:
        return found.matches[0].work_id
    with services.store.snapshot() as tx:
        record = tx.works.by_rendition(found.identity.work_id.to_bytes(32, "big"))
    return None if record is None else record.id


def _is_own(watch: Watch, place: Place, found: Recognition, origin: int | None) -> bool:
    """A master in a folder is the holder's; one that a feed hands out has got away, as masters are never published."""
    return origin in watch.works and not (place.where.kind == "url" and origin == found.identity.work_id)


def _is_published(services: Services, matches: Sequence[Match], digest: int) -> bool:
    """Whether one of the holder's works that it matches names it as a rendition, wherever that was pinned."""
    described = [describe(services, match.work_id).metadata for match in matches]
    return any(int(each.sha256, 16) == digest for metadata in described if metadata for each in metadata.renditions)


def _outcome(services: Services, match: Match, origin: int | None) -> Outcome:
    if origin is not None and origin != match.work_id:
        if match.work_id in _ancestors(services, origin):
            return "licensed"
        if _priority(services, origin) < _priority(services, match.work_id):
            return "earlier"
    return "similar" if match.decision == "similar" else "copy"


def _ancestors(services: Services, work: int) -> set[int]:
    """Works that a work derives from, by edges, over any number of steps."""
    seen: set[int] = set()
    waiting = [work]
    with services.store.snapshot() as tx:
        while waiting and len(seen) < _MAX_ANCESTORS:
            child = waiting.pop()
            parents = {edge.parent for edge in edges_of(child, tx.events.of_work(child))} - seen
            seen |= parents
            waiting += parents
    return seen


def _priority(services: Services, work: int) -> tuple[int, int]:
    """Time of the commitment, then block of the registration; a title that is gone has no priority."""
    title = find_title(services, work)
    with services.store.snapshot() as tx:
        record = tx.events.title(work)
    return (2**64, 0) if title is None or record is None else (title.priority_at, record.block)


def _note(services: Services, watch: Watch, sighting: Sighting, stamp: bytes) -> None:
    outcome = sighting.outcome if sighting.error is None else sighting.error.code
    record = SightingRecord(
        account=watch.holder, place=sighting.place.key, stamp=stamp, outcome=outcome, seen_at=services.now()
    )
    with services.store.transaction() as tx:
        tx.sightings.put(record)
