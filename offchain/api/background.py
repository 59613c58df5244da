"""What the service does by itself: follow the chain, and see that the terms' documents stay pinned."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

import structlog

from offchain.errors import ColophonError
from offchain.workflows.opening import pin_terms
from offchain.workflows.services import Services

__all__ = ["Background"]

_EVERY: Final = 0.5
_PIN_EVERY: Final = 15.0

_log = structlog.get_logger("colophon.background")


class Background:
    """A thread that runs while the block lasts; a node that is away is logged once and tried again."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="colophon-background", daemon=True)
        self._pin_at: float | None = 0.0
        self._said: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._pin()
            self._follow()
            self._ending.wait(_EVERY)

    def _follow(self) -> None:
        try:
            self._services.advance()
        except ColophonError as error:
            self._tell("indexer", error)
        else:
            self._tell("indexer", None)

    def _pin(self) -> None:
        if self._pin_at is None or time.monotonic() < self._pin_at:
            return
        try:
            pin_terms(self._services)
        except ColophonError as error:
            self._tell("terms", error)
            self._pin_at = time.monotonic() + _PIN_EVERY
        else:
            self._tell("terms", None)
            self._pin_at = None

    def _tell(self, what: str, error: ColophonError | None) -> None:
        """Log a change, not every repetition."""
        code = error.code if error else None
        if self._said.get(what) != code:
            if error:
                _log.warning("away", what=what, code=error.code, detail=error.message)
            else:
                _log.info("back", what=what)
        self._said[what] = code
