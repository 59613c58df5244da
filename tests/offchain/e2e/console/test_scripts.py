"""`brownie run` of each script, on a fresh part of the run's chain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.private_brownie import run_brownie


def run(script: str, chain_url: str, folder: Path) -> str:
    """The output of a script that must succeed."""
    log = folder / "log"
    environ = {"COLOPHON_HOME": str(folder), "COLOPHON_DEPLOYMENT": ""}
    status = run_brownie(["run", script, "--network", "ganache-cli"], chain_url, environ=environ, log=log)
    said = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text())
    assert status == 0, said
    return said


def test_deploy__fresh_chain__writes_the_deployment_file(chain_url, tmp_path):
    said = run("deploy", chain_url, tmp_path)
    path = tmp_path / "deployments" / "1337.json"
    assert f"deployment written to {path}" in said
    assert path.exists()


def test_register__two_samples__tells_works_and_prices(chain_url, tmp_path):
    said = run("register", chain_url, tmp_path)
    # sha256sum tests/data/chelsea.png
    assert "work 0x596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb" in said
    assert len(re.findall(r"^adaptation  individual +\$[0-9.]+$", said, re.MULTILINE)) == 2


def test_license__two_buyers__each_has_a_licence_at_the_price_shown(chain_url, tmp_path):
    said = run("license", chain_url, tmp_path)
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
    return run("royalties", chain_url, tmp_path_factory.mktemp("royalties"))
