"""Bodies are measured while they stream in: one that is too large is cut off, whatever length it announced."""

from __future__ import annotations

from typing import Final

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["BodyLimit"]

_TOO_LARGE: Final = 413


class BodyLimit:
    """Refuses requests whose body has more than `limit` bytes."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        # Read on the first `receive`, so that the refusal is raised where the app turns it into a problem.
        received = int(announced) if announced.isdecimal() else 0
        if received <= self._limit:
            received = 0

        async def counted() -> Message:
            nonlocal received
            if received > self._limit:
                raise self._refusal()
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise self._refusal()
            return message

        await self._app(scope, counted, send)

    def _refusal(self) -> HTTPException:
        return HTTPException(_TOO_LARGE, f"the request has more than {self._limit} bytes")
