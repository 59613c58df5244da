"""A bad way to a good node: a proxy before Ganache that fails as public nodes and their load balancers do.

Every fault is drawn from a seed. Answers are true or they are one of the faults; nothing here makes up an event.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

REFUSALS = (
    "query returned more than 10000 results",
    "block range too large",
    "eth_getLogs is limited to a 50 block range",
    "Log response size exceeded. You can make eth_getLogs requests with up to a 50 block range",
    "exceed maximum block range: 50",
)
"""How providers say that a range is too wide."""

LATER = ("rate limit exceeded", "Too Many Requests", "daily request count exceeded, request rate limited")
FAULTS = ("drop", "500", "429", "limited", "slow", "twice", "cut", "stale", "absent", "empty")


@dataclass
class Faults:
    """What goes wrong.

    Attributes:
        seed: all chance comes from it.
        rate: share of requests that a fault of `kinds` is tried on.
        kinds: some of `FAULTS`.
        widest: blocks that eth_getLogs answers for; None for no limit.
        happened: how often each fault came to pass; `refused` counts ranges that were too wide.
        asked: widths of the ranges that logs were asked for, in order.
    """

    seed: int = 0
    rate: float = 0.0
    kinds: tuple[str, ...] = FAULTS
    widest: int | None = None
    happened: Counter[str] = field(default_factory=Counter)
    asked: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()

    def draw(self) -> str | None:
        with self._lock:
            return self._random.choice(self.kinds) if self._random.random() < self.rate else None

    def words(self, of: tuple[str, ...]) -> str:
        with self._lock:
            return self._random.choice(of)


@contextmanager
def faulty(url: str, faults: Faults) -> Iterator[str]:
    """URL of a proxy before the node at `url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # http.server's name
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fault = faults.draw()
            if isinstance(asked, dict):
                asked, fault, answer = _meet(url, faults, asked, fault)
            else:
                answer = _ask(url, asked)
            self._answer(fault, answer)

        def _answer(self, fault: str | None, answer: Any) -> None:
            status = int(fault) if fault in {"500", "429"} else 200
            body = json.dumps(answer).encode()
            sent = body[: len(body) // 2] if fault == "cut" else body
            if fault == "drop":
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _ask(url: str, asked: Any) -> Any:
    return requests.post(url, json=asked, timeout=20).json()


def _meet(url: str, faults: Faults, asked: dict[str, Any], fault: str | None) -> tuple[dict[str, Any], str | None, Any]:
    """The question, the fault that really happens to it, and the answer."""
    wide = _width(asked)
    if wide is not None:
        faults.asked.append(wide)
        if faults.widest is not None and wide > faults.widest:
            faults.happened["refused"] += 1
            return asked, None, _refusal(asked, faults.words(REFUSALS))
    if fault in {"drop", "500", "429", "cut"}:
        faults.happened[fault] += 1
        return asked, fault, _ask(url, asked) if fault == "cut" else {}
    if fault == "limited":
        faults.happened[fault] += 1
        return asked, None, _refusal(asked, faults.words(LATER))
    answer = _ask(url, asked)
    _bend(asked, answer, fault, faults)
    return asked, None, answer


def _bend(asked: dict[str, Any], answer: dict[str, Any], fault: str | None, faults: Faults) -> None:
    """Faults that are well-formed answers of a node that is slow, or behind the others."""
    method, result = asked["method"], answer.get("result")
    if fault == "slow":
        time.sleep(0.05)
    elif fault == "twice" and method == "eth_getLogs" and result:
        answer["result"] = [*result, *result]
    elif fault == "stale" and method == "eth_blockNumber":
        answer["result"] = hex(max(0, int(result, 16) - 3))
    elif fault == "absent" and method == "eth_getBlockByNumber":
        answer["result"] = None
    elif fault == "empty" and method == "eth_getLogs" and result and "blockHash" in asked["params"][0]:
        answer["result"] = []
    else:
        return
    faults.happened[str(fault)] += 1


def _refusal(asked: dict[str, Any], words: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": asked.get("id"), "error": {"code": -32005, "message": words}}


def _width(asked: dict[str, Any]) -> int | None:
    if asked["method"] != "eth_getLogs" or "blockHash" in asked["params"][0]:
        return None
    wanted = asked["params"][0]
    return int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) + 1
