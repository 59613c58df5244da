"""`brownie run` of each script, on a fresh part of the run's chain."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from offchain.chain.client import connect
from offchain.chain.contracts import open_contracts
from offchain.chain.deployments import load_deployment
from offchain.chain.signer import development_signer
from offchain.workflows.terms import standard_terms
from scripts.localnet import ROOT
from scripts.private_brownie import run_brownie


def run(script: str, chain_url: str, environ: dict[str, str], folder: Path) -> str:
    """The output of a script that must succeed."""
    log = folder / "log"
    status = run_brownie(["run", script, "--network", "ganache-cli"], chain_url, environ=environ, log=log)
    said = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text())
    assert status == 0, said
    return said


@pytest.fixture(scope="module")
def deployment(chain_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `brownie run deploy` left: the file with the contracts' addresses, under its home."""
    home = tmp_path_factory.mktemp("home")
    path = home / "deployments" / "1337.json"
    assert f"deployment written to {path}" in run("deploy", chain_url, {"COLOPHON_HOME": str(home)}, home)
    return path


def test_deploy__fresh_chain__contracts_hold_the_code_that_the_file_names(chain_url, deployment):
    client = connect(chain_url, 1337)
    contracts = open_contracts(client, load_deployment(1337, deployment))
    assert [currency.symbol for currency in contracts.ledger.currencies()] == ["ETH", "TUSD"]
    assert [contracts.offers.terms_number(each.terms) for each in standard_terms()] == [1, 2, 3]


def test_register__running_stack__works_there_and_deploys_nothing(chain_url, ipfs_url, deployment, tmp_path):
    """The settings are those that `make up` leaves for others; `brownie` is on the same chain."""
    environ = {
        "COLOPHON_HOME": str(deployment.parents[1]),
        "COLOPHON_DEPLOYMENT": str(deployment),
        "COLOPHON_RPC_URL": chain_url,
        "COLOPHON_IPFS_URL": ipfs_url,
    }
    said = run("register", chain_url, environ, tmp_path)
    assert "the Colophon that make up runs, on chain 1337" in said
    assert len(re.findall(r"^adaptation  individual +\$[0-9.]+$", said, re.MULTILINE)) == 2
    (work, *_) = re.findall(r"^work (0x[0-9a-f]{64})$", said, re.MULTILINE)
    assert work == f"0x{hashlib.sha256((ROOT / 'tests' / 'data' / 'chelsea.png').read_bytes()).hexdigest()}"
    client = connect(chain_url, 1337)
    title = open_contracts(client, load_deployment(1337, deployment)).registry.title(int(work, 0))
    assert title.holder == development_signer(3, 1337).address


def test_license__two_buyers__each_has_a_licence_at_the_price_shown(chain_url, tmp_path):
    said = run("license", chain_url, {"COLOPHON_HOME": str(tmp_path)}, tmp_path)
    prices = dict(re.findall(r"^(\w+ +\w+) +(\$[0-9.]+)$", said, re.MULTILINE))
    shown = {" ".join(name.split()): price for name, price in prices.items()}
    assert f"account 6 paid {shown['personal individual']}" in said
    assert f"account 7 paid {shown['commercial organisation']}" in said


@pytest.mark.parametrize("creator", [3, 4])
def test_royalties__derivative_sold__everybody_claims_what_their_statement_says(royalties, creator):
    received = re.search(rf"account {creator} received (\$[0-9.]+)", royalties)
    assert received is not None
    line = next(line for line in royalties[received.end() :].splitlines() if line.count("$") == 3)
    earned, claimed, claimable = re.findall(r"\$[0-9.]+", line)
    assert (earned, claimed, claimable) == (received[1], received[1], "$0.00")


def test_royalties__upstream_share__is_fifteen_hundredths_of_the_derivatives_revenue(royalties):
    """The adaptation terms owe 150,000 parts per million (offchain/workflows/terms/adaptation.json)."""
    sale = re.search(r"commercial, until .*; account 6 paid \$([0-9.]+)", royalties)
    payment = re.search(r"account 7 paid \$([0-9.]+)", royalties)
    moved = re.search(r"^\$([0-9.]+) went from", royalties, re.MULTILINE)
    assert sale is not None
    assert payment is not None
    assert moved is not None
    gross = round((float(sale[1]) + float(payment[1])) * 100)
    assert round(float(moved[1]) * 10_000) == gross * 15


@pytest.fixture(scope="module")
def royalties(chain_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    home = tmp_path_factory.mktemp("royalties")
    return run("royalties", chain_url, {"COLOPHON_HOME": str(home)}, home)
