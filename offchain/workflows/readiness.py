"""Whether a service can do its work now: each thing that it needs is asked at once, and none is waited for long."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dbos import DBOS, WorkflowStatusString

from offchain.chain.sender.standing import standing
from offchain.errors import ColophonError
from offchain.storage import PinSet
from offchain.workflows.services import Services
from offchain.workflows.terms import standard_terms

__all__ = ["PATIENCE", "Check", "Probe", "Readiness", "disk_check", "ipfs_check", "probes"]

PATIENCE: Final = 2.0
"""Seconds that all checks together may take."""

_MOST_LAG: Final = 50
"""Blocks that the index may be behind the head before its answers are too old."""

_LONGEST_WAIT: Final = 60
"""Seconds that a job may wait for a worker to take it."""

_OLDEST: Final = 600
"""Seconds after which a transaction on its way says that something keeps it from being mined."""

_ROOM: Final = 2**30
"""Bytes that must be free where masters are kept."""

_SHORT: Final = ("registration", "purchase", "takedown")
"""Queues that workers empty at once; a generation may wait for the model as long as it must."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the service needs.

    Attributes:
        ok: whether it is as it must be.
        code: what is wrong, or None.
        detail: what is there; of what is wrong, what to do.
        lag: blocks that the index is behind the head.
        answering: IPFS nodes that answer.
        needed: how many of them must.
        balance: wei of the poorest relayer.
        in_flight: transactions on their way.
        free: bytes of room on the disk.
    """

    ok: bool
    code: str | None = None
    detail: str | None = None
    lag: int | None = None
    answering: int | None = None
    needed: int | None = None
    balance: int | None = None
    in_flight: int | None = None
    free: int | None = None


Probe = Callable[[], Check]


class Readiness:
    """Asks probes at once; safe in threads. One that hangs is left alone, and not asked anew before it has ended."""

    def __init__(self, asked: Mapping[str, Probe], patience: float = PATIENCE) -> None:
        self._asked = asked
        self._patience = patience
        self._pending: dict[str, Future[Check]] = {}
        self._lock = threading.Lock()

    def checks(self) -> dict[str, Check]:
        """What each probe says; `check-slow` of one that says nothing in time."""
        with self._lock:
            futures = {name: self._begun(name) for name in self._asked}
        wait(futures.values(), self._patience)
        slow = Check(False, "check-slow", f"no answer within {self._patience:g} s")
        return {name: future.result() if future.done() else slow for name, future in futures.items()}

    def _begun(self, name: str) -> Future[Check]:
        pending = self._pending.get(name)
        if pending is None or pending.done():
            pending = self._pending[name] = Future()
            # A daemon: a node that hangs must not keep a process that ends.
            threading.Thread(
                target=_answer, args=(pending, self._asked[name]), name=f"colophon-{name}", daemon=True
            ).start()
        return pending


def _answer(future: Future[Check], probe: Probe) -> None:
    try:
        future.set_result(probe())
    except ColophonError as error:
        future.set_result(Check(False, error.code, f"{error.message}; {error.remedy}"))
    except Exception as error:  # noqa: BLE001 - the thread's outermost line: whoever waits would learn nothing
        future.set_result(Check(False, "internal-error", type(error).__name__))


def probes(services: Services, *, follows: Callable[[], bool], works: bool) -> dict[str, Probe]:
    """What a running service needs.

    Args:
        services: of this process.
        follows: whether the chain is being followed.
        works: whether this process runs jobs itself; else workers must.
    """
    return {
        "chain": lambda: _chain(services),
        "indexer": lambda: _indexer(services, follows()),
        "ipfs": lambda: ipfs_check(services.ipfs.patient(PATIENCE), standard_terms()[0].cid),
        "store": lambda: _store(services),
        "relayer": lambda: _relayers(services),
        "workers": lambda: Check(True) if works else _workers(),
        "disk": lambda: disk_check(services.settings.home),
    }


def ipfs_check(pins: PinSet, cid: str) -> Check:
    """Whether a quorum of nodes answers, and keeps some content."""
    answers = pins.answers(cid)
    told = [answer for answer in answers if isinstance(answer, ColophonError)]
    answering = len(answers) - len(told)
    if answering < pins.quorum:
        code = told[0].code if len(answers) == 1 else "ipfs-quorum-missed"
        return Check(False, code, told[0].message, answering=answering, needed=pins.quorum)
    if sum(answer is True for answer in answers) < pins.quorum:
        lacking = "too few nodes keep the terms' documents; the service pins them by itself"
        return Check(False, "terms-not-pinned", lacking, answering=answering, needed=pins.quorum)
    return Check(True, answering=answering, needed=pins.quorum)


def disk_check(home: Path) -> Check:
    """Whether there is room for masters."""
    place = next(each for each in (home, *home.absolute().parents) if each.exists())
    free = shutil.disk_usage(place).free
    if free < _ROOM:
        return Check(False, "disk-full", f"less than {_ROOM // 2**20} MiB are free; make room", free=free)
    return Check(True, free=free)


def _chain(services: Services) -> Check:
    services.client.head()
    return Check(True)


def _indexer(services: Services, follows: bool) -> Check:
    found = services.indexer.standing()
    if not follows:
        return Check(False, "indexer-stopped", "restart the service", lag=found.lag)
    if found.lag > _MOST_LAG:
        return Check(
            False, "indexer-behind", f"wait until it has caught up ({found.error or 'it reads'})", lag=found.lag
        )
    return Check(True, lag=found.lag)


def _store(services: Services) -> Check:
    with services.store.snapshot() as tx:
        tx.events.last_block()
    return Check(True)


def _relayers(services: Services) -> Check:
    found = standing(services.client, services.sender, services.require_relayer())
    poorest, waiting = min(each.balance for each in found), sum(each.waiting for each in found)
    oldest = max((each.oldest or 0 for each in found), default=0)
    # As long as one can pay, orders are relayed.
    if all(each.balance == 0 for each in found):
        return Check(False, "insufficient-funds", "no relayer can pay gas", balance=poorest, in_flight=waiting)
    if oldest > _OLDEST:
        stuck = f"a transaction waits for {oldest} s; see what the chain's fees are"
        return Check(False, "transactions-stuck", stuck, balance=poorest, in_flight=waiting)
    return Check(True, balance=poorest, in_flight=waiting)


def _workers() -> Check:
    waiting = DBOS.list_workflows(
        status=WorkflowStatusString.ENQUEUED.value,
        queue_name=list(_SHORT),
        limit=1,
        load_input=False,
        load_output=False,
    )
    oldest = max((time.time() - (each.created_at or 0) / 1000 for each in waiting), default=0.0)
    if oldest > _LONGEST_WAIT:
        return Check(False, "workers-away", f"a job waits for {oldest:.0f} s; start colophon worker")
    return Check(True)
