"""Structured logs: one JSON line an event, with the request's id; never keys, bodies or signatures."""

from __future__ import annotations

import logging
import random
import re
import time
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CALLER", "HEADER", "REQUEST", "RequestLog", "configure_logs"]

HEADER: Final = "X-Request-ID"
CALLER: Final = "colophon.caller"
"""Key of an ASGI scope: account and API key of whoever calls, once that is known."""

REQUEST: Final = "colophon.request"
"""Key of an ASGI scope: the request's id."""

_LIBRARIES: Final = ("uvicorn", "uvicorn.error")

_GIVEN: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger("colophon.api")


def configure_logs(level: str = "info") -> None:
    """Write JSON lines with level, time and whatever is bound to the context; also what libraries log.

    Args:
        level: least severe that is written: debug, info, warning or error.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(),
    )
    told = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(told)
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers, library.propagate = [handler], False
        library.setLevel(max(least, logging.INFO))


class RequestLog:
    """Gives each request an id (or keeps the caller's), returns it as `X-Request-ID`, and logs how it went."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _GIVEN.fullmatch(given) else f"{random.getrandbits(128):032x}"
        scope[REQUEST] = request_id
        started, status = time.perf_counter(), 500

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).append(HEADER, request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._app(scope, receive, tell)
            finally:
                milliseconds = round((time.perf_counter() - started) * 1000, 1)
                who = scope.get(CALLER, {})
                _log.info("request", method=scope["method"], path=scope["path"], status=status, ms=milliseconds, **who)
