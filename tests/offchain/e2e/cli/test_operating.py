"""What an operator runs: check, doctor, backup, restore."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from offchain.chain.signer.development import development_key
from offchain.storage.age import keep_identity, recipient_of
from tests.offchain.e2e.cli.conftest import Cli

KEYS = {"COLOPHON_RELAYER_KEY": development_key(1), "COLOPHON_PRICING_KEY": development_key(2)}


@pytest.fixture
def stocked(cli: Cli) -> Cli:
    """The database has a store."""
    assert cli("index", "check").status == 0
    return cli


def test_check__all_is_well__exits_with_0(stocked: Cli):
    ended = stocked("check", **KEYS)
    assert ended.status == 0, ended
    assert [line.split()[:2] for line in ended.out.splitlines()] == [
        ["✓", name] for name in ("chain", "contracts", "database", "ipfs", "relayer")
    ]
    assert KEYS["COLOPHON_RELAYER_KEY"] not in ended.out


def test_check__chain_down_and_no_ipfs__names_each_and_exits_with_6(cli: Cli):
    away = {"COLOPHON_RPC_URL": "http://127.0.0.1:9", "COLOPHON_IPFS_URL": "http://127.0.0.1:10"}
    ended = cli("check", "--json", **KEYS, **away)
    assert (ended.status, ended.json["ok"]) == (6, False)
    codes = {name: each["code"] for name, each in ended.json["checks"].items()}
    assert codes["ipfs"] == "ipfs-down"
    assert {codes[name] for name in ("chain", "contracts", "relayer")} == {"chain-down"}


def test_check__other_code_at_an_address__code_mismatch(cli: Cli, tmp_path: Path):
    """Nobody must talk to another program at the same address."""
    told = json.loads(cli.world_file.read_text())
    told["contracts"]["Licensing"]["codeHash"] = "0x" + "11" * 32
    (tmp_path / "d.json").write_text(json.dumps(told))
    ended = cli("check", "--json", COLOPHON_DEPLOYMENT=str(tmp_path / "d.json"), **KEYS)
    assert (ended.status, ended.json["checks"]["contracts"]["code"]) == (6, "code-mismatch")


def test_doctor__no_key_and_a_home_that_others_write_to__says_what_to_do(cli: Cli, tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    ended = cli("doctor", COLOPHON_HOME=str(home), COLOPHON_DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")
    assert ended.status == 6
    lines = {line.split()[1]: line for line in ended.out.splitlines()}
    assert "no-relayer" in lines["relayer"]
    assert f"chmod 700 {home}" in lines["home"]
    assert "✓ database" in ended.out
    assert "empty" in lines["database"]
    assert not list(home.iterdir())  # it looks, and makes nothing


def test_backup_and_restore__another_home__same_store_and_keys(stocked: Cli, tmp_path: Path):
    identity, file, home = tmp_path / "identity", tmp_path / "b.tar", tmp_path / "home"
    recipient = recipient_of(keep_identity(identity))
    made = stocked.json("backup", file, "--with-keys", recipient)
    assert made["keys_left_out"] == []
    there = {"COLOPHON_HOME": str(home), "COLOPHON_DATABASE_URL": f"sqlite:///{home / 'colophon.db'}"}
    ended = stocked("restore", file, "--identity", identity, "--json", **there)
    assert ended.status == 0, ended
    assert (ended.json["rows"], ended.json["keys"]) == (made["rows"], sorted(made["keys"]))
    assert ended.json["block"] >= stocked.world.contracts.deployment.block
    again = stocked("restore", file, **there)
    assert (again.status, "(home-not-empty)" in again.err or "(database-not-empty)" in again.err) == (4, True)


def test_restore__of_other_contracts__refused(stocked: Cli, tmp_path: Path):
    """Its store would tell of events that are not there."""
    file, told = tmp_path / "b.tar", json.loads(stocked.world_file.read_text())
    stocked.json("backup", file)
    told["contracts"]["Licensing"]["address"] = stocked.world.accounts[9]
    (tmp_path / "d.json").write_text(json.dumps(told))
    home = tmp_path / "home"
    there = {"COLOPHON_HOME": str(home), "COLOPHON_DATABASE_URL": f"sqlite:///{home / 'colophon.db'}"}
    ended = stocked("restore", file, "--json", COLOPHON_DEPLOYMENT=str(tmp_path / "d.json"), **there)
    assert (ended.status, ended.json["code"]) == (4, "backup-elsewhere")
