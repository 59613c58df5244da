"""Why the sender did not bring a transaction to its end."""

from __future__ import annotations

from offchain.chain.sender.outcome import Cost
from offchain.errors import RefusedError, UnavailableError
from offchain.store import TransactionRecord

__all__ = ["contested", "dry", "pending"]


def contested(account: str) -> RefusedError:
    """The nonce went to somebody else's transaction again and again."""
    return RefusedError(
        "nonce-contested",
        f"another program sends from {account} at the same time",
        "give each program an account of its own",
    )


def pending(record: TransactionRecord) -> UnavailableError:
    """It is on its way still."""
    return UnavailableError(
        "transaction-pending",
        "the transaction is on its way but was not mined in time",
        "run the same again: it goes on where it stopped, and nothing is sent twice",
        tx_hash="0x" + record.attempts[-1].hash.hex(),
        nonce=record.nonce,
    )


def dry(cost: Cost) -> UnavailableError:
    """It would be signed now, were this not a dry run."""
    return UnavailableError(
        "dry-run",
        f"the call would succeed and cost up to {cost.value + cost.fee} wei; nothing was signed or sent",
        "the operator unsets COLOPHON_DRY_RUN to send",
        gas=cost.gas,
        wei=str(cost.value + cost.fee),
    )
