"""A node that takes its time over a work's metadata: whoever else writes into the store does not wait for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from offchain.chain.client import connect
from offchain.chain.contracts import open_contracts
from offchain.indexer import Indexer
from offchain.indexer.care import rebuild
from offchain.store import Store
from tests.offchain.deployed import World, deploy

CREATOR = 3
NEW = b"\x07" * 32


class Gate:
    """Before a real node: calls of contracts wait while it is closed."""

    def __init__(self) -> None:
        self.open, self.reached = threading.Event(), threading.Event()
        self.open.set()

    def close(self) -> None:
        self.open.clear()
        self.reached.clear()

    @contextmanager
    def before(self, url: str) -> Iterator[str]:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if isinstance(asked, dict) and asked["method"] == "eth_call" and not gate.open.is_set():
                    gate.reached.set()
                    gate.open.wait(60)
                body = requests.post(url, json=asked, timeout=20).content
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            self.open.set()
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def slow(fresh_chain_url: str, gate: Gate) -> Iterator[tuple[World, World]]:
    """A deployment of the test's own, and the same behind the gate."""
    world = deploy(fresh_chain_url)
    with gate.before(fresh_chain_url) as url:
        yield world, open_contracts(connect(url), world.contracts.deployment)


def written_while(act: Callable[[], object], gate: Gate, store: Store) -> object:
    """What `act` returns; meanwhile somebody takes what a writer of blocks needs, and writes."""

    def write() -> None:
        with store.transaction() as tx:
            tx.events.change_alone()
            tx.postponed.hasten(0)

    gate.close()
    with ThreadPoolExecutor(2) as threads:
        try:
            acting = threads.submit(act)
            assert gate.reached.wait(20), "the node was not asked"
            threads.submit(write).result(timeout=10)
            assert not acting.done()
        finally:
            gate.open.set()
        return acting.result(timeout=30)


def metadata(store: Store, work: int) -> bytes:
    with store.snapshot() as tx:
        return tx.events.title(work).metadata_digest


def test_advance__metadata_updated_and_slow_to_read__others_write_meanwhile(slow, gate: Gate, store: Store):
    world, contracts = slow
    indexer, registry = Indexer(contracts, store), world.contracts.registry
    work = world.register(b"described anew", CREATOR)
    indexer.advance()
    world.send(registry.set_metadata(work, NEW), CREATOR)
    written_while(indexer.advance, gate, store)
    assert metadata(store, work) == NEW


def test_advance__reorganisation_over_an_updated_work__others_write_meanwhile(slow, gate: Gate, store: Store):
    world, contracts = slow
    indexer, registry = Indexer(contracts, store), world.contracts.registry
    work = world.register(b"described twice", CREATOR)
    world.send(registry.set_metadata(work, NEW), CREATOR)
    snapshot = world.rpc("evm_snapshot")
    world.send(registry.set_metadata(work, b"\x08" * 32), CREATOR)
    indexer.advance()
    assert metadata(store, work) == b"\x08" * 32
    world.rpc("evm_revert", snapshot)
    world.register(b"something else", CREATOR)
    written_while(indexer.advance, gate, store)
    assert metadata(store, work) == NEW


def test_rebuild__of_an_updated_work__others_write_meanwhile(slow, gate: Gate, store: Store):
    world, contracts = slow
    indexer, registry = Indexer(contracts, store), world.contracts.registry
    work = world.register(b"cared for", CREATOR)
    world.send(registry.set_metadata(work, NEW), CREATOR)
    indexer.advance()
    written_while(lambda: rebuild(indexer, store), gate, store)
    assert metadata(store, work) == NEW
