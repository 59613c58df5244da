"""How the service's accounts stand: what an operator watches."""

from __future__ import annotations

import time
from dataclasses import dataclass

from offchain.chain.client import Client
from offchain.chain.sender.book import DAY
from offchain.chain.sender.relayers import Relayers
from offchain.chain.sender.sender import Sender

__all__ = ["Standing", "standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One account that relays.

    Attributes:
        address: EIP-55.
        balance: wei that it holds.
        waiting: transactions on their way.
        oldest: age of the oldest of them in seconds; None without one.
        spent: wei that it spends this UTC day, what is on its way at its highest cost.
        limit: wei that it may spend in a day, or None.
    """

    address: str
    balance: int
    waiting: int
    oldest: int | None
    spent: int
    limit: int | None


def standing(client: Client, sender: Sender, relayers: Relayers) -> list[Standing]:
    """Every relayer, in the settings' order.

    Raises:
        UnavailableError: `chain-down`, `store-unavailable`.
    """
    now, book = int(time.time()), sender.book
    waiting = book.waiting(relayers.signers)
    found = []
    for address in relayers.signers:
        count, oldest = waiting.get(address, (0, None))
        found.append(
            Standing(
                address=address,
                balance=client.balance(address),
                waiting=count,
                oldest=None if oldest is None else max(0, now - oldest),
                spent=book.spent(address, now // DAY),
                limit=sender.limits.per_day,
            )
        )
    return found
