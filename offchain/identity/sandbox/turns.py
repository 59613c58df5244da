"""Whose turn it is: how many calls run at once, how many wait for that, and for how long.

A web server has a fixed number of threads (40 in Starlette's pool), and a call holds one until its file is read. So the
calls that run or wait are fewer than that, and a few large uploads leave the other routes alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from offchain.errors import UnavailableError

__all__ = ["Turns"]

PLACES: Final = min(16, max(2, os.cpu_count() or 1))
"""Calls that run at once: as many as processors, so that what they may take together is bounded too."""

WAITING: Final = 16
PATIENCE: Final = 30.0
"""Seconds that a call waits for its turn."""

LENGTHY: Final = 300
"""CPU seconds beyond which a call is lengthy: one place is kept free of such calls."""


class Turns:
    """Lets calls run, a bounded number at once; safe to share between threads.

    Args:
        places: calls that run at once, at least two.
        waiting: calls that wait at most.
        patience: seconds that each waits at most.
    """

    def __init__(self, places: int = PLACES, waiting: int = WAITING, patience: float = PATIENCE) -> None:
        self._places, self._most_waiting, self._patience = places, waiting, patience
        self._running = self._lengthy = self._waiting = 0
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Hold a place for a call that may take so many CPU seconds.

        Raises:
            UnavailableError: `decoder-busy`, too many wait already, or none became free in time.
        """
        lengthy = int(seconds > LENGTHY)
        with self._changed:
            self._wait(lengthy)
            self._running += 1
            self._lengthy += lengthy
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._lengthy -= lengthy
                self._changed.notify_all()

    def _wait(self, lengthy: int) -> None:
        if self._has_room(lengthy):
            return
        if self._waiting >= self._most_waiting:
            raise _busy()
        self._waiting += 1
        try:
            if not self._changed.wait_for(lambda: self._has_room(lengthy), self._patience):
                raise _busy()
        finally:
            self._waiting -= 1

    def _has_room(self, lengthy: int) -> bool:
        return self._running < self._places and self._lengthy + lengthy < self._places


def _busy() -> UnavailableError:
    return UnavailableError("decoder-busy", "too many files are being read just now", "try again in a minute")
