"""Titles and licences as they stand, folded from their events.

A view is always the fold of all events of its subject, never an update of what it was, so that removing events
leaves exactly what their absence would have given. One value no event carries: `MetadataUpdate` says that a work's
metadata changed, not to what. It is asked of the chain, as it is at its head when the title is folded; old states are
not asked for, since few nodes keep them. A rebuild asks at the head too, so it ends with the same digest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from offchain.chain.structs import ZERO_ADDRESS
from offchain.store import EventRecord, LicenceRecord, TitleRecord, UnitOfWork

__all__ = ["fold_licence", "fold_title", "folded_licences", "project", "titles", "touched", "updated"]

_AT_ONCE: Final = 500
"""Subjects whose events are read together."""


def touched(events: Iterable[EventRecord]) -> tuple[set[int], set[int]]:
    """Works whose titles, and licences, these events are about."""
    works, licences = set(), set()
    for each in events:
        if each.contract == "WorkRegistry" and each.work is not None:
            works.add(each.work)
        if each.licence is not None:
            licences.add(each.licence)
    return works, licences


def project(
    tx: UnitOfWork, works: Iterable[int], licences: Iterable[int], metadata_of: Callable[[int], bytes | None]
) -> None:
    """Fold these titles and licences again.

    Args:
        tx: where the events are and the views go.
        works: whose titles.
        licences: numbers.
        metadata_of: sha256 of a work's metadata as it is now; None where the chain has no such work any more.
    """
    for some in _portions(works):
        tx.events.put_titles(some, titles(tx, some, metadata_of))
    for some in _portions(licences):
        tx.events.put_licences(some, folded_licences(tx, some))


def updated(tx: UnitOfWork, works: Iterable[int]) -> set[int]:
    """Those of these works whose metadata were updated: the chain is asked what they are now."""
    return {work for some in _portions(works) for work in tx.events.updated(some)}


def titles(tx: UnitOfWork, works: Collection[int], metadata_of: Callable[[int], bytes | None]) -> Iterator[TitleRecord]:
    """The titles of these works, those that are registered, folded from the events."""
    events: dict[int | None, list[EventRecord]] = defaultdict(list)
    for event in tx.events.of_titles(works):
        events[event.work].append(event)
    return (title for work in works if (title := fold_title(events[work], metadata_of)) is not None)


def folded_licences(tx: UnitOfWork, numbers: Collection[int]) -> Iterator[LicenceRecord]:
    """These licences, those that stand, folded from the events."""
    events: dict[int, list[EventRecord]] = {number: [] for number in numbers}
    for event in tx.events.of_licences(numbers):
        for number in _licences(event):
            if number in events:
                events[number].append(event)
    return (found for number in numbers if (found := fold_licence(number, events[number])) is not None)


def _licences(event: EventRecord) -> Iterable[int]:
    """Numbers that an event is about: a sale names the first, and how many."""
    if event.name == "LicenceSold":
        first = int(event.args["licence"])
        return range(first, first + int(event.args["quantity"]))
    return () if event.licence is None else (event.licence,)


def _portions(numbers: Iterable[int]) -> Iterator[list[int]]:
    left = iter(sorted(numbers))
    while some := list(islice(left, _AT_ONCE)):
        yield some


def fold_title(events: Sequence[EventRecord], metadata_of: Callable[[int], bytes | None]) -> TitleRecord | None:
    """A title from the events of its work, oldest first; None when it is not registered.

    Where its metadata was updated the digest is the current one that `metadata_of` tells, not one of the past.
    """
    title: TitleRecord | None = None
    updated = False
    epoch = 0
    for event in events:
        if event.contract != "WorkRegistry":
            continue
        if event.name == "WorkRegistered":
            title, updated = _registered(event), False
        elif event.name == "MetadataUpdate":
            updated = True
        elif event.name == "WorkEpochAdvanced":
            epoch = int(event.args["epoch"])
        elif title is not None:
            _change(title, event)
    if title is not None:
        title.epoch = epoch
        if updated:
            title.metadata_digest = metadata_of(title.work) or title.metadata_digest
    return title


def _change(title: TitleRecord, event: EventRecord) -> None:
    """What may happen to a title again and again."""
    if event.name == "Transfer" and event.args["to"] != ZERO_ADDRESS:
        title.holder = event.args["to"]
    elif event.name == "DisputeMarked":
        title.disputed = event.args["open"]
    elif event.name == "Retitled":
        title.holder, title.series, title.disputed = event.args["winner"], int(event.args["series"]), False


def fold_licence(number: int, events: Sequence[EventRecord]) -> LicenceRecord | None:
    """A licence from its events, oldest first; None when it was not sold, or was given back."""
    licence: LicenceRecord | None = None
    for event in events:
        if event.name == "LicenceSold":
            first = int(event.args["licence"])
            licence = _sold(event, number) if first <= number < first + int(event.args["quantity"]) else None
        elif licence is None:
            continue
        elif event.name == "LicenceRefunded":
            return None
        elif event.name == "SubscriptionUpdate":
            licence.expiry = int(event.args["expiration"])
        elif event.name == "Transfer" and event.args["from"] != ZERO_ADDRESS:
            licence.holder = event.args["to"]
    return licence


def _registered(event: EventRecord) -> TitleRecord:
    args = event.args
    return TitleRecord(
        work=int(args["work"]),
        registrant=args["registrant"],
        holder=args["registrant"],
        metadata_digest=_bytes(args["metadata"]),
        provenance_digest=_bytes(args["provenance"]),
        iscc=_bytes(args["iscc"]),
        upstream=int(args["upstream"]),
        final_at=int(args["finalAt"]),
        epoch=0,
        block=event.block,
        tx_hash=event.tx_hash,
    )


def _sold(event: EventRecord, number: int) -> LicenceRecord:
    args = event.args
    return LicenceRecord(
        number=number,
        work=int(args["work"]),
        holder=args["holder"],
        payer=args["payer"],
        offer=int(args["offer"]),
        terms=int(args["terms"]),
        currency=int(args["currency"]),
        price=int(args["price"]),
        expiry=int(args["expiry"]),
        block=event.block,
        tx_hash=event.tx_hash,
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
