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
from typing import Final

from offchain.errors import UnavailableError
from scripts.processes import LOOPBACK, Running, free_port, running

__all__ = ["CHAIN_ID", "MNEMONIC", "local_chain", "local_ipfs"]

CHAIN_ID: Final = 1337
MNEMONIC: Final = "test test test test test test test test test test test junk"
"""The public development mnemonic; its keys are known to everyone."""

ROOT: Final = Path(__file__).resolve().parent.parent
_ACCOUNTS: Final = 20
_ATTEMPTS: Final = 3
_API_PORT: Final = re.compile(r"/tcp/([0-9]+)")


@contextmanager
def local_chain(port: int | None = None, *, errors_on_send: bool = False) -> Iterator[str]:
    """Run Ganache 7.9.2 at Shanghai, chain id 1337, 20 accounts of `MNEMONIC` with 1,000 ether each.

    Args:
        port: loopback port; None takes a free one.
        errors_on_send: answer a reverting transaction with the error, as Brownie's tests expect, and not only with
            a failed receipt, as live nodes do.

    Yields:
        The JSON-RPC URL.

    Raises:
        UnavailableError: Ganache is not installed, or did not start.
    """
    with ExitStack() as stack:
        chosen = port or free_port()
        for left in reversed(range(1 if port else _ATTEMPTS)):
            try:
                stack.enter_context(running(_ganache(chosen, errors_on_send), f"RPC Listening on {LOOPBACK}:{chosen}"))
                break
            except UnavailableError as error:
                # Ganache cannot choose a port itself, so another program may have taken ours first.
                if left == 0 or "EADDRINUSE" not in str(error.facts["output"]):
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
