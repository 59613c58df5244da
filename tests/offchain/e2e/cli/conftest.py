"""The command line, a process of its own for each command, on a real chain and IPFS node."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from offchain.chain.deployments import save_deployment
from offchain.workflows.terms import standard_terms
from scripts.localnet import ROOT
from tests.offchain.deployed import ADMIN, World, deploy
from tests.offchain.e2e.cli.process import run, stop

DATA = ROOT / "tests" / "data"


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Cli:
    """The program with its settings."""

    environ: Mapping[str, str]
    world: World
    world_file: Path

    def __call__(self, *arguments: object, **environ: str) -> Ended:
        with TemporaryDirectory() as folder:
            return Ended(*run([*map(str, arguments)], {**self.environ, **environ}, Path(folder)))

    def json(self, *arguments: object) -> Any:
        """The document of a command that must succeed."""
        ended = self(*arguments, "--json")
        assert ended.status == 0, ended
        return ended.json


def open_cli(chain_url: str, ipfs_url: str, home: Path, name: str = "main") -> Cli:
    """Deploy on a chain; the program's settings, with a store of that deployment in `home`."""
    world = deploy(chain_url)
    for standard in standard_terms():
        world.send(world.contracts.offers.register_terms(standard.terms), ADMIN)
    path = home / f"{name}.json"
    save_deployment(world.contracts.deployment, path)
    kept = {variable: value for variable, value in os.environ.items() if not variable.startswith("COLOPHON_")}
    environ = {
        **kept,
        "COLOPHON_HOME": str(home),
        "COLOPHON_RPC_URL": chain_url,
        "COLOPHON_IPFS_URL": ipfs_url,
        "COLOPHON_DATABASE_URL": f"sqlite:///{home / name}.db",
        "COLOPHON_DEPLOYMENT": str(path),
    }
    return Cli(environ, world, path)


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_running() -> Iterator[None]:
    yield
    stop()


@pytest.fixture(scope="session")
def cli(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Contracts, a store and a home of this room's own."""
    return open_cli(chain_url, ipfs_url, tmp_path_factory.mktemp("cli-home"))


@pytest.fixture(scope="session")
def photograph(cli: Cli) -> str:
    """A work of account 3, sold by quotes in every tier (adaptations for at most 100), and listed at 5."""
    tiers = ["--tier", "personal", "--tier", "commercial", "--tier", "adaptation=20..100"]
    document = cli.json(
        "register", DATA / "chelsea.png", "--title", "Chelsea", "--as", 3, *tiers, "--listing", "personal=5.00"
    )
    (item,) = document["items"]
    return str(item["work"])


@pytest.fixture(scope="session")
def buyers(cli: Cli) -> None:
    """Accounts 4 and 6 have a thousand dollars each."""
    dollar = cli.world.contracts.dollar
    assert dollar is not None
    for account in (4, 6):
        cli.world.send(dollar.mint(cli.world.accounts[account], 1_000_000_000), ADMIN)


@pytest.fixture(scope="session")
def poster(cli: Cli, photograph: str, buyers: None) -> str:
    """A derivative of the photograph, registered by account 4 under a licence it bought."""
    permit = cli.json("buy", photograph, "--tier", "adaptation", "--as", 4)["licence"]
    options = ["--title", "Poster", "--as", 4, "--permit", permit, "--tier", "commercial"]
    (item,) = cli.json("register", DATA / "chelsea-poster.jpg", *options)["items"]
    return str(item["work"])
