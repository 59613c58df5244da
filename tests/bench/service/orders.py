"""Orders relayed and mined, beside raw `eth_sendRawTransaction` of the same calls, on Ganache with automine.

    python -m tests.bench.service.orders [--orders 48]

Buyers' orders are signed beforehand, half for each side. Raw: one account's transactions, signed beforehand, are sent
and their receipts awaited by eight threads. Ours: the sender relays them from eight threads, with its store, its
estimates and its fees, and waits until they are mined.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from eth_account import Account
from fastapi.testclient import TestClient
from web3 import HTTPProvider, Web3

from offchain.api.app import create_app
from offchain.chain import NO_PERMIT, Call
from offchain.workflows.ordering import draft_order
from offchain.workflows.quoting import QuoteRequest, make_quote
from scripts.localnet import local_chain, local_ipfs
from scripts.stack import development_key
from tests.bench.parts import Missing, databases
from tests.bench.report import Row
from tests.offchain.databases import KINDS, fresh_database
from tests.offchain.site import ADA, DOLLAR, DORA, ROCKET, Visitor, make_site

__all__ = ["measure", "rows"]

_AT_ONCE: Final = 8
_RAW: Final = 9
"""Account of the public mnemonic that sends the raw side."""

_GAS: Final = 400_000


def measure(kind: str, orders: int = 48) -> Row:
    """One row: orders a second as a share of raw transactions a second.

    Args:
        kind: of database, `sqlite` or `postgresql`.
        orders: on both sides together.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="colophon-bench-")))
        chain = stack.enter_context(local_chain())
        site = make_site(chain, stack.enter_context(local_ipfs()), folder)
        site.environ["COLOPHON_DATABASE_URL"] = stack.enter_context(fresh_database(kind, folder))
        client = stack.enter_context(TestClient(create_app(site.settings)))
        work = int(Visitor(site, client, ADA).register(ROCKET, title="Rocket")["work"], 16)
        dollar, ledger = site.world.contracts.dollar, site.world.contracts.ledger
        site.world.send(dollar.approve(ledger.address, 10_000 * DOLLAR), DORA)
        services = client.app.state.engine.services  # type: ignore[attr-defined]
        calls = [_call(services, site, work) for _ in range(orders)]
        # The first order of each side warms its own up: connections, an estimate of gas, the buyer's first licence.
        _raw(chain, site, [_call(services, site, work)])
        _relayed(services, [_call(services, site, work)], "warm")
        raw = _raw(chain, site, calls[: orders // 2])
        ours = _relayed(services, calls[orders // 2 :], "bench")
    return {
        "name": f"order relayed and mined, {kind}: rate of raw transactions",
        "value": round(100 * raw / ours, 1),
        "unit": "%",
        "better": "higher",
        "goal": 50,
        "references": {"orders a second": round(orders / 2 / ours, 1), "raw a second": round(orders / 2 / raw, 1)},
    }


def _call(services: Any, site: Any, work: int) -> Call:
    """What a relayer sends for a buyer who has signed."""
    buyer = site.signer(DORA)
    signed = make_quote(services, QuoteRequest(work, "personal", buyer.address))
    drafted = draft_order(services, signed, buyer.address)
    order = drafted.order
    signature = buyer.sign_typed(services.contracts.licensing.order_typed(order))
    call: Call = services.contracts.licensing.fulfil(signed.quote, signed.signature, order, signature, NO_PERMIT)
    return call


def _raw(url: str, site: Any, calls: Sequence[Call]) -> float:
    """Seconds for transactions that were signed beforehand."""
    w3, wallet = Web3(HTTPProvider(url)), Account.from_key(development_key(_RAW))
    first = w3.eth.get_transaction_count(wallet.address)
    signed = [
        wallet.sign_transaction(
            {
                "to": call.to,
                "data": call.data,
                "value": call.value,
                "nonce": first + number,
                "gas": _GAS,
                "chainId": w3.eth.chain_id,
                "maxFeePerGas": 10**11,
                "maxPriorityFeePerGas": 10**9,
            }
        ).raw_transaction
        for number, call in enumerate(calls)
    ]

    def send(raw: bytes) -> int:
        node = Web3(HTTPProvider(url))
        sent = node.eth.send_raw_transaction(raw)
        return int(node.eth.wait_for_transaction_receipt(sent, poll_latency=0.02)["status"])

    began = time.perf_counter()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        mined = list(pool.map(send, signed))
    took = time.perf_counter() - began
    assert mined == [1] * len(calls), mined
    return took


def _relayed(services: Any, calls: Sequence[Call], name: str) -> float:
    """Seconds for the sender."""
    relayers = services.require_relayer()
    began = time.perf_counter()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda each: services.sender.relay(each[1], relayers, f"{name}-{each[0]}"), enumerate(calls)))
    return time.perf_counter() - began


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """SQLite always, PostgreSQL where a server is named."""
    for kind in databases(missing, "order relayed and mined"):
        yield measure(kind, 200 if campaign else 48)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=48)
    asked = parser.parse_args()
    for kind in KINDS:
        print(json.dumps(measure(kind, asked.orders)), flush=True)


if __name__ == "__main__":
    main()
