"""The audit on a real chain: one block for logs and answers, logs in windows, and nothing audited is no success."""

from __future__ import annotations

from pathlib import Path

import pytest

from offchain.chain.deployments import save_deployment
from scripts import audit
from scripts.demo.checks import _money
from scripts.stack import Stack
from tests.offchain.deployed import CREATOR, World, deploy


@pytest.fixture(scope="module")
def world(chain_url: str) -> World:
    """A deployment of this module's own on the run's chain."""
    return deploy(chain_url)


def addresses(world: World) -> tuple[str, str]:
    return world.contracts.registry.address, world.contracts.ledger.address


def earned(chain_url: str, world: World, folder: Path) -> list[tuple[str, bool]]:
    deployment = folder / "deployment.json"
    save_deployment(world.contracts.deployment, deployment)
    stack = Stack(rpc_url=chain_url, ipfs_url="", api_url="", database_url="", deployment=deployment, environ={})
    return list(_money(stack))


def test_money__nothing_was_earned__fails(chain_url: str, tmp_path: Path):
    assert earned(chain_url, deploy(chain_url), tmp_path) == [("0 accounts' earnings, 0 differences", False)]


def test_money__something_was_earned__holds(chain_url: str, world: World, tmp_path: Path):
    work = world.register(b"earning", CREATOR)
    world.send(world.contracts.ledger.deposit(work, 0, 1000), CREATOR)
    assert [held for _, held in earned(chain_url, world, tmp_path)] == [True]


def test_audit__mined_while_it_reads__is_no_difference(world: World):
    web3, first = world.client.w3, world.contracts.deployment.block
    registry, ledger = addresses(world)
    work = world.register(b"audited", CREATOR)
    world.send(world.contracts.ledger.deposit(work, 0, 1000), CREATOR)
    block = world.client.head()
    books = audit.read_books(web3, registry, ledger, first, block)
    world.send(world.contracts.ledger.deposit(work, 0, 7), CREATOR)
    assert audit.audit(web3, books, ledger, block) == []
    # The other way round the books would lack a deposit, and the audit sees that.
    assert audit.audit(web3, books, ledger, block + 1)
    assert audit.read_books(web3, registry, ledger, first, block).gross[work, 0] == 1000


@pytest.mark.parametrize("window", [1, 3])
def test_read_books__narrow_windows__give_the_same_books(world: World, monkeypatch: pytest.MonkeyPatch, window: int):
    web3, first, head = world.client.w3, world.contracts.deployment.block, world.client.head()
    whole = audit.read_books(web3, *addresses(world), first, head)
    monkeypatch.setattr(audit, "WINDOW", window)
    assert whole.gross
    assert audit.read_books(web3, *addresses(world), first, head) == whole
