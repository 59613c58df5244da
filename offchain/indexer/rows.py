"""Decoded events as rows: which of an event's values stand in which column."""

from __future__ import annotations

from typing import Final

from offchain.chain.events import ChainEvent
from offchain.store import EventRecord

__all__ = ["INDEXED", "row"]

INDEXED: Final = ("WorkRegistry", "RoyaltyLedger", "Licensing")
"""Contracts whose events are kept."""

_COLUMNS: Final[dict[tuple[str, str], dict[str, str]]] = {
    ("WorkRegistry", "WorkRegistered"): {"work": "work", "account": "registrant"},
    ("WorkRegistry", "Transfer"): {"work": "id", "account": "to", "counterparty": "from"},
    ("WorkRegistry", "WorkEpochAdvanced"): {"work": "work"},
    ("WorkRegistry", "MetadataUpdate"): {"work": "_tokenId"},
    ("WorkRegistry", "EpochAdvanced"): {"account": "account"},
    ("RoyaltyLedger", "Deposited"): {
        "work": "work",
        "account": "payer",
        "counterparty": "by",
        "currency": "currency",
        "amount": "amount",
    },
    ("RoyaltyLedger", "EdgeLinked"): {"work": "child", "related": "parent"},
    ("RoyaltyLedger", "EdgesCleared"): {"work": "child"},
    ("RoyaltyLedger", "Pulled"): {"work": "parent", "related": "child", "currency": "currency", "amount": "amount"},
    ("RoyaltyLedger", "Claimed"): {
        "work": "work",
        "account": "holder",
        "counterparty": "to",
        "currency": "currency",
        "amount": "amount",
    },
    ("RoyaltyLedger", "CurrencyAdded"): {"currency": "currency"},
    ("RoyaltyLedger", "Transfer"): {"work": "id", "account": "receiver", "counterparty": "sender", "amount": "amount"},
    ("Licensing", "OfferMade"): {"work": "work", "currency": "currency", "amount": "price"},
    ("Licensing", "BoundsSet"): {
        "work": "work",
        "account": "holder",
        "counterparty": "delegate",
        "currency": "currency",
    },
    ("Licensing", "LicenceSold"): {
        "work": "work",
        "licence": "licence",
        "account": "holder",
        "counterparty": "payer",
        "currency": "currency",
        "amount": "price",
    },
    ("Licensing", "PermitUsed"): {"work": "child", "licence": "licence"},
    ("Licensing", "Transfer"): {"licence": "id", "account": "to", "counterparty": "from"},
    ("Licensing", "OrderUsed"): {"account": "buyer"},
    ("Licensing", "EpochAdvanced"): {"account": "account"},
}


def row(event: ChainEvent) -> EventRecord:
    """An event as the store keeps it."""
    columns = _COLUMNS.get((event.contract, event.name), {})
    return EventRecord(
        block_hash=event.block_hash,
        tx_hash=event.tx_hash,
        log_index=event.log_index,
        block=event.block,
        contract=event.contract,
        name=event.name,
        args={name: _json(value) for name, value in event.args.items()},
        **{column: event.args[name] for column, name in columns.items()},
    )


def _json(value: object) -> object:
    """Numbers as decimal strings, bytes as hex, structs as lists: JSON has nothing wide enough."""
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (tuple, list)):
        return [_json(item) for item in value]
    raise TypeError(type(value))
