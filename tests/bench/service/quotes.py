"""A signed quote beside signing alone: `make_quote` against eth-account's `sign_message` of the same typed data.

    python -m tests.bench.service.quotes [--quotes 60]

Both sides run in one process, in turns, on one thread. A quote prices the work, proves the price, asks the contracts
whether it would be taken now, and is kept; signing alone encodes and signs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from eth_account import Account
from eth_account.messages import encode_typed_data
from fastapi.testclient import TestClient

from offchain.api.app import create_app
from offchain.workflows.quoting import QuoteRequest, make_quote
from scripts.localnet import local_chain, local_ipfs
from scripts.stack import development_key
from tests.bench.parts import Missing, databases
from tests.bench.report import Row
from tests.offchain.databases import KINDS, fresh_database
from tests.offchain.site import ADA, PRICING, ROCKET, Visitor, make_site

__all__ = ["measure", "rows"]

_TURNS: Final = 5


def measure(kind: str, quotes: int = 60) -> Row:
    """One row: quotes a second as a share of signatures a second.

    Args:
        kind: of database, `sqlite` or `postgresql`.
        quotes: on each side.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="colophon-bench-")))
        site = make_site(stack.enter_context(local_chain()), stack.enter_context(local_ipfs()), folder)
        url = stack.enter_context(fresh_database(kind, folder))
        site.environ["COLOPHON_DATABASE_URL"] = url
        client = stack.enter_context(TestClient(create_app(site.settings)))
        work = Visitor(site, client, ADA).register(ROCKET, title="Rocket")["work"]
        services = client.app.state.engine.services  # type: ignore[attr-defined]
        request = QuoteRequest(int(work, 16), "personal")
        wallet = Account.from_key(development_key(PRICING))
        typed = services.contracts.offers.quote_typed(make_quote(services, request).quote)
        ours = alone = 0.0
        for _ in range(_TURNS):
            began = time.perf_counter()
            for _ in range(quotes // _TURNS):
                make_quote(services, request)
            ours += time.perf_counter() - began
            began = time.perf_counter()
            for _ in range(quotes // _TURNS):
                wallet.sign_message(encode_typed_data(full_message=typed))
            alone += time.perf_counter() - began
    return {
        "name": f"signed quote, {kind}: rate of signing alone",
        "value": round(100 * alone / ours, 1),
        "unit": "%",
        "better": "higher",
        "goal": 60,
        "references": {"quote ms": round(1000 * ours / quotes, 2), "signature ms": round(1000 * alone / quotes, 2)},
    }


def rows(missing: Missing, campaign: bool = False) -> Iterator[Row]:
    """SQLite always, PostgreSQL where a server is named."""
    for kind in databases(missing, "signed quote"):
        yield measure(kind, 300 if campaign else 60)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quotes", type=int, default=60)
    asked = parser.parse_args()
    for kind in KINDS:
        print(json.dumps(measure(kind, asked.quotes)), flush=True)


if __name__ == "__main__":
    main()
