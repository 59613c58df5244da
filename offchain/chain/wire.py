"""What a node answers, read past web3's formatters, which take several times as long as all else that happens to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from web3.types import LogReceipt

__all__ = ["Block", "Log", "read_block", "read_log"]

Log: TypeAlias = LogReceipt
"""A log as the node tells it, before its contract has decoded it."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block's header, as far as Colophon needs it; `base_fee` in wei, None before EIP-1559.

    `bloom` is the filter of 2,048 bits over who emitted the block's logs (yellow paper §4.3.1), or 0.
    """

    number: int
    hash: bytes
    parent: bytes
    timestamp: int
    base_fee: int | None
    bloom: int


def read_block(told: Mapping[str, Any]) -> Block:
    """A header from JSON (execution API, `Block`).

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    base = told.get("baseFeePerGas")
    return Block(
        number=int(told["number"], 16),
        hash=_bytes(told["hash"]),
        parent=_bytes(told["parentHash"]),
        timestamp=int(told["timestamp"], 16),
        base_fee=None if base is None else int(base, 16),
        bloom=int.from_bytes(_bytes(told.get("logsBloom") or "0x")),
    )


def read_log(told: Mapping[str, Any]) -> Log:
    """A log from JSON (execution API, `Log`).

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    return cast(
        "LogReceipt",
        {
            "address": told["address"],
            "topics": [_bytes(topic) for topic in told["topics"]],
            "data": _bytes(told["data"]),
            "blockNumber": int(told["blockNumber"], 16),
            "blockHash": _bytes(told["blockHash"]),
            "transactionHash": _bytes(told["transactionHash"]),
            "logIndex": int(told["logIndex"], 16),
        },
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
