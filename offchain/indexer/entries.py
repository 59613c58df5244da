"""Entries of a statement: one event's part in what an account earned from a work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

__all__ = ["Entry", "Kind", "kind_of"]

Kind: TypeAlias = Literal["deposit", "release", "pull", "claim", "advance", "judgement", "shares"]

_KINDS: Final[dict[str, Kind]] = {
    "Deposited": "deposit",
    "Released": "release",
    "Pulled": "pull",
    "Claimed": "claim",
    "AdvancePaid": "advance",
    "AdvanceWithdrawn": "advance",
    "Diverted": "judgement",
    "Resolved": "judgement",
    "Frozen": "judgement",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What one event changed in what an account may withdraw of one series of a work's shares in one currency.

    Attributes:
        block: where it stands; `log_index` counts the logs of that block.
        kind: `deposit` (a sale or a payment), `release` (a sale whose refund window closed), `pull` (over an edge of
            derivation), `claim`, `advance`, `judgement`, or `shares` (units were distributed, or a registration gave
            way).
        currency: CAIP-19.
        amount: minor units that the account's shares were credited; negative where they left it, as claims do.
        balance: what could be withdrawn afterwards.
        payer: who paid a deposit.
        source: the other work of a pull: the derivative that paid, or the parent whose ceiling left money here.
    """

    block: int
    block_hash: bytes
    tx_hash: bytes
    log_index: int
    kind: Kind
    work: int
    series: int
    currency: str
    amount: int
    balance: int
    payer: str | None = None
    source: int | None = None


def kind_of(event: str) -> Kind:
    """The kind of an entry by the name of its event."""
    return _KINDS.get(event, "shares")
