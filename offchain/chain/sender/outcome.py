"""What the sender promises before, and tells after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from web3.types import LogReceipt, TxReceipt

__all__ = ["Cost", "Limits", "Receipt", "receipt_of"]

_GWEI: Final = 10**9


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the sender waits and how much it pays.

    Attributes:
        wait: seconds until it stops waiting for a transaction to be mined.
        patience: seconds until it raises the fee of one that is not, and again after as long.
        max_fee: wei per unit of gas that no call exceeds; what frees a nonce may go a tenth above it.
        per_day: wei that one account may spend in a UTC day, fees and values together; None for no limit.
        per_transaction: wei that one transaction may cost at most; None for no limit.
        dry: whether it stops before it signs.
    """

    wait: float = 120.0
    patience: float = 20.0
    max_fee: int = 500 * _GWEI
    per_day: int | None = None
    per_transaction: int | None = None
    dry: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call would cost: gas limit, wei sent along, and the highest fee in wei."""

    gas: int
    value: int
    fee: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction that succeeded; `fee` in wei, `logs` as the node gave them."""

    tx_hash: bytes
    block: int
    block_hash: bytes
    gas_used: int
    fee: int
    logs: tuple[LogReceipt, ...]


def receipt_of(mined: TxReceipt) -> Receipt:
    """The node's receipt, typed."""
    return Receipt(
        tx_hash=bytes(mined["transactionHash"]),
        block=mined["blockNumber"],
        block_hash=bytes(mined["blockHash"]),
        gas_used=mined["gasUsed"],
        fee=mined["gasUsed"] * mined["effectiveGasPrice"],
        logs=tuple(mined["logs"]),
    )
