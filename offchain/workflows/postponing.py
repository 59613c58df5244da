"""Jobs that a passing trouble stopped: which troubles pass, and when such a job is tried again.

A workflow that waited would hold a thread, perhaps for days, so it ends with its error; the store keeps when it is due,
and whichever process of the service notices takes it up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from offchain.errors import UnavailableError
from offchain.store import PostponedRecord, Store

__all__ = ["UNSENT", "Postponements", "due_at"]

UNSENT: Final = frozenset(
    {"fee-above-cap", "insufficient-funds", "ipfs-down", "ipfs-quorum-missed", "ipfs-timeout", "spending-limit"}
)
"""Troubles that pass, and that leave no transaction of the stopped step on its way."""

_PASSING: Final = UNSENT | {
    "chain-busy",
    "chain-down",
    "chain-stalled",
    "signer-down",
    "store-unavailable",
    "transaction-pending",
}

_DAY: Final = 86_400
_FIRST: Final = 5
"""Seconds before the first try; each later one waits twice as long as the one before."""

_LONGEST: Final = 900
_LONGEST_FOR_MONEY: Final = 3_600
"""Seconds between tries at most; a spent limit frees nothing before the next UTC day, unless it is raised."""

_GIVE_UP: Final = 3 * _DAY
"""Seconds after which a step that always failed is no longer tried."""


def due_at(code: str, tries: int, now: int) -> int:
    """Unix seconds at which a step that was given up `tries` times, at last because of `code`, is tried again."""
    if code == "spending-limit":
        return min((now // _DAY + 1) * _DAY, now + _LONGEST_FOR_MONEY)
    return now + min(_FIRST << min(tries - 1, 20), _LONGEST)


class Postponements:
    """What a store keeps of such jobs, by their workflows; safe in threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, workflow: str, step: str, error: UnavailableError, now: int) -> None:
        """Write down when a workflow is tried again; nothing where its trouble does not pass, or lasts for too long.

        Args:
            workflow: its id; it ends with the error.
            step: of the workflow, that raised it.
            error: which.
            now: Unix seconds.
        """
        with self._store.transaction() as tx:
            before = tx.postponed.get(workflow)
            same = before is not None and before.step == step
            tries, since = (before.tries + 1, before.since) if before is not None and same else (1, now)
            tx.postponed.remove(workflow)
            if error.code in _PASSING and now - since < _GIVE_UP:
                due = due_at(error.code, tries, now)
                tx.postponed.put(PostponedRecord(workflow=workflow, step=step, tries=tries, since=since, due=due))

    def get(self, workflow: str) -> PostponedRecord | None:
        """When a workflow is tried again; None where it is not."""
        with self._store.snapshot() as tx:
            return tx.postponed.get(workflow)

    def due(self, now: int) -> Sequence[str]:
        """Workflows that are to be tried again now."""
        with self._store.snapshot() as tx:
            return tx.postponed.due(now, now + _LONGEST_FOR_MONEY)

    def hasten(self, now: int) -> None:
        """Let all of them be tried again now."""
        with self._store.transaction() as tx:
            tx.postponed.hasten(now)

    def cancel(self, workflow: str) -> None:
        """Try one no more until its owner wants it again."""
        with self._store.transaction() as tx:
            tx.postponed.cancel(workflow)

    def forget(self, workflow: str) -> None:
        """Keep nothing of one."""
        with self._store.transaction() as tx:
            tx.postponed.remove(workflow)
