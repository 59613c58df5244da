"""The catalogue read, warm, beside a bare FastAPI route that returns the same bytes: requests a second and p99.

    python -m tests.bench.service.catalogue [--seconds 5] [--works 1000] [--database sqlite postgresql]

Prints JSON rows. Both are one uvicorn process each, started as `colophon serve` starts them, over one synthetic
catalogue; on PostgreSQL a worker beside them does the jobs, as docs/OPERATIONS.md says. Rounds alternate between the
two, and medians of the rounds stand in the rows. The load comes from one thread over raw sockets with keep-alive, one
request at a time on each connection; the CPU seconds that it took are told, so that a reader sees that it was not what
was measured. PostgreSQL needs COLOPHON_TEST_POSTGRES_URL.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from fastapi import FastAPI
from fastapi.responses import Response

from offchain.store import Store, TitleRecord, WorkRecord, open_store
from scripts.localnet import local_chain, local_ipfs
from tests.bench.parts import Missing, databases
from tests.bench.report import Row
from tests.offchain.databases import KINDS, fresh_database
from tests.offchain.site import ADA, make_site

__all__ = ["Load", "bare", "fill", "measure", "pressed", "served"]

QUERY: Final = "/v1/works?limit=20"
CONNECTIONS: Final = 16
ROUNDS: Final = 5
BYTES: Final = "COLOPHON_BENCH_BYTES"
UNLIMITED: Final = {"COLOPHON_RATE_LIMIT": "1000000000/second", "COLOPHON_RATE_LIMIT_COSTLY": "1000000000/second"}
"""Allowances are counted, as they are for everybody, and never used up."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did: requests a second, latencies in milliseconds, CPU seconds of the load itself."""

    rate: float
    median: float
    p99: float
    errors: int
    own_cpu: float


def measure(kind: str, seconds: float = 5.0, works: int = 1000) -> list[dict[str, Any]]:
    """Rows of one database: the rate as a share of the bare route's, and the p99 as a multiple of its.

    Args:
        kind: `sqlite` or `postgresql`.
        seconds: of each round, of which there are five for each server.
        works: of the catalogue.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="colophon-bench-")))
        chain, ipfs = stack.enter_context(local_chain()), stack.enter_context(local_ipfs())
        site = make_site(chain, ipfs, folder)
        url = stack.enter_context(fresh_database(kind, folder))
        store = open_store(url)
        stack.callback(store.close)
        fill(store, works, site.address(ADA))
        environ = site.environ | {"COLOPHON_DATABASE_URL": url, **UNLIMITED}
        if kind == "postgresql":
            environ |= {"COLOPHON_WORKERS": "none"}
            stack.enter_context(_working(environ))
        service = stack.enter_context(served("offchain.api.app:create_app", environ))
        page = httpx.get(service + QUERY).raise_for_status()
        kept = folder / "bytes.json"
        kept.write_bytes(page.content)
        plain = stack.enter_context(served("tests.bench.service.catalogue:bare", {BYTES: str(kept)}))
        pairs = [(pressed(service + QUERY, seconds), pressed(plain + QUERY, seconds)) for _ in range(ROUNDS)]
    return list(_rows(kind, len(page.content), pairs))


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """SQLite always, PostgreSQL where a server is named; a campaign measures longer."""
    for kind in databases(missing, "catalogue read"):
        yield from measure(kind, *((5.0, 1000) if campaign else (2.0, 300)))


def _rows(kind: str, size: int, pairs: Sequence[tuple[Load, Load]]) -> Iterator[dict[str, Any]]:
    def middle(pick: Callable[[Load], float]) -> tuple[float, float]:
        ours, bare = (statistics.median(pick(pair[side]) for pair in pairs) for side in (0, 1))
        return round(ours, 2), round(bare, 2)

    rate, p99 = middle(lambda load: load.rate), middle(lambda load: load.p99)
    facts = {"bytes": size, "connections": CONNECTIONS, "errors": sum(each.errors for pair in pairs for each in pair)}
    facts["load_cpu_share"] = round(max(each.own_cpu for pair in pairs for each in pair), 2)
    share, times = 100 * rate[0] / rate[1], p99[0] / p99[1]
    for name, value, unit, better, goal, (ours, bare) in (
        ("rate of the bare route", share, "%", "higher", 50, rate),
        ("p99 of the bare route", times, "times", "lower", 3, p99),
    ):
        yield {
            "name": f"catalogue read, {kind}: {name}",
            "value": round(value, 2),
            "unit": unit,
            "better": better,
            "goal": goal,
            "references": {"service": ours, "bare FastAPI route": bare},
            **facts,
        }


def bare() -> FastAPI:
    """A route that returns the bytes of a file and does nothing else."""
    body = Path(os.environ[BYTES]).read_bytes()
    app = FastAPI()

    @app.get("/v1/works")
    async def answer() -> Response:
        return Response(body, media_type="application/json")

    return app


def fill(store: Store, works: int, holder: str) -> None:
    """Put registered works into a store as the indexer and the registrations would have."""
    for number in range(works):
        digest = hashlib.sha256(f"work {number}".encode()).digest()
        details = _metadata(number, digest)
        with store.transaction() as tx:
            title = TitleRecord(
                work=int.from_bytes(digest, "big"),
                registrant=holder,
                holder=holder,
                metadata_digest=digest,
                provenance_digest=bytes(32),
                iscc=b"",
                upstream=0,
                final_at=0,
                epoch=0,
                block=1,
                tx_hash=digest,
            )
            tx.events.put_titles([title.work], [title])
            tx.works.add(
                WorkRecord(
                    id=int.from_bytes(digest, "big"),
                    creator=holder,
                    title=details["name"],
                    media_type="text/plain",
                    size=1000,
                    details=details,
                    status="registered",
                )
            )


def _metadata(number: int, digest: bytes) -> dict[str, Any]:
    return {
        "schema": "colophon/metadata",
        "version": 1,
        "name": f"Study number {number}",
        "description": "One of a series of studies, each with words of its own. " * 3,
        "creator": "Ada Lovelace",
        "master": {"sha256": "0x" + digest.hex(), "size": 1000, "mediaType": "text/plain"},
        "iscc": "",
        "units": [],
        "contentCode": None,
        "renditions": [],
        "provenance": None,
    }


@contextmanager
def served(factory: str, environ: dict[str, str]) -> Iterator[str]:
    """The URL of one uvicorn process, which ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    flags = ["--factory", "--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--no-server-header"]
    command = [sys.executable, "-m", "uvicorn", factory, *flags, "--log-level", "warning", "--no-proxy-headers"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COLOPHON_")}
    process = subprocess.Popen(command, env=kept | environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url + QUERY, process)
        yield url
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def _working(environ: dict[str, str]) -> Iterator[None]:
    """A worker that runs while the block does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COLOPHON_")}
    command = [sys.executable, "-m", "offchain.cli", "worker"]
    process = subprocess.Popen(command, env=kept | environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(url)


def pressed(url: str, seconds: float, connections: int = CONNECTIONS) -> Load:
    """Ask for one URL as fast as a server answers, on so many connections, after a fifth of the time to warm up."""
    target = httpx.URL(url)
    asked = f"GET {target.raw_path.decode()} HTTP/1.1\r\nHost: {target.host}\r\nAccept: */*\r\n\r\n".encode()
    selector, latencies, errors = selectors.DefaultSelector(), [], 0
    clients = [_Client(target.host, target.port or 80, asked) for _ in range(connections)]
    for client in clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
    began = time.perf_counter()
    warm, end = began + seconds / 5, began + seconds * 6 / 5
    cpu = time.process_time()
    while (now := time.perf_counter()) < end:
        for key, _ in selector.select(1):
            took, right = key.data.read()
            if took is not None and now >= warm:
                latencies.append(took)
                errors += not right
    cpu = (time.process_time() - cpu) / (end - began)
    for client in clients:
        client.socket.close()
    ordered = sorted(latencies) or [float("inf")]
    return Load(
        len(latencies) / seconds,
        1000 * ordered[len(ordered) // 2],
        1000 * ordered[int(len(ordered) * 0.99)],
        errors,
        cpu,
    )


class _Client:
    """One connection: as soon as an answer is complete the next request is sent."""

    def __init__(self, host: str, port: int, asked: bytes) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._asked, self._got, self._wanted = asked, b"", 0
        self._send()

    def read(self) -> tuple[float | None, bool]:
        """(seconds that the answer took, whether it is a success), or (None, …) while it is not complete."""
        piece = self.socket.recv(2**18)
        if not piece:
            raise ConnectionError("the server closed a connection")
        self._got += piece
        if not self._wanted:
            head, found, _ = self._got.partition(b"\r\n\r\n")
            if not found:
                return None, True
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self._wanted = len(head) + 4 + int(length)
        if len(self._got) < self._wanted:
            return None, True
        right, took = self._got.startswith(b"HTTP/1.1 200"), time.perf_counter() - self._sent
        self._send()
        return took, right

    def _send(self) -> None:
        self._got, self._wanted, self._sent = b"", 0, time.perf_counter()
        self.socket.sendall(self._asked)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--works", type=int, default=1000)
    parser.add_argument("--database", nargs="+", choices=["sqlite", "postgresql"], default=KINDS)
    chosen = parser.parse_args()
    for kind in chosen.database:
        for row in measure(kind, chosen.seconds, chosen.works):
            print(json.dumps(row))


if __name__ == "__main__":
    main()
