"""Logs of the contracts as decoded events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from web3.types import LogReceipt

from offchain.chain.abi import entries

__all__ = ["ChainEvent", "decode_logs"]


@dataclass(frozen=True, slots=True)
class ChainEvent:
    """One event, and where it stands in the chain.

    Attributes:
        contract: name of the contract that emitted it.
        name: name of the event.
        args: its named values: integers, EIP-55 accounts, bytes, booleans; structs are tuples.
    """

    contract: str
    name: str
    args: Mapping[str, Any]
    block: int
    block_hash: bytes
    tx_hash: bytes
    log_index: int


def decode_logs(logs: Iterable[LogReceipt], names: Mapping[str, str]) -> list[ChainEvent]:
    """Decode the logs of known contracts, in the order given; logs of others, and unknown events, are passed over.

    Args:
        logs: as the node gave them.
        names: contract name by EIP-55 address.
    """
    events = (_decode(log, names.get(to_checksum_address(log["address"]))) for log in logs)
    return [event for event in events if event is not None]


def _decode(log: LogReceipt, contract: str | None) -> ChainEvent | None:
    topics = [bytes(topic) for topic in log["topics"]]
    if contract is None or not topics or topics[0] not in _by_topic(contract):
        return None
    entry = _by_topic(contract)[topics[0]]
    indexed = [given for given in entry["inputs"] if given["indexed"]]
    beside = [given for given in entry["inputs"] if not given["indexed"]]
    args = _values(indexed, b"".join(topics[1:])) | _values(beside, bytes(log["data"]))
    return ChainEvent(
        contract,
        entry["name"],
        {given["name"]: args[given["name"]] for given in entry["inputs"]},
        log["blockNumber"],
        bytes(log["blockHash"]),
        bytes(log["transactionHash"]),
        log["logIndex"],
    )


def _values(inputs: Sequence[dict[str, Any]], data: bytes) -> dict[str, Any]:
    # Every indexed value of our events is one word, so the topics in a row are their ABI encoding.
    values = decode([collapse_if_tuple(given) for given in inputs], data)
    return {
        given["name"]: to_checksum_address(value) if given["type"] == "address" else value
        for given, value in zip(inputs, values, strict=True)
    }


@cache
def _by_topic(contract: str) -> dict[bytes, dict[str, Any]]:
    return {bytes(event_abi_to_log_topic(entry)): entry for entry in entries(contract, "event")}  # type: ignore[arg-type]  # ABI JSON
