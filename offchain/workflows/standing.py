"""How the service stands, in figures: index and chain, the relayers' money, work that waits, room on the disk."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from dbos import DBOS

from offchain.chain.sender.standing import standing as relayers_standing
from offchain.workflows.jobs import ACTIVE, kind_of
from offchain.workflows.services import Services

__all__ = ["Figure", "figures"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; `labels` tell equal names apart."""

    name: str
    about: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


def figures(services: Services) -> Sequence[Callable[[], Iterator[Figure]]]:
    """What can be asked; each part raises a ColophonError of its own when nobody answers it."""
    return [
        lambda: _index(services),
        lambda: _relayers(services),
        lambda: _jobs(services),
        lambda: _webhooks(services),
        lambda: _disk(services),
    ]


def _index(services: Services) -> Iterator[Figure]:
    found = services.indexer.standing()
    yield Figure("index_lag_blocks", "Blocks that the index is behind the chain", found.lag)
    yield Figure(
        "index_lag_seconds", "Age of the newest block that is indexed, while there is a newer one", found.lag_seconds
    )


def _relayers(services: Services) -> Iterator[Figure]:
    if services.relayer is None:
        return
    for each in relayers_standing(services.client, services.sender, services.relayer):
        labels = {"account": each.address}
        yield Figure("relayer_balance_wei", "What a relayer can spend", each.balance, labels)
        yield Figure("relayer_spent_today_wei", "What a relayer spends this UTC day", each.spent, labels)
        yield Figure("transactions_in_flight", "Transactions on their way", each.waiting, labels)
        yield Figure("oldest_transaction_seconds", "Age of the oldest transaction on its way", each.oldest or 0, labels)


def _webhooks(services: Services) -> Iterator[Figure]:
    with services.store.snapshot() as tx:
        yield Figure("webhook_messages_waiting", "Messages that are still to be delivered", tx.webhooks.waiting())


def _jobs(services: Services) -> Iterator[Figure]:
    active = DBOS.list_workflows(status=list(ACTIVE), load_input=False, load_output=False)
    for (kind, state), count in sorted(Counter((each.name, each.status.lower()) for each in active).items()):
        yield Figure("jobs", "Jobs that have not ended", count, {"kind": kind, "state": state})
    with services.store.snapshot() as tx:
        waiting = Counter(map(kind_of, tx.postponed.waiting()))
    for name, count in sorted(waiting.items()):
        yield Figure("jobs", "Jobs that have not ended", count, {"kind": name, "state": "waiting"})


def _disk(services: Services) -> Iterator[Figure]:
    yield Figure("disk_free_bytes", "Room where masters are kept", shutil.disk_usage(services.settings.home).free)
