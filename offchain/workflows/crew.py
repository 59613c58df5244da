"""Which processes run workflows over one journal, and who goes on with the work of one that died.

On SQLite one process of a name does all the work, held by a lock on a file. On PostgreSQL the service's processes are a
crew: whoever takes a request puts its workflow into a queue, and a worker takes it out. Each has an executor id of its
own and a lease of that name, which ends with the process. Work whose executor holds no lease is put back into its queue
by any worker that notices; the journal gives each workflow to one execution at a time, and keeps nothing of one that
has lost it.
"""

from __future__ import annotations

import fcntl
import os
import threading
import uuid
from collections.abc import Collection
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import structlog
from dbos import DBOS, WorkflowStatusString

from offchain.errors import InputError, UnavailableError
from offchain.store import Lease, Store

__all__ = ["QUEUES", "Alone", "Crew", "Member", "queue_of", "require_queues"]

QUEUES: Final = MappingProxyType({"registration": 8, "purchase": 8, "takedown": 2, "generation": 1})
"""Queues, one for each kind of job: how many jobs of a kind a worker runs at a time. A model takes a whole GPU."""

_LOOK: Final = 1.0
_LOOKS: Final = 3
"""A lease must be free at so many looks, a second apart: a connection that broke is taken anew within one."""

_POLLS: Final = MappingProxyType({"registration": 0.5, "purchase": 0.2, "takedown": 1.0, "generation": 1.0})
"""Seconds between looks into a queue: each costs every worker about 5 ms of CPU, and a buyer waits for one."""

_LEASE_POLL: Final = 0.2

_log = structlog.get_logger("colophon.workflows")


class Member(Protocol):
    """How a process takes part."""

    executor: str
    queues: frozenset[str] | None

    def join(self) -> None:
        """Before the journal is opened."""

    def work(self, version: str) -> None:
        """After that."""

    def await_lease(self, stopping: threading.Event) -> None:
        """Before each step."""

    def leave(self) -> None:
        """After the journal is closed."""


class Alone:
    """The only process of its name over a home.

    Args:
        lock: file that it locks.
        name: its executor id too, so that the next process of the name continues its work.
    """

    def __init__(self, lock: Path, name: str) -> None:
        self.executor = name
        self.queues: frozenset[str] | None = None
        self._lock = lock
        self._held: int | None = None

    def join(self) -> None:
        """Lock the file.

        Raises:
            UnavailableError: `workflows-busy`, another process runs under this name.
        """
        self._held = _locked(self._lock)

    def work(self, version: str) -> None:
        """Nobody else's work is ever to be continued."""

    def await_lease(self, stopping: threading.Event) -> None:
        """A lock on a file is never lost."""

    def leave(self) -> None:
        """Unlock the file."""
        if self._held is not None:
            os.close(self._held)
            self._held = None


class Crew:
    """One of the service's processes over a shared database.

    Args:
        store: the database.
        name: begins its executor id.
        queues: that it takes work from; none for a process that only takes requests.
    """

    def __init__(self, store: Store, name: str, queues: Collection[str]) -> None:
        self.executor = f"{name}-{uuid.uuid4().hex[:12]}"
        self.queues: frozenset[str] | None = require_queues(queues)
        self._lease: Lease = store.lease(self.executor)
        self._held = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._looks: dict[str, int] = {}

    def join(self) -> None:
        """Take the lease, before anybody can see work of this executor.

        Raises:
            UnavailableError: `store-unavailable`.
        """
        if not self._lease.keep():
            raise UnavailableError("store-unavailable", "the database gives no lease", "see that it runs and has room")
        self._held.set()

    def work(self, version: str) -> None:
        """Make the queues known, keep the lease, and look after those who died."""
        for name, limit in QUEUES.items():
            DBOS.register_queue(
                name, worker_concurrency=limit, polling_interval_sec=_POLLS[name], on_conflict="always_update"
            )
        self._thread = threading.Thread(target=self._watch, args=(version,), name="colophon-crew", daemon=True)
        self._thread.start()

    def await_lease(self, stopping: threading.Event) -> None:
        """No step begins while others may hold this process for dead."""
        while not self._held.wait(_LEASE_POLL) and not stopping.is_set():
            pass

    def leave(self) -> None:
        """Give the lease back: what is unfinished goes to the others."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        self._lease.give_back()

    def _watch(self, version: str) -> None:
        while not self._ending.wait(_LOOK):
            try:
                self._look(version)
            except Exception as error:  # noqa: BLE001 - the thread's outermost line: the next look may succeed
                _log.warning("crew-look-failed", kind=type(error).__name__)

    def _look(self, version: str) -> None:
        if not self._lease.keep():
            self._held.clear()
            _log.warning("lease-lost", executor=self.executor)
            return
        self._held.set()
        if self.queues:
            self._adopt(version)

    def _adopt(self, version: str) -> None:
        """Put back what dead executors were doing."""
        pending = DBOS.list_workflows(
            status=WorkflowStatusString.PENDING.value, app_version=version, load_input=False, load_output=False
        )
        others = {each.executor_id for each in pending if each.executor_id} - {self.executor}
        self._looks = {each: self._looks.get(each, 0) + 1 for each in others if self._lease.is_free(each)}
        dead = sorted(each for each, looks in self._looks.items() if looks >= _LOOKS)
        if dead:
            _log.info("work-adopted", executors=dead)
            DBOS._recover_pending_workflows(dead)  # noqa: SLF001 - what its own recovery service calls


def queue_of(workflow_id: str) -> str:
    """The queue of a workflow's kind, which its id begins with."""
    return workflow_id.partition("-")[0]


def require_queues(queues: Collection[str]) -> frozenset[str]:
    """Queues by name.

    Raises:
        InputError: `unknown-queue`.
    """
    unknown = sorted(set(queues) - set(QUEUES))
    if unknown:
        raise InputError("unknown-queue", f"there is no queue {unknown[0]!r}", f"use some of: {', '.join(QUEUES)}")
    return frozenset(queues)


def _locked(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise UnavailableError(
            "workflows-busy", "another process of this home runs workflows", f"let it end first; it holds {path}"
        ) from error
    return handle
