"""Nodes that are away or wrong, keys that do not fit, works that nobody knows."""

from __future__ import annotations

import hashlib
import json
import time

import pytest
from eth_account import Account

from offchain.chain import Registration, work_hex
from offchain.storage import IpfsNode
from tests.offchain.e2e.cli.conftest import DATA

UNKNOWN = "0x" + "00" * 31 + "01"


def test_verify__chain_down__unavailable_with_remedy(cli):
    ended = cli("verify", DATA / "rocket.jpg", COLOPHON_RPC_URL="http://127.0.0.1:9")
    assert (ended.status, ended.out) == (6, "")
    assert ended.err.startswith("error: the chain at http://127.0.0.1:9 does not answer (chain-down)\n")
    assert "\n  remedy  start it (make up)" in ended.err


def test_verify__deployment_of_another_chain__refused(cli, tmp_path):
    deployment = json.loads(cli.world_file.read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**deployment, "chainId": 31337}))
    ended = cli("verify", UNKNOWN, "--json", COLOPHON_DEPLOYMENT=str(other))
    assert (ended.status, ended.json["code"]) == (4, "wrong-chain")
    assert (ended.json["facts"]["expected"], ended.json["facts"]["found"]) == (31337, 1337)


def test_verify__unknown_work__not_found(cli):
    ended = cli("verify", UNKNOWN, "--json")
    assert (ended.status, ended.json["type"]) == (3, "urn:colophon:error:unknown-work")


def test_verify__metadata_that_nobody_has__says_so_soon(cli):
    work = work_hex(cli.world.register(b"without metadata", 3))
    before = time.monotonic()
    told = cli.json("verify", work)
    assert time.monotonic() - before < 30  # the node alone is silent for a minute
    assert (told["verdict"], told["title"]) == ("registered", None)
    assert "the metadata is not reachable on IPFS" in told["note"]
    assert "the metadata is not reachable on IPFS" in cli("verify", work).out


def test_verify__metadata_of_another_program__is_not_called_unreachable(cli):
    content, work = b'{"name": "made elsewhere"}', int.from_bytes(hashlib.sha256(b"elsewhere").digest(), "big")
    IpfsNode(cli.environ["COLOPHON_IPFS_URL"]).pin(content)
    registration = Registration(work, cli.world.accounts[3], hashlib.sha256(content).digest())
    cli.world.send(cli.world.contracts.registry.register(registration), 3)
    told = cli.json("verify", work_hex(work))
    assert (told["verdict"], told["title"], told["note"]) == ("registered", None, None)


def test_verify__nonsense__remedy_names_licence_numbers_too(cli):
    ended = cli("verify", "nosuch", "--json")
    assert (ended.status, ended.json["code"]) == (2, "work-malformed")
    assert "number of a licence" in ended.json["remedy"]


def test_verify__unknown_licence__not_found(cli):
    ended = cli("verify", "999999", "--json")
    assert (ended.status, ended.json["code"]) == (3, "unknown-licence")


def test_quote__work_that_is_not_for_sale__refused(cli, tmp_path):
    master = tmp_path / "private.txt"
    master.write_text("Registered to prove priority, and not for sale. " * 30)
    cli.json("register", master, "--as", 5)
    ended = cli("quote", master, "--tier", "personal", "--json")
    assert (ended.status, ended.json["code"]) == (4, "not-for-sale")


@pytest.fixture
def keystore(tmp_path):
    """A keystore of a new account, and the account."""
    account = Account.create()
    path = tmp_path / "key.json"
    # Few iterations: the strength of the encryption is not under test.
    path.write_text(json.dumps(Account.encrypt(account.key, "open sesame", kdf="pbkdf2", iterations=2)))
    return path, account.address


def test_claim__keystore_with_password_file__acts_for_its_account(cli, keystore, tmp_path):
    path, address = keystore
    password = tmp_path / "password"
    password.write_text("open sesame\n")
    told = cli.json("claim", "--keystore", path, "--password-file", password)
    assert (told["account"], told["amount"]) == (address, "0")


@pytest.mark.parametrize(
    ("password", "status", "code"), [("wrong", 5, "wrong-password"), (None, 2, "password-missing")]
)
def test_claim__keystore_that_does_not_open__denied(cli, keystore, tmp_path, password, status, code):
    path, _ = keystore
    options = []
    if password is not None:
        (tmp_path / "password").write_text(password)
        options = ["--password-file", tmp_path / "password"]
    ended = cli("claim", "--json", *options, COLOPHON_KEYSTORE=str(path))
    assert (ended.status, ended.json["code"]) == (status, code)
