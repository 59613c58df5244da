"""Pace: what is asked for often and done for each job now and then."""

from __future__ import annotations

import time
from typing import Final

__all__ = ["Pace"]

_FORGOTTEN: Final = 600.0
"""Seconds after which a job that nobody asked for is forgotten."""


class Pace:
    """Lets something be done for a job once in so many seconds."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._done: dict[str, float] = {}

    def is_due(self, job_id: str) -> bool:
        """Whether it was not done for a job for that long, and is now."""
        now = time.monotonic()
        if now - self._done.get(job_id, -self._every) < self._every:
            return False
        for ended in [each for each, then in self._done.items() if now - then > _FORGOTTEN]:
            del self._done[ended]
        self._done[job_id] = now
        return True
