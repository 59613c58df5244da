"""The command line as people run it: a process of its own for each command, on a real chain and IPFS node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from offchain.chain.deployments import save_deployment
from offchain.workflows.terms import standard_terms
from scripts.localnet import ROOT
from tests.offchain.deployed import ADMIN, World, deploy

DATA = ROOT / "tests" / "data"
SECONDS = 60


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

    def __call__(self, *arguments: object, **environ: str) -> Ended:
        ended = subprocess.run(
            [sys.executable, "-m", "offchain.cli", *map(str, arguments)],
            cwd=ROOT,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def json(self, *arguments: object) -> Any:
        """The document of a command that must succeed."""
        ended = self(*arguments, "--json")
        assert ended.status == 0, ended
        return ended.json


@pytest.fixture(scope="session")
def cli(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Contracts, a store and a home of this room's own."""
    home = tmp_path_factory.mktemp("cli-home")
    world = deploy(chain_url)
    for standard in standard_terms():
        world.send(world.contracts.licensing.register_terms(standard.terms), ADMIN)
    save_deployment(world.contracts.deployment, home / "deployment.json")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COLOPHON_")}
    environ = {
        **kept,
        "COLOPHON_HOME": str(home),
        "COLOPHON_RPC_URL": chain_url,
        "COLOPHON_IPFS_URL": ipfs_url,
        "COLOPHON_DEPLOYMENT": str(home / "deployment.json"),
    }
    return Cli(environ, world)
