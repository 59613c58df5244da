"""A JSON-RPC proxy before Anvil that notes which sides of which JUMPI each transaction and each call took.

Whoever runs against the proxy's URL sees the node unchanged. Each `eth_sendTransaction`, `eth_sendRawTransaction` and
`eth_call` is traced once more by a tracer of ours, at the very state on which it ran, since tests revert the chain.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final

import httpx

from offchain.errors import UnavailableError
from scripts.processes import LOOPBACK

__all__ = ["Jumps", "Recorder", "recording"]

Jumps = dict[int, int]
"""Sides that a JUMPI took, as bits, by program counter."""

_TRACER: Final = """{
  seen: {}, code: [""],
  enter: function (frame) {
    this.code.push(frame.getType().indexOf("CREATE") < 0 ? toHex(frame.getTo()) : toHex(frame.getInput()));
  },
  exit: function () { this.code.pop(); },
  step: function (log) {
    if (log.op.toNumber() !== 0x57) return;
    var side = log.stack.peek(1).toString(16) === "0" ? 1 : 2, code = this.code[this.code.length - 1];
    var jumps = this.seen[code] = this.seen[code] || {};
    jumps[log.getPC()] |= side;
  },
  fault: function () {},
  result: function () { return this.seen; }
}"""
"""Sides of JUMPIs (`branches.FELL`, `branches.JUMPED`) by code and program counter.

Code is an address, the creation code of a contract that was made, or "" for what the message itself runs.
"""

_SENDS: Final = {"eth_sendTransaction", "eth_sendRawTransaction"}
_CHANGES_CODE: Final = {"evm_revert", "anvil_setCode"}
_ADDRESS_BYTES: Final = 20
_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.002


class Recorder:
    """What was run so far.

    Attributes:
        url: where the proxy listens.
        jumps: by code that ran: as it lies on chain, or creation code with its arguments.
        traced: how many messages of each method were traced.
        failure: why something was not traced, so that the record is not whole.
    """

    def __init__(self, node: str) -> None:
        self.url = ""
        self.jumps: dict[bytes, Jumps] = {}
        self.traced: Counter[str] = Counter()
        self.failure: UnavailableError | None = None
        self._node = httpx.Client(base_url=node, timeout=_SECONDS)
        self._codes: dict[str, bytes] = {}
        self._waiting: list[tuple[str, str]] = []
        self._automine = True
        self._lock = Lock()

    def answer(self, body: bytes) -> bytes:
        """Pass a request on, then trace it; the node's answer, unchanged."""
        with self._lock:  # a trace must see the state on which its message ran
            request = json.loads(body)
            if request["method"] == "eth_call":  # a call may depend on the clock, so it is traced first
                self._trace(request["method"], "debug_traceCall", [request["params"][0], request["params"][1]])
            answer = self._node.post("", content=body, headers={"Content-Type": "application/json"}).content
            if request["method"] in _SENDS and (digest := json.loads(answer).get("result")):
                self._waiting.append((request["method"], digest))
            elif request["method"] == "evm_setAutomine":
                self._automine = request["params"][0]
            elif request["method"] in _CHANGES_CODE:
                self._codes.clear()
            if self._automine or request["method"] == "evm_mine":
                self._trace_waiting()
            return answer

    def _trace_waiting(self) -> None:
        for method, digest in self._waiting:
            self._wait_until_mined(digest)
            self._trace(method, "debug_traceTransaction", [digest])
        self._waiting.clear()

    def _trace(self, method: str, tracing: str, what: list[Any]) -> None:
        message = what[0] if isinstance(what[0], dict) else self._ask("eth_getTransactionByHash", *what)
        self.traced[method] += 1
        for code, jumps in self._ask(tracing, *what, {"tracer": _TRACER}).items():
            run = self._code(code or message.get("to") or message.get("input") or message["data"])
            sides = self.jumps.setdefault(run, {})
            for counter, side in jumps.items():
                sides[int(counter)] = sides.get(int(counter), 0) | side

    def _wait_until_mined(self, digest: str) -> None:
        """Anvil answers with the hash first and mines then."""
        deadline = time.monotonic() + _SECONDS
        while self._ask("eth_getTransactionReceipt", digest) is None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)

    def _code(self, name: str) -> bytes:
        """Code by address, or the creation code itself."""
        plain = bytes.fromhex(name.removeprefix("0x"))
        if len(plain) != _ADDRESS_BYTES:
            return plain
        code = self._codes.get(name) or bytes.fromhex(self._ask("eth_getCode", name, "latest").removeprefix("0x"))
        self._codes[name] = code
        return code

    def _ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - whatever the node answers
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._node.post("", json=body).json()
        if "error" in answer:
            raise UnavailableError(
                "trace-refused", f"{method}: {answer['error']['message']}", "run make coverage again"
            )
        return answer["result"]


@contextmanager
def recording(node: str) -> Iterator[Recorder]:
    """Listen on a free loopback port until the block ends, and pass everything on to the node at that URL.

    Raises:
        UnavailableError: at the end, when the node refused a trace.
    """
    recorder = Recorder(node)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: apart, they wait 40 ms for each other (Nagle)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                answer = recorder.answer(body)
            except UnavailableError as error:
                recorder.failure = error
                answer = _refusal(error)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        recorder.url = f"http://{LOOPBACK}:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield recorder
        finally:
            server.shutdown()
    if recorder.failure:
        raise recorder.failure


def _refusal(error: UnavailableError) -> bytes:
    answer = {"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": error.message}}
    return json.dumps(answer).encode()
