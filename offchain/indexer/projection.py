"""Titles and licences as they stand, folded from their events.

A view is always the fold of all events of its subject, never an update of what it was, so that removing events
leaves exactly what their absence would have given. One value no event carries: `MetadataUpdate` says that a work's
metadata changed, not to what. It is asked of the chain, as it is at its head when the title is folded; old states are
not asked for, since few nodes keep them. A rebuild asks at the head too, so it ends with the same digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from offchain.chain.structs import ZERO_ADDRESS
from offchain.store import EventRecord, LicenceRecord, TitleRecord, UnitOfWork

__all__ = ["fold_licence", "fold_title", "project"]


def project(tx: UnitOfWork, touched: Iterable[EventRecord], metadata_of: Callable[[int], bytes | None]) -> None:
    """Fold every title and licence again that these events, new or removed, are about.

    Args:
        tx: where the events are and the views go.
        touched: the events.
        metadata_of: sha256 of a work's metadata as it is now; None where the chain has no such work any more.
    """
    events = list(touched)
    for work in {each.work for each in events if each.contract == "WorkRegistry" and each.work is not None}:
        tx.events.put_title(work, fold_title(tx.events.of_works([work]), metadata_of))
    for number in {each.licence for each in events if each.licence is not None}:
        tx.events.put_licence(number, fold_licence(number, tx.events.of_licence(number)))


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
            licence = _sold(event, number) if number < first + int(event.args["quantity"]) else None
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
