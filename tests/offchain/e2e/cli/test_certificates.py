"""`colophon certificate` and `statement` write files that other programs read, and `verify` believes no altered one."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.offchain.e2e.cli.conftest import Cli

CREATOR, BUYER = 3, 6


@pytest.fixture(scope="module")
def licence(cli: Cli, photograph, buyers) -> str:
    quote = cli.json("quote", photograph, "--tier", "commercial", "--buyer", cli.world.accounts[BUYER])
    return cli.json("buy", quote["digest"], "--as", BUYER)["licence"]


def test_certificate__written_verified_and_altered__only_the_true_one_is_valid(cli: Cli, licence: str, tmp_path: Path):
    path = tmp_path / "certificate.json"
    told = cli.json("certificate", licence, "--out", path)
    assert told["holder"] == cli.world.accounts[BUYER]
    ended = cli("verify", path)
    assert (ended.status, "valid" in ended.out) == (0, True)
    document = json.loads(path.read_text())
    document["credentialSubject"]["licence"] += "0"
    path.write_text(json.dumps(document))
    ended = cli("verify", path)
    assert (ended.status, "invalid" in ended.out) == (1, True)


def test_certificate__as_a_page__names_the_holder(cli: Cli, licence: str, tmp_path: Path):
    path = tmp_path / "certificate.pdf"
    cli.json("certificate", licence, "--out", path)
    assert cli.world.accounts[BUYER] in PdfReader(path).pages[0].extract_text()


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [(("1", "--out", "x.txt"), "format-unknown", 2), (("99999", "--out", "x.json"), "unknown-licence", 3)],
)
def test_certificate__that_cannot_be_made__says_why(cli: Cli, arguments: tuple[str, ...], code: str, status: int):
    ended = cli("certificate", *arguments)
    assert (ended.status, code in ended.err) == (status, True)


def test_statement__of_a_period__writes_table_and_page(cli: Cli, licence: str, tmp_path: Path):
    table, page, account = tmp_path / "statement.csv", tmp_path / "statement.pdf", cli.world.accounts[CREATOR]
    told = cli.json("statement", account, "--from", "2020-01-01", "--csv", table, "--pdf", page)
    with table.open(newline="") as file:
        closing = [row["balance_minor"] for row in csv.DictReader(file) if row["kind"] == "closing"]
    assert closing == [line["claimable"] for line in told["lines"]]
    assert account in PdfReader(page).pages[0].extract_text()
    early = cli.json("statement", account, "--to", "2020-01-01")
    assert early["lines"] == []
    ended = cli("statement", account, "--from", "yesterday")
    assert (ended.status, "time-malformed" in ended.err) == (2, True)
