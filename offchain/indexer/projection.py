"""Titles and licences as they stand, folded from their events.

A view is always the fold of all events of its subject, never an update of what it was, so that removing events
leaves exactly what their absence would have given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from offchain.chain.structs import ZERO_ADDRESS
from offchain.store import EventRecord, LicenceRecord, TitleRecord, UnitOfWork

__all__ = ["fold_licence", "fold_title", "project"]


def project(tx: UnitOfWork, touched: Iterable[EventRecord]) -> None:
    """Fold every title and licence again that these events, new or removed, are about."""
    events = list(touched)
    for work in {each.work for each in events if each.contract == "WorkRegistry" and each.work is not None}:
        tx.events.put_title(work, fold_title(tx.events.of_works([work])))
    for number in {each.licence for each in events if each.licence is not None}:
        tx.events.put_licence(number, fold_licence(tx.events.of_licence(number)))


def fold_title(events: Sequence[EventRecord]) -> TitleRecord | None:
    """A title from the events of its work, oldest first; None when it is not registered."""
    title: TitleRecord | None = None
    epoch = 0
    for event in events:
        if event.contract != "WorkRegistry":
            continue
        if event.name == "WorkRegistered":
            title = _registered(event)
        elif event.name == "WorkEpochAdvanced":
            epoch = int(event.args["epoch"])
        elif event.name == "Transfer" and title is not None and event.args["to"] != ZERO_ADDRESS:
            title.holder = event.args["to"]
    if title is not None:
        title.epoch = epoch
    return title


def fold_licence(events: Sequence[EventRecord]) -> LicenceRecord | None:
    """A licence from its events, oldest first; None when it was not sold."""
    licence: LicenceRecord | None = None
    for event in events:
        if event.name == "LicenceSold":
            licence = _sold(event)
        elif event.name == "Transfer" and licence is not None:
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


def _sold(event: EventRecord) -> LicenceRecord:
    args = event.args
    return LicenceRecord(
        number=int(args["licence"]),
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
