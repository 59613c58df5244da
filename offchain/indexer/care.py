"""Care of the event index: compare it with the chain row by row, and repair what differs.

Nothing is trusted but the chain: every window is read and decoded again, and every title and licence folded again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Final

from offchain.chain.contracts import Contracts
from offchain.errors import UnavailableError
from offchain.indexer.indexer import Indexer, patiently
from offchain.indexer.projection import folded_licences, project, titles
from offchain.indexer.rows import INDEXED, row
from offchain.indexer.window import Window
from offchain.store import EventRecord, LicenceRecord, Store, TitleRecord

__all__ = ["Damage", "damage", "rebuild", "repair"]

_WIDEST: Final = 10_000
_AT_ONCE: Final = 500

Report = Callable[[int, int], None]
"""Told the last block that was done, and the last of all."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that differs from the chain.

    Attributes:
        kind: `block`, `event`, `title` or `licence`.
        subject: block number of the first two; id of the others.
        reason: `missing`, `extra` or `changed`.
    """

    kind: str
    subject: int
    reason: str


def damage(indexer: Indexer, contracts: Contracts, store: Store, report: Report = lambda *_: None) -> Iterator[Damage]:
    """What differs, blocks and events in the order of the chain, then titles and licences.

    Call it when `indexer` has advanced; what lies above the last kept block is not looked at.

    Raises:
        UnavailableError: `chain-down`, `chain-busy`, `chain-error` or `store-unavailable`.
    """
    with store.snapshot() as tx:
        newest = tx.events.last_block()
        extra = tx.events.between(0, contracts.deployment.block - 1)
    yield from (Damage("event", each.block, "extra") for each in extra)
    last = contracts.deployment.block - 1 if newest is None else newest.number
    for first, until, events in _windows(contracts, last):
        yield from _compared(store, first, until, events)
        report(until, last)
    with store.snapshot() as tx:
        works, licences = tx.events.folded()
    for some in _portions(works):
        asked = indexer.ask(some)
        with store.snapshot() as tx:
            stored, anew = {each.work: each for each in tx.events.titles(some)}, titles(tx, some, asked)
            yield from _differing("title", stored, {each.work: each for each in anew})
    for some in _portions(licences):
        with store.snapshot() as tx:
            kept = {each.number: each for each in tx.events.licences(some)}
            yield from _differing("licence", kept, {each.number: each for each in folded_licences(tx, some)})


def repair(indexer: Indexer, contracts: Contracts, store: Store, report: Report = lambda *_: None) -> list[Damage]:
    """Read everything again from the first block that differs on, and fold what differs; what was wrong.

    Raises:
        UnavailableError: as `damage`.
    """
    found = list(damage(indexer, contracts, store, report))
    blocks = [each.subject for each in found if each.kind in {"block", "event"}]
    if blocks:
        # From the last remembered block below: what lies between two remembered blocks is read as one.
        with store.snapshot() as tx:
            below = tx.events.blocks_below(min(blocks), 1)
        indexer.forget_above(below[0].number if below else -1)
        indexer.advance(report)
    works = [each.subject for each in found if each.kind == "title"]
    asked = indexer.ask(works)
    with store.transaction() as tx:
        tx.events.change_alone()
        project(tx, works, [each.subject for each in found if each.kind == "licence"], asked)
    return found


def rebuild(indexer: Indexer, store: Store, report: Report = lambda *_: None) -> int:
    """Forget everything and read it again from the first block; how many events are kept.

    It can be stopped at any time: the next advance goes on where it stood. Until it ends the index holds less than
    the chain, and says so by its lag.

    Raises:
        UnavailableError: as `Indexer.advance`.
    """
    indexer.forget_above(-1)
    with store.snapshot() as tx:
        works, _ = tx.events.folded()
    asked = indexer.ask(works)
    with store.transaction() as tx:
        project(tx, *tx.events.folded(), asked)
    return indexer.advance(report).added


def _windows(contracts: Contracts, last: int) -> Iterator[tuple[int, int, Sequence[EventRecord]]]:
    """Ranges that cover everything from the deployment on, no wider than the node answers for, and their events."""
    addresses = [contracts.deployment.address(name) for name in INDEXED]
    window, first = Window(_WIDEST), contracts.deployment.block
    while first <= last:
        until = min(first + window.width - 1, last)
        try:
            logs = patiently(lambda first=first, until=until: contracts.client.logs(first, until, addresses))  # type: ignore[misc]  # bound now
        except UnavailableError as error:
            if error.code != "chain-error" or until == first:
                raise
            window.refused(until - first + 1)
            continue
        window.answered(until - first + 1, len(logs))
        yield first, until, [row(event) for event in contracts.decode(logs)]
        first = until + 1


def _compared(store: Store, first: int, until: int, anew: Sequence[EventRecord]) -> Iterator[Damage]:
    with store.snapshot() as tx:
        kept, blocks = tx.events.between(first, until), tx.events.blocks_between(first, until)
        stored = {(each.block, each.log_index): _values(each) for each in kept}
    expected = {(each.block, each.log_index): _values(each) for each in anew}
    for place in sorted(stored.keys() | expected.keys()):
        if stored.get(place) != expected.get(place):
            yield Damage("event", place[0], _reason(stored=place in stored, expected=place in expected))
    for number, value in sorted({each.block: each.block_hash for each in anew}.items()):
        if blocks.get(number) != value:
            yield Damage("block", number, _reason(stored=number in blocks, expected=True))


def _differing(
    kind: str, stored: Mapping[int, TitleRecord | LicenceRecord], expected: Mapping[int, TitleRecord | LicenceRecord]
) -> Iterator[Damage]:
    for subject in sorted(stored.keys() | expected.keys()):
        here, there = stored.get(subject), expected.get(subject)
        if (here and _values(here)) != (there and _values(there)):
            yield Damage(kind, subject, _reason(stored=here is not None, expected=there is not None))


def _reason(*, stored: bool, expected: bool) -> str:
    return "changed" if stored and expected else "extra" if stored else "missing"


def _values(record: EventRecord | TitleRecord | LicenceRecord) -> dict[str, object]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def _portions(numbers: Iterable[int]) -> Iterator[list[int]]:
    left = iter(sorted(numbers))
    while some := list(islice(left, _AT_ONCE)):
        yield some
