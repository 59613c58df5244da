"""A chain and an IPFS node of our own: in a private folder, on free loopback ports, gone when the block ends.

    with local_chain() as rpc_url, local_ipfs() as ipfs_url:
        ...

Start from the main thread: a node ends together with the thread that started it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Literal

from offchain.errors import UnavailableError
from scripts.processes import LOOPBACK, Running, free_port, running

__all__ = ["ANVIL", "CHAIN_ID", "MNEMONIC", "Node", "local_chain", "local_ipfs"]

Node = Literal["ganache", "anvil"]
"""Program that is the chain: Ganache everywhere; Anvil where a second opinion or a tracer is wanted."""

CHAIN_ID: Final = 1337
MNEMONIC: Final = "test test test test test test test test test test test junk"
"""The public development mnemonic; its keys are known to everyone."""

ROOT: Final = Path(__file__).resolve().parent.parent
ANVIL: Final = ROOT / ".colophon" / "tools" / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
"""Not part of set-up: the targets that need it install it."""
_ACCOUNTS: Final = 20
_ATTEMPTS: Final = 3
_BALANCE_ETHER: Final = 1_000
_GAS_LIMIT: Final = 30_000_000
_BASE_FEE_WEI: Final = 10**9
"""Ganache's genesis: `_BALANCE_ETHER`, `_GAS_LIMIT` and `_BASE_FEE_WEI` are its defaults, told to Anvil."""
_PORT_TAKEN: Final = re.compile("EADDRINUSE|Address already in use")
_API_PORT: Final = re.compile(r"/tcp/([0-9]+)")


@contextmanager
def local_chain(
    port: int | None = None, *, errors_on_send: bool = False, node: Node = "ganache", any_code_size: bool = False
) -> Iterator[str]:
    """Run a chain at Shanghai, chain id 1337, 20 accounts of `MNEMONIC` with 1,000 ether each.

    Args:
        port: loopback port; None takes a free one.
        errors_on_send: answer a reverting transaction with the error, as Brownie's tests expect, and not only with
            a failed receipt, as live nodes do. Anvil always gives the receipt, and Brownie reads its trace.
        node: Ganache 7.9.2, or Anvil 1.7.1 with the same genesis.
        any_code_size: let Anvil hold contracts above EIP-170's 24,576 bytes, as they are without the optimizer.

    Yields:
        The JSON-RPC URL.

    Raises:
        UnavailableError: the node is not installed, or did not start.
    """
    with ExitStack() as stack:
        chosen = port or free_port()
        for left in reversed(range(1 if port else _ATTEMPTS)):
            try:
                command = _anvil(chosen, any_code_size) if node == "anvil" else _ganache(chosen, errors_on_send)
                stack.enter_context(running(command, f"istening on {LOOPBACK}:{chosen}"))
                break
            except UnavailableError as error:
                # Ganache cannot choose a port itself, so another program may have taken ours first.
                if left == 0 or not _PORT_TAKEN.search(str(error.facts.get("output"))):
                    raise
                chosen = free_port()
        yield f"http://{LOOPBACK}:{chosen}"


@contextmanager
def local_ipfs(port: int = 0) -> Iterator[str]:
    """Run an IPFS node without peers: Kubo where `ipfs` is on the PATH, else js-ipfs from npm.

    Args:
        port: loopback port of the RPC; 0 lets the node take a free one.

    Yields:
        The URL of the node's RPC.

    Raises:
        UnavailableError: no node is installed, or it did not start.
    """
    kubo = shutil.which("ipfs")
    with tempfile.TemporaryDirectory(prefix="colophon-ipfs-", ignore_cleanup_errors=True) as name:
        repository = Path(name) / "repository"
        environ = {"IPFS_PATH": str(repository), "HOME": name}
        command = _kubo(kubo, port, environ) if kubo else _js_ipfs(port, Path(name))
        with running(command, "Daemon is ready", environ=environ) as node:
            yield f"http://{LOOPBACK}:{_api_port(repository, node)}"


def _ganache(port: int, errors_on_send: bool) -> list[str | Path]:
    return [
        *_node("ganache", "dist/node/cli.js"),
        *("--server.host", LOOPBACK, "--server.port", str(port)),
        *("--wallet.mnemonic", MNEMONIC, "--wallet.totalAccounts", str(_ACCOUNTS)),
        *("--chain.chainId", str(CHAIN_ID), "--chain.networkId", str(CHAIN_ID), "--chain.hardfork", "shanghai"),
        *("--chain.vmErrorsOnRPCResponse", str(errors_on_send).lower()),
    ]


def _anvil(port: int, any_code_size: bool) -> list[str | Path]:
    if not ANVIL.exists():
        raise UnavailableError("toolchain-missing", "Anvil is not installed", "run make coverage", path=ANVIL)
    return [
        ANVIL,
        *("--host", LOOPBACK, "--port", str(port), "--color", "never"),
        *("--mnemonic", MNEMONIC, "--accounts", str(_ACCOUNTS), "--balance", str(_BALANCE_ETHER)),
        *("--chain-id", str(CHAIN_ID), "--hardfork", "shanghai"),
        *("--gas-limit", str(_GAS_LIMIT), "--block-base-fee-per-gas", str(_BASE_FEE_WEI)),
        *(["--disable-code-size-limit"] if any_code_size else []),
    ]


def _js_ipfs(port: int, folder: Path) -> list[str | Path]:
    settings = {
        "Addresses": {"Swarm": [], "Delegates": [], "API": _multiaddr(port), "Gateway": "", "RPC": ""},
        "Bootstrap": [],
        "Discovery": {"MDNS": {"Enabled": False}, "webRTCStar": {"Enabled": False}},
    }
    path = folder / "settings.json"
    path.write_text(json.dumps(settings))
    return [*_node("ipfs", "src/cli.js"), "daemon", "--offline", "--enable-preload=false", "--init-config", path]


def _kubo(ipfs: str, port: int, environ: dict[str, str]) -> list[str | Path]:
    subprocess.run([ipfs, "init", "--empty-repo"], env=environ, check=True, capture_output=True, timeout=60)
    path = Path(environ["IPFS_PATH"]) / "config"
    settings = json.loads(path.read_text())
    settings["Addresses"] |= {"Swarm": [], "API": _multiaddr(port), "Gateway": _multiaddr(0)}
    settings["Bootstrap"] = []
    path.write_text(json.dumps(settings))
    return [ipfs, "daemon", "--offline"]


def _multiaddr(port: int) -> str:
    return f"/ip4/{LOOPBACK}/tcp/{port}"


def _api_port(repository: Path, node: Running) -> int:
    """Where the node's RPC listens: both implementations write it into the repository's `api` file."""
    match = _API_PORT.search((repository / "api").read_text())
    if match is None:
        raise UnavailableError(
            "ipfs-address-unknown",
            "the IPFS node did not say where it listens",
            "run make doctor",
            output=node.log.read_text()[-2000:],
        )
    return int(match.group(1))


def _node(package: str, script: str) -> list[str | Path]:
    """The command of an npm package, without the shell wrapper that would stand between it and our signals."""
    node, path = shutil.which("node"), ROOT / "node_modules" / package / script
    if node is None or not path.exists():
        raise UnavailableError("toolchain-missing", f"{package} is not installed", "run make setup", path=path)
    return [node, path]
