"""The whole of Colophon on this machine: chain, IPFS node, contracts and API; fresh each time, gone at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from eth_account import Account

from offchain.errors import UnavailableError
from scripts.localnet import MNEMONIC, local_chain, local_ipfs
from scripts.private_brownie import run_brownie
from scripts.processes import LOOPBACK, free_port, running

__all__ = ["Ports", "Stack", "development_key", "local_stack"]

_RELAYER: Final = 1
_PRICING: Final = 2

NO_SETTINGS: Final[Mapping[str, str]] = MappingProxyType({})


class Ports(NamedTuple):
    """Loopback ports of the three servers; None takes a free one."""

    chain: int | None = None
    ipfs: int | None = None
    api: int | None = None


class Stack(NamedTuple):
    """A running stack.

    Attributes:
        rpc_url: JSON-RPC of the chain.
        ipfs_url: RPC of the IPFS node.
        api_url: root of the HTTP API, without `/v1`.
        database_url: SQLAlchemy URL of the API's store.
        deployment: file with the contracts' addresses.
        environ: `COLOPHON_*` settings under which the API runs; the command line reaches the same stack with them.
    """

    rpc_url: str
    ipfs_url: str
    api_url: str
    database_url: str
    deployment: Path
    environ: dict[str, str]


def development_key(index: int) -> str:
    """Private key, in hex, of account `index` of the public development mnemonic (BIP-44, as Ganache derives it)."""
    Account.enable_unaudited_hdwallet_features()
    key: str = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}").key.to_0x_hex()
    return key


@contextmanager
def local_stack(
    folder: Path, ports: Ports, report: Callable[[str], None], settings: Mapping[str, str] = NO_SETTINGS
) -> Iterator[Stack]:
    """Run the stack until the block ends.

    Args:
        folder: empty; takes the store, the deployment file and the deployment's log.
        ports: where to listen.
        report: called with one line before each step.
        settings: `COLOPHON_*` variables of the service beside those that name the stack.

    Raises:
        UnavailableError: a server did not start, or the contracts were not deployed; carries the end of its output.
    """
    report("starting the chain and the IPFS node")
    with local_chain(ports.chain) as rpc_url, local_ipfs(ports.ipfs or 0) as ipfs_url:
        deployment = folder / "deployment.json"
        report("deploying the contracts")
        _deploy(rpc_url, deployment, folder / "deploy.log")
        port = ports.api or free_port()
        stack = _described(folder, rpc_url, ipfs_url, port, deployment)
        stack.environ.update(settings)
        report("starting the API")
        with running(_api(port), "Application startup complete", environ=stack.environ):
            yield stack


def _deploy(rpc_url: str, deployment: Path, log: Path) -> None:
    environ = {"COLOPHON_HOME": str(deployment.parent), "COLOPHON_DEPLOYMENT": str(deployment)}
    status = run_brownie(["run", "deploy", "--network", "ganache-cli"], rpc_url, environ=environ, log=log)
    if status != 0 or not deployment.exists():
        raise UnavailableError(
            "deployment-failed",
            "the contracts were not deployed",
            "read Brownie's output below, then run make build",
            output=log.read_text(errors="replace")[-2000:].strip(),
        )


def _described(folder: Path, rpc_url: str, ipfs_url: str, port: int, deployment: Path) -> Stack:
    database_url = f"sqlite:///{folder / 'colophon.db'}"
    environ = {
        "COLOPHON_HOME": str(folder),
        "COLOPHON_RPC_URL": rpc_url,
        "COLOPHON_IPFS_URL": ipfs_url,
        "COLOPHON_DATABASE_URL": database_url,
        "COLOPHON_API_PORT": str(port),
        "COLOPHON_DEPLOYMENT": str(deployment),
        "COLOPHON_RELAYER_KEY": development_key(_RELAYER),
        "COLOPHON_PRICING_KEY": development_key(_PRICING),
    }
    return Stack(rpc_url, ipfs_url, f"http://{LOOPBACK}:{port}", database_url, deployment, environ)


def _api(port: int) -> list[str | Path]:
    return [sys.executable, "-m", "offchain.cli", "serve", "--host", LOOPBACK, "--port", str(port)]
