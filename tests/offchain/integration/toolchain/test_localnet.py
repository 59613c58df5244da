"""The local stack is ours alone, and nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import psutil
import pytest

from offchain.errors import UnavailableError
from scripts.localnet import CHAIN_ID, ROOT, local_chain, local_ipfs
from scripts.processes import free_port, port_is_free, running

HOLDER = """
import time
from scripts.localnet import local_chain
from scripts.processes import terminated_like_interrupted
with terminated_like_interrupted(), local_chain() as url:
    print(url, flush=True)
    time.sleep(60)
"""

HANGING = """
import time
def test_it(chain_url, ipfs_url):
    print("up", flush=True)
    time.sleep(60)
"""


def call(url: str, method: str, *params: object) -> object:
    answer = httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).json()
    return answer["result"]


def servers_of_this_process() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_local_chain__started__serves_the_development_chain_from_block_zero(fresh_chain_url):
    assert call(fresh_chain_url, "eth_chainId") == hex(CHAIN_ID)
    assert call(fresh_chain_url, "eth_blockNumber") == "0x0"
    # Account 0 of the public development mnemonic, as every Ethereum tool derives it (BIP-44 m/44'/60'/0'/0/0).
    assert call(fresh_chain_url, "eth_accounts")[0] == "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"


def test_local_chain__shanghai_contract__deploys(fresh_chain_url):
    """PUSH0 (EIP-3855) exists from Shanghai on: its init code `5f5ff3` must not revert."""
    sender = call(fresh_chain_url, "eth_accounts")[0]
    digest = call(fresh_chain_url, "eth_sendTransaction", {"from": sender, "data": "0x5f5ff3", "gas": hex(100_000)})
    assert call(fresh_chain_url, "eth_getTransactionReceipt", digest)["status"] == "0x1"


def test_local_chain__block_ends__process_port_and_folder_are_gone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = servers_of_this_process()
    with local_chain() as url:
        assert servers_of_this_process() - before
        assert list(tmp_path.iterdir())
    assert servers_of_this_process() == before
    assert port_is_free(int(url.rsplit(":", 1)[1]))
    assert not list(tmp_path.iterdir())


def test_local_chain__port_taken__refuses_instead_of_attaching():
    with local_chain() as url:
        port = int(url.rsplit(":", 1)[1])
        with pytest.raises(UnavailableError) as caught, local_chain(port):
            pass
    assert caught.value.code == "process-not-ready"
    assert "EADDRINUSE" in str(caught.value.facts["output"])


def test_local_chain__free_port_taken_meanwhile__takes_another(monkeypatch):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        taken = squatter.getsockname()[1]
        answers = iter([taken, free_port()])
        monkeypatch.setattr("scripts.localnet.free_port", lambda: next(answers))
        with local_chain() as url:
            assert url != f"http://127.0.0.1:{taken}"
            assert call(url, "eth_chainId") == hex(CHAIN_ID)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_local_chain__owner_killed__chain_ends_too(number, tmp_path):
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    owner = subprocess.Popen([sys.executable, "-c", HOLDER], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        port = int(owner.stdout.readline().rsplit(":", 1)[1])
        os.kill(owner.pid, number)
        owner.wait(15)
        deadline = time.monotonic() + 10
        while not port_is_free(port) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert port_is_free(port)
    finally:
        owner.kill()
        owner.stdout.close()
        owner.wait()


def test_fixtures__run_terminated__nothing_stays_behind(tmp_path):
    """`timeout` and CI end a run with SIGTERM."""
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    project.mkdir()
    temporary.mkdir()
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_hanging.py").write_text(HANGING)
    command = [sys.executable, "-m", "pytest", "-s", "-p", "no:pytest-brownie", "-p", "no:cacheprovider"]
    command += ["-p", "tests.offchain.conftest", "--rootdir", project, project]
    environ = {**os.environ, "TMPDIR": str(temporary)}
    run = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        while "up" not in (line := run.stdout.readline()):
            assert line, "the run ended before its test began"
        servers = psutil.Process(run.pid).children(recursive=True)
        assert servers
        run.terminate()
        assert run.wait(30) == pytest.ExitCode.INTERRUPTED
    finally:
        run.kill()
        run.wait()
        run.stdout.close()
    assert psutil.wait_procs(servers, 10)[1] == []
    assert [entry.name for entry in temporary.iterdir() if entry.name.startswith("colophon-")] == []


def test_local_ipfs__bytes_added__come_back(ipfs_url):
    content = os.urandom(1000)
    added = httpx.post(f"{ipfs_url}/api/v0/add?cid-version=1&raw-leaves=true", files={"file": content}).json()
    back = httpx.post(f"{ipfs_url}/api/v0/cat", params={"arg": added["Hash"]}).content
    assert back == content


def test_local_ipfs__two_at_once__have_separate_stores():
    with local_ipfs() as first, local_ipfs() as second:
        assert first != second
        added = httpx.post(f"{first}/api/v0/add?pin=true", files={"file": b"only in the first"}).json()
        pins = httpx.post(f"{second}/api/v0/pin/ls").json()["Keys"]
    assert added["Hash"] not in pins


def test_running__child_fails__error_carries_its_last_words(tmp_path):
    script = tmp_path / "fails.py"
    script.write_text("import sys; sys.exit('the disk is full')")
    with pytest.raises(UnavailableError) as caught, running([sys.executable, script], "never"):
        pass
    assert caught.value.facts["output"] == "the disk is full"


def test_running__child_ignores_sigterm__is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.processes._STOP_SECONDS", 0.3)
    script = tmp_path / "stubborn.py"
    script.write_text(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"
    )
    with running([sys.executable, script], "up") as server:
        assert server.process.poll() is None
    assert server.process.poll() == -signal.SIGKILL
