"""Where the console and the scripts work: on the stack that `make up` runs, else on Brownie's chain, all else new.

A stack of our own lives in a temporary folder, with an IPFS node that ends together with Brownie.
"""

from __future__ import annotations

import atexit
import io
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from brownie import accounts, web3

from offchain.chain import Call, Currency
from offchain.chain.client import connect
from offchain.chain.sender import Relayers
from offchain.chain.signer import LocalSigner, Signer, development_signer
from offchain.config import Settings, load_settings
from offchain.errors import RefusedError, UnavailableError
from offchain.workflows.engine import Engine
from offchain.workflows.opening import open_engine
from offchain.workflows.services import Services, open_services
from scripts.localnet import local_ipfs

__all__ = ["World", "start", "stop", "world"]

RELAYER: Final = 1
PRICING: Final = 2


_open = ExitStack()
_worlds: list[World] = []


@dataclass(frozen=True, slots=True)
class World:
    """What the helpers work with; `fresh` when it was made for this process."""

    services: Services
    engine: Engine
    fresh: bool

    @property
    def dollar(self) -> Currency:
        """The currency of prices."""
        return self.services.currency()

    def signer(self, account: int) -> Signer:
        """Account 0 to 19 of the public development mnemonic."""
        return development_signer(account, self.services.client.chain_id)

    def send(self, call: Call, signer: Signer | None = None) -> None:
        """Carry out a call as `signer`, else as the relayer, and index it."""
        relayers = self.services.require_relayer()
        self.services.sender.send(call, signer or relayers.signers[relayers.address])
        self.services.advance()

    def __repr__(self) -> str:
        settings, chain_id = self.services.settings, self.services.client.chain_id
        first = "Colophon, deployed anew" if self.fresh else "the Colophon that make up runs"
        return (
            f"{first}, on chain {chain_id} at {settings.rpc_url}; IPFS at {settings.ipfs_url}\n"
            "accounts 3 to 9 have play money; fund gives more"
        )


def start() -> World:
    """Open the stack, or find the open one. Every helper does so by itself.

    Raises:
        RefusedError: `not-local`, Brownie is on a chain where play money does not exist.
        UnavailableError: a node is away.
    """
    if not _worlds:
        _quiet_logs()
        running = _running_stack()
        settings = running or _own_stack()
        services, engine = _opened(settings)
        _worlds.append(World(services, engine, fresh=running is None))
    return _worlds[0]


def world() -> World:
    """The open stack, indexed up to the head of the chain."""
    opened = start()
    opened.services.advance()
    return opened


def stop() -> None:
    """End what `start` opened; Brownie's exit does so, too."""
    _worlds.clear()
    _open.close()


atexit.register(stop)


def _running_stack() -> Settings | None:
    """Settings of the stack that `make up` runs, when Brownie is on the same chain."""
    settings = load_settings()
    if settings.deployment is None:
        return None
    try:
        theirs = connect(settings.rpc_url).block(0)
    except UnavailableError:
        return None
    return settings if theirs is not None and theirs.hash == bytes(web3.eth.get_block(0)["hash"]) else None


def _own_stack() -> Settings:
    from scripts.deploy import LOCAL_CHAINS, deploy  # noqa: PLC0415 - Brownie has contracts once its project is loaded

    if web3.eth.chain_id not in LOCAL_CHAINS:
        raise RefusedError(
            "not-local",
            f"chain {web3.eth.chain_id} is not a local chain",
            "brownie console --network ganache-cli",
            chain_id=web3.eth.chain_id,
        )
    home = Path(_open.enter_context(tempfile.TemporaryDirectory(prefix="colophon-console-")))
    environ = {
        "COLOPHON_HOME": str(home),
        "COLOPHON_DEPLOYMENT": str(home / "deployment.json"),
        "COLOPHON_DATABASE_URL": f"sqlite:///{home / 'colophon.db'}",
        "COLOPHON_RPC_URL": str(web3.provider.endpoint_uri),
        "COLOPHON_IPFS_URL": _open.enter_context(local_ipfs()),
    }
    _open.enter_context(_environment(environ))
    with redirect_stdout(io.StringIO()):  # Brownie tells of every transaction
        deploy(accounts[0])
    return load_settings()


@contextmanager
def _environment(added: dict[str, str]) -> Iterator[None]:
    """Settings for everything in this process, the deployment script included."""
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _opened(settings: Settings) -> tuple[Services, Engine]:
    chain_id = connect(settings.rpc_url).chain_id
    relayer = Relayers([development_signer(RELAYER, chain_id)])
    pricing: Signer = development_signer(PRICING, chain_id)
    if settings.pricing_key is not None:
        pricing = LocalSigner(settings.pricing_key, chain_id)
    services = _open.enter_context(open_services(settings, relayer=relayer, pricing=pricing))
    genesis = bytes(web3.eth.get_block(0)["hash"]).hex()
    # A chain that was started anew must not find the jobs of the old one.
    return services, _open.enter_context(open_engine(services, name=f"console-{genesis[:8]}"))


def _quiet_logs() -> None:
    """The terminal belongs to the person at it."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
