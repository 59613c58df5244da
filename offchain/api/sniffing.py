"""No answer is taken for another kind of content than it says (`X-Content-Type-Options` of the Fetch standard)."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["NO_SNIFFING", "NoSniffing"]

NO_SNIFFING: Final = {"X-Content-Type-Options": "nosniff"}


class NoSniffing:
    """Says so on every answer that passes; what nobody foresaw is answered outside, and says so itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(NO_SNIFFING)
            await send(message)

        await self._app(scope, receive, tell)
