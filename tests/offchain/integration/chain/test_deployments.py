"""Deployments: written, read back, and compared with the chain."""

from __future__ import annotations

import doctest
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

import offchain.chain
from offchain.chain.contracts import open_contracts
from offchain.chain.deployments import Deployment, load_deployment, save_deployment
from offchain.errors import InputError, NotFoundError, RefusedError
from tests.offchain.deployed import World


def test_save_deployment__read_back__is_the_same(world: World, tmp_path: Path):
    path = tmp_path / "new folder" / "1337.json"
    save_deployment(world.contracts.deployment, path)
    assert load_deployment(1337, path) == world.contracts.deployment
    assert set(json.loads(path.read_text())) == {"chainId", "block", "contracts"}


def test_package__start_in_its_docstring__runs(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """On settings as `make up` leaves them: a run file that names the deployment file under the stack's folder."""
    stack = tmp_path / "stack"
    save_deployment(world.contracts.deployment, stack / "deployment.json")
    running = {
        "rpc_url": world.client.rpc_url,
        "database_url": f"sqlite:///{stack / 'colophon.db'}",
        "deployment": str(stack / "deployment.json"),
    }
    (tmp_path / "run.json").write_text(json.dumps({**running, "pid": os.getpid()}))
    for name in ("RPC_URL", "DATABASE_URL", "DEPLOYMENT"):
        monkeypatch.delenv(f"COLOPHON_{name}", raising=False)
    monkeypatch.setenv("COLOPHON_HOME", str(tmp_path))
    assert doctest.testmod(offchain.chain) == (0, 13)


def test_load_deployment__under_home__is_found(world: World, tmp_path: Path):
    save_deployment(world.contracts.deployment, tmp_path / "deployments" / "1337.json")
    assert load_deployment(1337, home=tmp_path) == world.contracts.deployment


@pytest.mark.parametrize("home", [None, Path("/nowhere")])
def test_load_deployment__unknown_chain__is_not_found(home: Path | None):
    with pytest.raises(NotFoundError) as refused:
        load_deployment(999_999_999, home=home)
    assert refused.value.code == "no-deployment"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"chainId": 1337, "block": 1, "contracts": {"A": {}}}', "\x00"])
def test_load_deployment__file_is_something_else__is_refused(tmp_path: Path, content: str):
    path = tmp_path / "deployment.json"
    path.write_text(content)
    with pytest.raises(InputError) as refused:
        load_deployment(1337, path)
    assert refused.value.code == "deployment-malformed"


def test_load_deployment__of_another_chain__is_refused(world: World, tmp_path: Path):
    save_deployment(world.contracts.deployment, tmp_path / "deployment.json")
    with pytest.raises(RefusedError) as refused:
        load_deployment(1, tmp_path / "deployment.json")
    assert refused.value.code == "wrong-chain"


def test_open_contracts__code_of_another_contract__is_refused(world: World):
    right = world.contracts.deployment
    swapped = replace(right.contracts["Licensing"], address=right.address("RoyaltyLedger"))
    wrong = Deployment(1337, right.block, {**right.contracts, "Licensing": swapped})
    with pytest.raises(RefusedError) as refused:
        open_contracts(world.client, wrong)
    assert refused.value.code == "code-mismatch"
    assert refused.value.facts["found"] == right.contracts["RoyaltyLedger"].code_hash


def test_open_contracts__contract_missing__is_not_found(world: World):
    right = world.contracts.deployment
    rest = {name: at for name, at in right.contracts.items() if name != "Licensing"}
    with pytest.raises(NotFoundError) as refused:
        open_contracts(world.client, Deployment(1337, right.block, rest))
    assert refused.value.code == "no-deployment"
