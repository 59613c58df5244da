"""Decoded events as rows: which of an event's values stand in which column."""

from __future__ import annotations

from typing import Final

from offchain.chain.events import ChainEvent
from offchain.chain.ledger import share_id
from offchain.store import EventRecord

__all__ = ["INDEXED", "row"]

INDEXED: Final = ("WorkRegistry", "RoyaltyLedger", "OfferBook", "Licensing")
"""Contracts whose events are kept."""

_MONEY: Final = {"work": "work", "currency": "currency", "amount": "amount"}

_COLUMNS: Final[dict[tuple[str, str], dict[str, str]]] = {
    ("WorkRegistry", "WorkRegistered"): {"work": "work", "account": "registrant"},
    ("WorkRegistry", "Transfer"): {"work": "id", "account": "to", "counterparty": "from"},
    ("WorkRegistry", "WorkEpochAdvanced"): {"work": "work"},
    ("WorkRegistry", "MetadataUpdate"): {"work": "_tokenId"},
    ("WorkRegistry", "DisputeMarked"): {"work": "work"},
    ("WorkRegistry", "Retitled"): {"work": "work", "account": "winner", "counterparty": "former"},
    ("WorkRegistry", "EpochAdvanced"): {"account": "account"},
    ("RoyaltyLedger", "Deposited"): {**_MONEY, "account": "payer", "counterparty": "by"},
    ("RoyaltyLedger", "Held"): {**_MONEY, "account": "payer"},
    ("RoyaltyLedger", "Released"): _MONEY,
    ("RoyaltyLedger", "Refunded"): {**_MONEY, "account": "to"},
    ("RoyaltyLedger", "EdgeLinked"): {"work": "child", "related": "parent"},
    ("RoyaltyLedger", "EdgesCleared"): {"work": "child"},
    ("RoyaltyLedger", "Pulled"): {**_MONEY, "work": "parent", "related": "child"},
    ("RoyaltyLedger", "Claimed"): {**_MONEY, "work": "id", "account": "holder", "counterparty": "to"},
    ("RoyaltyLedger", "PushFailed"): {**_MONEY, "work": "id", "account": "holder", "counterparty": "to"},
    ("RoyaltyLedger", "PayoutSet"): {"account": "holder", "counterparty": "to"},
    ("RoyaltyLedger", "SharesRooted"): {"work": "id"},
    ("RoyaltyLedger", "SharesActivated"): {"work": "id", "account": "account", "amount": "units"},
    ("RoyaltyLedger", "AdvanceRequested"): {**_MONEY, "amount": "principal"},
    ("RoyaltyLedger", "AdvancePaid"): {**_MONEY, "account": "advancer", "amount": "principal"},
    ("RoyaltyLedger", "AdvanceWithdrawn"): {**_MONEY, "account": "advancer", "counterparty": "to"},
    ("RoyaltyLedger", "Frozen"): {"work": "work"},
    ("RoyaltyLedger", "Resolved"): {"work": "work", "account": "winner"},
    ("RoyaltyLedger", "Diverted"): {**_MONEY, "account": "winner"},
    ("RoyaltyLedger", "CurrencyAdded"): {"currency": "currency"},
    ("RoyaltyLedger", "Transfer"): {"work": "id", "account": "receiver", "counterparty": "sender", "amount": "amount"},
    ("OfferBook", "OfferMade"): {**_MONEY, "amount": "price"},
    ("OfferBook", "BoundsSet"): {
        "work": "work",
        "account": "holder",
        "counterparty": "delegate",
        "currency": "currency",
    },
    ("OfferBook", "EconomicsSet"): {"work": "work"},
    ("OfferBook", "CountingBegan"): {"work": "work"},
    ("OfferBook", "ExclusiveGranted"): {"work": "work"},
    ("OfferBook", "EpochAdvanced"): {"account": "account"},
    ("Licensing", "LicenceSold"): {
        **_MONEY,
        "licence": "licence",
        "account": "holder",
        "counterparty": "payer",
        "amount": "price",
    },
    ("Licensing", "LicenceRenewed"): {"work": "work", "licence": "licence", "account": "payer", "amount": "price"},
    ("Licensing", "LicenceRefunded"): {"work": "work", "licence": "licence", "account": "holder", "amount": "price"},
    ("Licensing", "SubscriptionUpdate"): {"licence": "tokenId"},
    ("Licensing", "SeatSet"): {"licence": "licence", "account": "account", "counterparty": "holder"},
    ("Licensing", "FeePaid"): {**_MONEY, "related": "child", "account": "payer", "amount": "price"},
    ("Licensing", "PermitUsed"): {"work": "child", "licence": "licence"},
    ("Licensing", "Transfer"): {"licence": "id", "account": "to", "counterparty": "from"},
    ("Licensing", "OrderUsed"): {"account": "buyer"},
    ("Licensing", "EpochAdvanced"): {"account": "account"},
}


def row(event: ChainEvent) -> EventRecord:
    """An event as the store keeps it."""
    columns = _COLUMNS.get((event.contract, event.name), {})
    values = {column: event.args[name] for column, name in columns.items()}
    if event.name == "Retitled":
        values["related"] = share_id(event.args["work"], event.args["series"])
    return EventRecord(
        block_hash=event.block_hash,
        tx_hash=event.tx_hash,
        log_index=event.log_index,
        block=event.block,
        contract=event.contract,
        name=event.name,
        args={name: _json(value) for name, value in event.args.items()},
        **values,
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
