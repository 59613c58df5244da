"""What the service does by itself: follow the chain and what awaits it, and keep the terms' documents pinned."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType, TracebackType
from typing import Final, Self

import structlog

from offchain.errors import ColophonError
from offchain.workflows.callers import sweep_callers
from offchain.workflows.opening import pin_terms
from offchain.workflows.services import Services
from offchain.workflows.takedowns import settle

__all__ = ["Background"]

_EVERY: Final = 0.5
_PIN_EVERY: Final = 15.0
_SWEEP_EVERY: Final = 600.0

_log = structlog.get_logger("colophon.background")


class Background:
    """A thread that runs while the block lasts; whatever goes wrong is logged once and tried again.

    Args:
        services: of this process.
        tasks: what else is done at every look, by name: jobs are taken up that await something.
    """

    def __init__(self, services: Services, tasks: Mapping[str, Callable[[], object]] = MappingProxyType({})) -> None:
        self._services = services
        self._tasks = tasks
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="colophon-background", daemon=True)
        self._pin_at: float | None = 0.0
        self._sweep_at = 0.0
        self._said: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._pin()
            self._follow()
            for what, task in self._tasks.items():
                self._attempt(what, task)
            self._attempt("takedowns", lambda: settle(self._services))
            self._sweep()
            self._ending.wait(_EVERY)

    def _follow(self) -> None:
        self._attempt("indexer", self._services.advance)

    def _pin(self) -> None:
        if self._pin_at is None or time.monotonic() < self._pin_at:
            return
        pinned = self._attempt("terms", lambda: pin_terms(self._services))
        self._pin_at = None if pinned else time.monotonic() + _PIN_EVERY

    def _sweep(self) -> None:
        if time.monotonic() >= self._sweep_at and self._attempt("callers", lambda: sweep_callers(self._services)):
            self._sweep_at = time.monotonic() + _SWEEP_EVERY

    def _attempt(self, what: str, act: Callable[[], object]) -> bool:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - the thread's outermost line: nobody else would hear of it
            self._tell(what, error)
            return False
        self._tell(what, None)
        return True

    def _tell(self, what: str, error: Exception | None) -> None:
        """Log a change, not every repetition."""
        code = error.code if isinstance(error, ColophonError) else type(error).__name__ if error else None
        if self._said.get(what) != code:
            if isinstance(error, ColophonError):
                _log.warning("away", what=what, code=error.code, detail=error.message)
            elif error:
                _log.error("internal-error", what=what, exc_info=error)
            else:
                _log.info("back", what=what)
        self._said[what] = code
