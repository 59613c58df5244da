"""Counting what somebody asked: in this process, or in a Redis that several processes share.

Redis is asked in threads of its own, so that a slow one does not hold up the event loop. An answer is waited for half a
second; then, and for some seconds more, this process counts by itself.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from anyio import CapacityLimiter, to_thread
from limits import RateLimitItem
from limits.storage import MemoryStorage, Storage, storage_from_string

__all__ = ["Allowance", "Counted", "Counts"]

_PATIENCE: Final = 0.5
"""Seconds for which an answer of Redis is waited for."""

_ALONE: Final = 5.0
"""Seconds for which a Redis that did not answer is not asked again."""

_THREADS: Final = 16

_log = structlog.get_logger("colophon.rates")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What somebody has of one kind."""

    name: str
    item: RateLimitItem
    who: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a request.

    Attributes:
        spent: the first allowance that was used up before, None where none was.
        told: the allowance that the figures are about.
        left: requests that it has left.
        wait: seconds until it is whole again.
    """

    spent: Allowance | None
    told: Allowance
    left: int
    wait: int


class Counts:
    """Counts requests.

    Args:
        storage: `memory://`, or `redis://…`.

    Raises:
        ValueError: nothing can be counted there; also ImportError and ConfigurationError of `limits`.
    """

    def __init__(self, storage: str) -> None:
        self._own = MemoryStorage()
        self._shared: Storage | None = None
        self._errors: tuple[type[Exception], ...] = ()
        if not storage.startswith("memory:"):
            opened = storage_from_string(storage, **_options(storage))
            if not isinstance(opened, Storage):
                raise ValueError("async+… is for other callers")
            errors = opened.base_exceptions
            self._errors = errors if isinstance(errors, tuple) else (errors,)
            self._shared = opened
        self._threads: CapacityLimiter | None = None
        self._alone_until = 0.0
        self._lock = threading.Lock()

    async def spend(self, allowances: Sequence[Allowance]) -> Counted:
        """Count one request against each allowance, up to the first that is used up.

        Args:
            allowances: at least one.
        """
        if self._shared is None:
            return _counted(self._own, allowances)
        if self._threads is None:
            self._threads = CapacityLimiter(_THREADS)
        return await to_thread.run_sync(self._count, self._shared, allowances, limiter=self._threads)

    def _count(self, shared: Storage, allowances: Sequence[Allowance]) -> Counted:
        if time.monotonic() >= self._alone_until:
            try:
                return _counted(shared, allowances)
            except self._errors as error:
                self._note(error)
        return _counted(self._own, allowances)

    def _note(self, error: Exception) -> None:
        with self._lock:
            told, self._alone_until = self._alone_until, time.monotonic() + _ALONE
        if time.monotonic() > told:
            _log.warning("rates-uncounted", kind=type(error).__name__)


def _counted(storage: Storage, allowances: Sequence[Allowance]) -> Counted:
    """Fixed windows: each begins with the first request after the last one ended."""
    told: tuple[Allowance, str, int] | None = None
    spent: Allowance | None = None
    for each in allowances:
        key = each.item.key_for(each.name, each.who)
        used = storage.incr(key, each.item.get_expiry())
        if used > each.item.amount:
            told, spent = (each, key, used), each
            break
        told = told or (each, key, used)
    assert told is not None, "there is an allowance"  # noqa: S101 - a programming error, not an input
    allowance, key, used = told
    wait = max(math.ceil(storage.get_expiry(key) - time.time()), 1)
    return Counted(spent, allowance, max(allowance.item.amount - used, 0), wait)


def _options(storage: str) -> dict[str, Any]:
    """Short answers or none: whoever waits for Redis is a caller of ours."""
    if not storage.startswith(("redis:", "rediss:")):
        return {}
    # It brings OpenTelemetry's SDK, which a service without traces does without.
    from redis.backoff import NoBackoff  # noqa: PLC0415 - as above
    from redis.retry import Retry  # noqa: PLC0415 - as above

    return {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE, "retry": Retry(NoBackoff(), 0)}
