"""How quickly an empty index catches up, against a loop of eth_getLogs and ABI decoding over the same windows.

Real events of a real deployment are recorded once and served again and again by a small server of its own process,
each time as another stretch of the chain with works and licences of its own. Both sides ask that same server.

    python -m tests.bench.service.catch_up --events 100000
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic
from eth_utils.address import to_checksum_address

from offchain.chain.abi import entries
from offchain.chain.client import connect
from offchain.chain.contracts import Contracts
from offchain.indexer import Indexer
from offchain.indexer.rows import INDEXED
from offchain.store import open_store
from scripts.localnet import local_chain
from tests.bench.parts import Missing, databases
from tests.bench.report import Row
from tests.offchain.databases import KINDS, fresh_database
from tests.offchain.deployed import World, deploy
from tests.offchain.integration.indexer.history import History

_ACTS: Final = 120
_NUMBERED: Final = {"LicenceSold": 1, "LicenceRefunded": 1, "LicenceRenewed": 1, "SubscriptionUpdate": 1, "Transfer": 3}
_NUMBERED_TOO: Final = {"PermitUsed": 1, "SeatSet": 1}
_APART: Final = 10_000
"""Licence numbers that each copy of the record has for itself."""


def measure(events: int, kind: str) -> dict[str, Any]:
    """Events, seconds of both sides, their ratio, and by how many MiB the indexing process grew while it indexed.

    Args:
        events: to catch up with, at least.
        kind: of database, `sqlite` or `postgresql`.
    """
    with local_chain() as url:
        world = deploy(url)
        history = History(world, seed=1)
        history.live(_ACTS)
        logs = _recorded(world)
        with _served(_copied(world, logs, history.works, events)) as replay, tempfile.TemporaryDirectory() as folder:
            answers, answer = multiprocessing.Pipe(duplex=False)
            with fresh_database(kind, Path(folder)) as database:
                child = multiprocessing.get_context("fork").Process(
                    target=_both, args=(world, replay, database, answer)
                )
                child.start()
                found: dict[str, Any] = answers.recv()
                child.join()
    return found | {"database": kind, "ratio": found["raw_seconds"] / found["index_seconds"]}


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """10,000 events on each database, and 100,000 on the last: what must not grow with them is memory."""
    kinds = databases(missing, "catch-up")
    sizes = [(kind, 10_000) for kind in kinds] + [(kinds[-1], 100_000)]
    for kind, events in sizes:
        found = measure(events, kind)
        yield {
            "name": f"indexer catch-up, {events:,} events, {kind}: rate of a raw eth_getLogs and decode loop",
            "value": round(100 * found["ratio"], 1),
            "unit": "%",
            "better": "higher",
            "goal": 50,
            "references": {"index s": round(found["index_seconds"], 1), "raw loop s": round(found["raw_seconds"], 1)},
            "grown_mib": round(found["grown_mib"], 1),
        }


def _both(world: World, replay: str, database: str, answer: Connection) -> None:
    contracts = Contracts(connect(replay), *(getattr(world.contracts, name) for name in Contracts.__slots__[1:]))
    windows: list[tuple[int, int]] = []
    ask = contracts.client.logs
    contracts.client.logs = lambda *range_: (windows.append(range_[:2]), ask(*range_))[1]  # type: ignore[method-assign]
    store = open_store(database)
    # What was there before is inherited: the events that are served lie in the process that this one came from.
    inherited = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    progress = Indexer(contracts, store).advance()
    index_seconds = time.perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - inherited) / 1024
    store.close()
    began = time.perf_counter()
    raw = _raw(contracts, windows)
    answer.send(
        {
            "events": progress.added,
            "raw_events": raw,
            "index_seconds": index_seconds,
            "raw_seconds": time.perf_counter() - began,
            "grown_mib": grown,
        }
    )


def _raw(contracts: Contracts, windows: Sequence[tuple[int, int]]) -> int:
    """The loop that anybody would write: ask, decode every field, keep nothing."""
    known = {}
    for name in INDEXED:
        for entry in entries(name, "event"):
            sides = [[each for each in entry["inputs"] if each["indexed"] is side] for side in (True, False)]
            types = [[collapse_if_tuple(each) for each in side] for side in sides]
            known[contracts.deployment.address(name).lower(), event_abi_to_log_topic(entry).hex()] = types  # type: ignore[arg-type]
    addresses, count = [contracts.deployment.address(name) for name in INDEXED], 0
    for first, last in windows:
        wanted = {"fromBlock": hex(first), "toBlock": hex(last), "address": addresses}
        for log in contracts.client.w3.provider.make_request("eth_getLogs", [wanted])["result"]:  # type: ignore[arg-type]
            topics = log["topics"]
            indexed, beside = known[log["address"].lower(), topics[0][2:]]
            values = decode(indexed, bytes.fromhex("".join(topic[2:] for topic in topics[1:])))
            values += decode(beside, bytes.fromhex(log["data"][2:]))
            for type_, value in zip(indexed + beside, values, strict=True):
                if type_ == "address":
                    to_checksum_address(value)
            count += 1
    return count


def _recorded(world: World) -> list[dict[str, Any]]:
    addresses = [world.contracts.deployment.address(name) for name in INDEXED]
    wanted = {"fromBlock": hex(world.contracts.deployment.block), "toBlock": "latest", "address": addresses}
    return world.rpc("eth_getLogs", wanted)  # type: ignore[return-value]


def _copied(world: World, logs: Sequence[dict[str, Any]], works: Sequence[int], events: int) -> list[list[str]]:
    """Logs of each block of the served chain, as JSON."""
    licensing = world.contracts.licensing.address.lower()
    numbered = {
        "0x" + event_abi_to_log_topic(each).hex(): (_NUMBERED | _NUMBERED_TOO).get(each["name"])  # type: ignore[arg-type]
        for each in entries("Licensing", "event")
    }
    blocks: list[list[str]] = [[] for _ in range(world.contracts.deployment.block)]
    for copy in range(-(-events // len(logs))):
        names = {f"{work:064x}": f"{work ^ copy << 64:064x}" for work in works}
        here: dict[str, list[str]] = {}
        for log in logs:
            topics = ["0x" + names.get(topic[2:], topic[2:]) for topic in log["topics"]]
            place = numbered.get(topics[0]) if log["address"].lower() == licensing else None
            if place:
                topics[place] = f"0x{int(topics[place], 16) + _APART * copy:064x}"
            block = here.setdefault(log["blockNumber"], [])
            number = len(blocks) + len(here) - 1
            moved = {"topics": topics, "blockNumber": hex(number), "blockHash": _hash(number)}
            tx = f"0x{int(log['transactionHash'], 16) ^ copy << 32:064x}"
            block.append(json.dumps(log | moved | {"transactionHash": tx}))
        blocks += here.values()
    return blocks


def _hash(number: int) -> str:
    return f"0x{number + 1:064x}"


@contextmanager
def _served(blocks: list[list[str]]) -> Iterator[str]:
    ports, port = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("fork").Process(target=_serve, args=(blocks, port), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{ports.recv()}"
    finally:
        server.terminate()
        server.join()


def _serve(blocks: list[list[str]], port: Connection) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = f'{{"jsonrpc":"2.0","id":{asked["id"]},"result":{_result(blocks, asked)}}}'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    port.send(server.server_port)
    server.serve_forever()


def _result(blocks: list[list[str]], asked: dict[str, Any]) -> str:
    method, wanted = asked["method"], (asked["params"] or [None])[0]
    if method == "eth_chainId":
        return '"0x539"'
    if method == "eth_blockNumber":
        return json.dumps(hex(len(blocks) - 1))
    if method == "eth_getLogs":
        if "blockHash" in wanted:
            wanted = dict.fromkeys(("fromBlock", "toBlock"), hex(int(wanted["blockHash"], 16) - 1))
        some = blocks[int(wanted["fromBlock"], 16) : int(wanted["toBlock"], 16) + 1]
        return "[" + ",".join(log for block in some for log in block) + "]"
    number = int(wanted, 16)
    header = {"number": hex(number), "hash": _hash(number), "parentHash": _hash(number - 1), "timestamp": "0x1"}
    return json.dumps(header | {"logsBloom": "0x" + "00" * 256})


def main() -> None:
    """Measure and print one line for each kind of database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    for kind in KINDS:
        print(json.dumps(measure(parser.parse_args().events, kind)), flush=True)


if __name__ == "__main__":
    main()
