"""A real HTTP server that speaks the IPFS RPC and lies, stalls or breaks off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from offchain.storage import IpfsNode

Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture(scope="session")
def photograph() -> Path:
    return Path(__file__).parents[3] / "data" / "chelsea.png"


@pytest.fixture
def node(ipfs_url: str) -> IpfsNode:
    return IpfsNode(ipfs_url, timeout=30)


@pytest.fixture
def serving() -> Iterator[Callable[[Answer], str]]:
    """Start a server that answers every POST with the given function; returns its URL."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                _read_request(self)
                answer(self)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _read_request(handler: BaseHTTPRequestHandler) -> None:
    """Read a body of known or of chunked length, so that the client never meets a closed door while sending."""
    if handler.headers.get("Transfer-Encoding") != "chunked":
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        return
    while size := int(handler.rfile.readline(), 16):
        handler.rfile.read(size + 2)
    handler.rfile.readline()
