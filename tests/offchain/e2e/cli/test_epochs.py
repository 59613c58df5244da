"""`colophon epochs`: every work priced anew, and quotes that name the epoch."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from tests.offchain.e2e.cli.conftest import Cli


def test_epochs__made__are_listed_and_quotes_name_them(cli: Cli, photograph: str, tmp_path: Path):
    """In a store of its own: other tests ask for quotes without an epoch."""
    store = {"COLOPHON_DATABASE_URL": f"sqlite:///{tmp_path / 'epochs.db'}"}
    dry = cli("epochs", "make", "--dry-run", "--json", **store).json
    assert dry["epoch"] is None
    assert cli("epochs", "list", **store).out == "no epoch yet: every work is priced by itself\n"
    made = cli("epochs", "make", "--json", **store).json
    assert {**made, "epoch": None} == dry
    (listed,) = cli("epochs", "list", "--json", **store).json["items"]
    assert {name: listed[name] for name in ("epoch", "model_hash", "expected_revenue")} == {
        name: made[name] for name in ("epoch", "model_hash", "expected_revenue")
    }
    quote = cli("quote", photograph, "--tier", "commercial", "--json", **store).json
    prices = [
        price["amount"] for price in made["prices"] if price["work"] == photograph and price["tier"] == "commercial"
    ]
    assert quote["price"] in prices
    basis = quote["basis"]
    assert (basis["epoch"], basis["duals_hash"]) == (made["epoch"], made["duals_hash"])
    written = json.dumps(basis, sort_keys=True, separators=(",", ":"))  # plain text and numbers: RFC 8785 as it is
    assert quote["quote"]["basis"] == "0x" + sha256(written.encode()).hexdigest()


def test_epochs__nothing_for_sale__refused(cli: Cli, tmp_path: Path):
    native = "eip155:1337/slip44:60"
    ended = cli("epochs", "make", "--currency", native, "--json", COLOPHON_DATABASE_URL=f"sqlite:///{tmp_path}/none.db")
    assert (ended.status, ended.json["code"]) == (4, "nothing-for-sale")
