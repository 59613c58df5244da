"""Logs of the contracts as decoded events."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from web3.types import LogReceipt

from offchain.chain.abi import entries
from offchain.errors import UnavailableError

__all__ = ["ChainEvent", "decode_logs"]

_WORD: Final = 32
_ONE_WORD: Final = re.compile(r"u?int\d*|address|bool|bytes\d+")


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
    lowered = {address.lower(): name for address, name in names.items()}
    events = (_decode(log, lowered.get(log["address"].lower())) for log in logs)
    return [event for event in events if event is not None]


def _decode(log: LogReceipt, contract: str | None) -> ChainEvent | None:
    topics = [bytes(topic) for topic in log["topics"]]
    known = _by_topic(contract).get(topics[0]) if contract is not None and topics else None
    if contract is None or known is None:
        return None
    return ChainEvent(
        contract,
        known.name,
        known.read(topics[1:], bytes(log["data"])),
        log["blockNumber"],
        bytes(log["blockHash"]),
        bytes(log["transactionHash"]),
        log["logIndex"],
    )


class _Event:
    """How to read one kind of event, found out once: nearly all values are one word, which needs no ABI decoder."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.name: str = entry["name"]
        self._names = [each["name"] for each in entry["inputs"]]
        self._indexed = [(each["name"], _reader(each)) for each in entry["inputs"] if each["indexed"]]
        beside = [each for each in entry["inputs"] if not each["indexed"]]
        self._beside = [(each["name"], _reader(each)) for each in beside]
        self._types = [collapse_if_tuple(each) for each in beside]
        self._plain = all(_is_word(each["type"]) for each in beside)

    def read(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """Its values by name, in the order of the ABI.

        Raises:
            UnavailableError: `chain-error`, the log is cut short or holds what no contract emits.
        """
        try:
            # Every indexed value of our events is one word.
            values = {name: read(topic) for (name, read), topic in zip(self._indexed, topics, strict=True)}
            values.update(self._words(data) if self._plain else self._decoded(data))
        except (ValueError, DecodingError) as error:
            raise UnavailableError(
                "chain-error", f"the chain's node gave a log of {self.name} that cannot be read", "check the node"
            ) from error
        return {name: values[name] for name in self._names}

    def _words(self, data: bytes) -> dict[str, Any]:
        if len(data) != _WORD * len(self._beside):
            raise ValueError(len(data))
        words = range(0, len(data), _WORD)
        return {name: read(data[at : at + _WORD]) for (name, read), at in zip(self._beside, words, strict=True)}

    def _decoded(self, data: bytes) -> dict[str, Any]:
        values = decode(self._types, data)
        return {
            name: to_checksum_address(value) if type_ == "address" else value
            for (name, _), type_, value in zip(self._beside, self._types, values, strict=True)
        }


def _is_word(type_: str) -> bool:
    return _ONE_WORD.fullmatch(type_) is not None


def _reader(given: dict[str, Any]) -> Callable[[bytes], Any]:
    """Reads a word as the ABI has it (Solidity ABI specification, "Formal specification of the encoding")."""
    type_: str = given["type"]
    if type_ == "address":
        return _address
    if type_ == "bool":
        return _bool
    if type_.startswith("bytes"):
        width = int(type_.removeprefix("bytes") or _WORD)
        return lambda word: word[:width]
    if type_.startswith("int"):
        return lambda word: int.from_bytes(word, signed=True)
    return int.from_bytes


@lru_cache(maxsize=65_536)
def _address(word: bytes) -> str:
    if any(word[:12]):
        raise ValueError(word)
    return to_checksum_address(word[12:])


def _bool(word: bytes) -> bool:
    value = int.from_bytes(word)
    if value > 1:
        raise ValueError(word)
    return value == 1


@cache
def _by_topic(contract: str) -> dict[bytes, _Event]:
    return {bytes(event_abi_to_log_topic(entry)): _Event(entry) for entry in entries(contract, "event")}  # type: ignore[arg-type]  # ABI JSON
