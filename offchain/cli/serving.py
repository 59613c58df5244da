"""`colophon serve`: the HTTP API, until it is told to stop."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Final

import typer

from offchain.errors import InputError

__all__ = ["serve"]

_DRAIN: Final = 8
"""Seconds that open requests may take to end; running steps have as long after them."""

_KEPT_ALIVE: Final = 75
"""Seconds that an idle connection stays open: longer than proxies and clients keep theirs, who would else now and then
send a request over one that is just being closed."""


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Else COLOPHON_API_PORT.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Several need PostgreSQL.")] = 1,
    public: Annotated[bool, typer.Option("--public", help="Listen beyond this machine.")] = False,
) -> None:
    """Serve the API.

    It runs until Ctrl-C or SIGTERM; running steps end, or go on at the next start.

    It listens on loopback: put a reverse proxy that speaks TLS before it. Requests are logged as JSON lines.
    """
    import uvicorn

    from offchain.api.logs import configure_logs
    from offchain.config import load_settings

    settings = load_settings()
    if not public and not _is_loopback(host):
        raise InputError(
            "not-loopback",
            f"{host} can be reached from other machines",
            "add --public if that is meant",
        )
    if processes > 1 and settings.database_url.startswith("sqlite"):
        raise InputError(
            "processes-need-postgres",
            "several processes cannot share SQLite",
            "set COLOPHON_DATABASE_URL to PostgreSQL",
        )
    configure_logs(settings.log_level)
    uvicorn.run(
        "offchain.api.app:create_app",
        factory=True,
        host=host,
        port=port or settings.api_port,
        workers=processes if processes > 1 else None,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEPT_ALIVE,
        timeout_graceful_shutdown=_DRAIN,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
