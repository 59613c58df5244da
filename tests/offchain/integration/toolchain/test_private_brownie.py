"""Brownie runs on the chain that it is told, under the settings that people use by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest
import yaml

from offchain.errors import InputError
from scripts.localnet import CHAIN_ID, MNEMONIC, ROOT
from scripts.private_brownie import chains, run_brownie, workers

SETTINGS = yaml.safe_load((ROOT / "brownie-config.yaml").read_text())
SCRIPT = """
from pathlib import Path
from brownie import accounts, chain, web3
def main():
    receipt = accounts[0].transfer(accounts[1], 1)
    Path("seen").write_text(f"{web3.provider.endpoint_uri} {chain.id} {receipt.status} {Path.home()}")
"""


def call(url: str, method: str, *params: object) -> object:
    answer = httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).json()
    return answer["result"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Brownie project with the settings of ours, a script and no contracts."""
    for folder in ("contracts", "tests/contracts", "scripts"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "brownie-config.yaml", tmp_path)
    (tmp_path / "scripts" / "probe.py").write_text(SCRIPT)
    return tmp_path


def test_run_brownie__script__acts_on_the_given_chain_and_not_in_home(project, fresh_chain_url):
    status = run_brownie(
        ["run", "probe", "--network", "ganache-cli"], fresh_chain_url, project=project, log=project / "log"
    )
    assert status == 0, (project / "log").read_text()
    url, chain_id, receipt, home = (project / "seen").read_text().split()
    assert (url, int(chain_id), int(receipt)) == (fresh_chain_url, CHAIN_ID, 1)
    assert call(fresh_chain_url, "eth_blockNumber") == "0x1"
    assert not Path(home).exists()
    # Brownie ends what it launched, and it launched nothing.
    assert call(fresh_chain_url, "eth_chainId") == hex(CHAIN_ID)


def test_run_brownie__script_fails__status_is_not_zero(project, fresh_chain_url):
    (project / "scripts" / "probe.py").write_text("def main():\n    raise ValueError('on purpose')\n")
    log = project / "log"
    assert run_brownie(["run", "probe", "--network", "ganache-cli"], fresh_chain_url, project=project, log=log) != 0
    assert "on purpose" in log.read_text()


def test_brownie_config__network_by_hand__is_the_chain_that_we_start(fresh_chain_url):
    """`brownie test --network ganache-cli` by hand and `make test` must see the same chain."""
    launched = SETTINGS["networks"]["ganache-cli"]["cmd_settings"]
    assert (launched["mnemonic"], launched["chain_id"], launched["network_id"]) == (MNEMONIC, CHAIN_ID, CHAIN_ID)
    accounts = call(fresh_chain_url, "eth_accounts")
    assert len(accounts) == launched["accounts"]
    assert (
        int(call(fresh_chain_url, "eth_getBalance", accounts[0], "latest"), 16) == launched["default_balance"] * 10**18
    )
    block = call(fresh_chain_url, "eth_getBlockByNumber", "latest", False)
    assert int(block["gasLimit"], 16) == launched["gas_limit"]
    # EIP-4895: Shanghai's blocks carry withdrawals, earlier ones do not.
    assert launched["evm_version"] == "shanghai"
    assert "withdrawals" in block


@pytest.mark.parametrize(
    ("line", "count"), [("test", 1), ("test -n 2", 2), ("test -n=3 tests", 3), ("test --network ganache-cli -n 12", 12)]
)
def test_workers__of_a_command_line__are_counted(line: str, count: int):
    assert workers(line.split()) == count


@pytest.mark.parametrize("line", ["test -n", "test -n 0", "test -n=", "test -n many", "test -n -1"])
def test_workers__no_number__is_refused(line: str):
    with pytest.raises(InputError) as refused:
        workers(line.split())
    assert refused.value.code == "workers-unclear"


def test_chains__two__are_neighbours_and_know_nothing_of_each_other():
    with chains(2) as first:
        port = int(first.rpartition(":")[2])
        second = f"http://127.0.0.1:{port + 1}"
        call(first, "evm_mine")
        assert [call(url, "eth_blockNumber") for url in (first, second)] == ["0x1", "0x0"]
