"""A span for each request, named after its operation."""

from __future__ import annotations

from opentelemetry import trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from offchain.tracing import span

__all__ = ["RequestTrace"]


class RequestTrace:
    """Traces requests; what they do is traced below them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        with span("request", http__request__method=scope["method"]):
            current = trace.get_current_span()

            async def tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    current.set_attribute("http.response.status_code", message["status"])
                await send(message)

            try:
                await self._app(scope, receive, tell)
            finally:
                # The router has found it by now; a path would be one name for each work.
                current.update_name(getattr(scope.get("route"), "operation_id", None) or "request")
