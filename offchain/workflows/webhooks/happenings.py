"""What happened, as messages: each confirmed event of the chain and each act of a notice, once for each endpoint.

Only events that count as confirmed are told, so none has to be taken back: `COLOPHON_CONFIRMATIONS` says how deep a
reorganisation may go. An endpoint is told what its account holds, registered or took part in, and what happens to the
works that it follows. All of it can be read by anybody on the chain; nothing private is sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from offchain.chain import ZERO_ADDRESS, work_hex
from offchain.store import EventRecord, UnitOfWork, WebhookMessageRecord, WebhookRecord
from offchain.workflows.services import Services

__all__ = ["TYPES", "Happening", "fan_out", "message"]

_NAMES: Final = MappingProxyType(
    {
        ("WorkRegistry", "WorkRegistered"): "work.registered",
        ("WorkRegistry", "MetadataUpdate"): "work.changed",
        ("WorkRegistry", "Transfer"): "title.transferred",
        ("WorkRegistry", "Retitled"): "title.judged",
        ("WorkRegistry", "DisputeMarked"): "dispute.changed",
        ("Licensing", "LicenceSold"): "licence.sold",
        ("Licensing", "LicenceRenewed"): "licence.renewed",
        ("Licensing", "LicenceRefunded"): "licence.refunded",
        ("Licensing", "Transfer"): "licence.transferred",
        ("RoyaltyLedger", "Deposited"): "royalty.deposited",
        ("RoyaltyLedger", "Pulled"): "royalty.pulled",
        ("RoyaltyLedger", "Claimed"): "royalty.claimed",
    }
)
_NOTICES: Final = MappingProxyType({act: f"takedown.{act}" for act in ("issued", "answered", "lifted")})

TYPES: Final = tuple(sorted({*_NAMES.values(), *_NOTICES.values()}))
"""Every type that an endpoint may ask for."""

_EVENTS: Final = "events"
_ACTS: Final = "acts"
_BLOCKS: Final = 500
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened.

    Attributes:
        type: one of `TYPES`.
        source: names it for ever.
        data: what the message tells.
        accounts: that took part.
        work: id that it is about, or None.
    """

    type: str
    source: str
    data: Mapping[str, Any]
    accounts: frozenset[str]
    work: int | None


def fan_out(services: Services) -> int:
    """Turn what happened since the last time into messages; how many things there were.

    Processes that do it at the same time tell a thing once.

    Raises:
        UnavailableError: the store or the chain does not answer.
    """
    confirmed = services.indexer.standing().confirmed
    with services.store.snapshot() as tx:
        position, acts, last_act = _position(tx, _EVENTS), _position(tx, _ACTS), tx.takedowns.last_act()
        somebody = tx.webhooks.any()
    if position is None or acts is None or not somebody:
        _skip(services, confirmed, last_act)
        return 0
    told = 0
    for after in range(position, confirmed, _BLOCKS):
        told += _tell_blocks(services, after, min(confirmed, after + _BLOCKS))
    return told + (_tell_acts(services) if acts < last_act else 0)


def _skip(services: Services, confirmed: int, last_act: int) -> None:
    """Nobody asked until now, so nothing is told of what happened before."""
    with services.store.transaction() as tx:
        for name, position in ((_EVENTS, confirmed), (_ACTS, last_act)):
            cursor = tx.webhooks.cursor(name)
            if cursor is None:
                tx.webhooks.begin(name, position)
            else:
                cursor.position = max(cursor.position, position)


def message(webhook: str, happening: Happening, now: int) -> WebhookMessageRecord:
    """What an endpoint is sent about something; the same each time it is made."""
    at = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
    body = json.dumps({"type": happening.type, "timestamp": at, "data": happening.data}, separators=(",", ":"))
    number = hashlib.sha256(f"{webhook}/{happening.source}".encode()).hexdigest()[:40]
    return WebhookMessageRecord(
        id=f"msg_{number}",
        webhook=webhook,
        source=happening.source,
        type=happening.type,
        body=body,
        created_at=now,
    )


def _position(tx: UnitOfWork, name: str) -> int | None:
    cursor = tx.webhooks.cursor(name)
    return None if cursor is None else cursor.position


def _tell_blocks(services: Services, after: int, upto: int) -> int:
    now = services.now()
    with services.store.transaction() as tx:
        cursor = tx.webhooks.cursor(_EVENTS)
        if cursor is None or cursor.position != after:
            return 0  # another process was faster
        happened = list(_happened(services, tx.events.between(after + 1, upto)))
        _tell(tx, happened, now)
        cursor.position = upto
    return len(happened)


def _tell_acts(services: Services) -> int:
    now = services.now()
    with services.store.transaction() as tx:
        cursor = tx.webhooks.cursor(_ACTS)
        if cursor is None:
            return 0
        acts = list(tx.takedowns.acts_after(cursor.position, _PAGE))
        happened = [
            Happening(
                _NOTICES[act.act],
                f"takedown-act:{act.sequence}",
                {
                    "work": work_hex(record.work),
                    "takedown": record.id,
                    "kind": record.kind,
                    "reference": record.reference,
                    "account": act.account,
                    "text": act.text,
                },
                frozenset(),
                record.work,
            )
            for act, record in acts
            if act.act in _NOTICES
        ]
        _tell(tx, happened, now)
        if acts:
            cursor.position = acts[-1][0].sequence
    return len(happened)


def _happened(services: Services, events: Iterable[EventRecord]) -> Iterator[Happening]:
    for event in events:
        kind = _NAMES.get((event.contract, event.name))
        if kind is None or (event.name == "Transfer" and event.counterparty == ZERO_ADDRESS):
            continue  # a mint is told as what it belongs to
        accounts = {event.account, event.counterparty} - {None, ZERO_ADDRESS}
        data = {
            "chain_id": services.client.chain_id,
            "contract": services.contracts.deployment.address(event.contract),
            "event": event.name,
            "block": event.block,
            "tx_hash": "0x" + event.tx_hash.hex(),
            "log_index": event.log_index,
            "work": None if event.work is None else work_hex(event.work),
            "licence": None if event.licence is None else str(event.licence),
            "currency": None if event.currency is None else services.currency_at(event.currency).caip19,
            "amount": None if event.amount is None else str(event.amount),
            "args": event.args,
        }
        place = f"{event.block_hash.hex()}:{event.tx_hash.hex()}:{event.log_index}"
        yield Happening(kind, place, data, frozenset(map(str, accounts)), event.work)


def _tell(tx: UnitOfWork, happened: Sequence[Happening], now: int) -> None:
    endpoints = tx.webhooks.all() if happened else []
    works = {each.work for each in happened if each.work is not None}
    owners: dict[int, set[str]] = {}
    for title in tx.events.titles(works) if endpoints else []:
        owners[title.work] = {title.holder, title.registrant}
    for each in happened:
        for endpoint in endpoints:
            if _concerns(endpoint, each, owners.get(each.work or 0, set())):
                tx.webhooks.tell(message(endpoint.id, each, now))


def _concerns(endpoint: WebhookRecord, each: Happening, owners: set[str]) -> bool:
    if endpoint.events and each.type not in endpoint.events:
        return False
    follows = each.work is not None and work_hex(each.work) in endpoint.works
    return follows or endpoint.account in each.accounts or endpoint.account in owners
