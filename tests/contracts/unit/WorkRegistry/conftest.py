"""A registry whose siblings are people, so that its hooks can be called one by one, and a first distribution of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from brownie import accounts, chain, project, web3

from tests.contracts.node import automine_off
from tests.contracts.world import GRACE, UNITS


@dataclass(frozen=True)
class Alone:
    """A registry and the accounts that it takes for its siblings."""

    registry: Any
    ledger: Any
    licensing: Any

    def mark_issued(self, work: int) -> Any:
        """As the ledger does before shares or title move."""
        return self.registry.markIssued(work, {"from": self.ledger})

    def dispute(self, work: int) -> Any:
        """As the ledger does when revenue is frozen."""
        return self.registry.markDisputed(work, True, {"from": self.ledger})

    def retitle(self, work: int, winner: Any) -> Any:
        """As the ledger does when a judgement names a winner."""
        return self.registry.retitle(work, winner, {"from": self.ledger})


@dataclass(frozen=True)
class Leaf:
    """A holder's part of a first distribution, with the node beside it."""

    index: int
    account: str
    units: int
    proof: tuple[tuple[bytes, int], ...]


@pytest.fixture
def alone(world) -> Alone:
    ledger, licensing = accounts[10], accounts[11]
    container = project.get_loaded_projects()[0]["WorkRegistry"]
    arguments = world.admin, GRACE, ledger, accounts[12], licensing, world.inboxes
    return Alone(container.deploy(*arguments, {"from": world.admin}), ledger, licensing)


@pytest.fixture
def titled(world, alone, creator) -> int:
    """A final work of `creator` in the registry that stands alone."""
    stated = world.registration("a work", creator)
    alone.registry.register(stated, {"from": creator})
    chain.sleep(GRACE)
    chain.mine()
    return stated.work


@pytest.fixture
def distribution(creator, buyer) -> tuple[bytes, list[Leaf]]:
    """Root and leaves of a Merkle-sum tree: three quarters to `creator`, the rest to `buyer`."""
    parts = [(str(creator), UNITS * 3 // 4), (str(buyer), UNITS // 4)]
    hashes = [
        _keccak(_keccak(_word(i) + _word(int(account, 16)) + _word(units))) for i, (account, units) in enumerate(parts)
    ]
    nodes = [(hashes[i], parts[i][1]) for i in range(2)]
    root = _keccak(b"".join(hashed + _word(units) for hashed, units in nodes))
    return root, [Leaf(i, *parts[i], proof=(nodes[1 - i],)) for i in range(2)]


@pytest.fixture
def mine_at(registry):
    """Mine one transaction in a block of exactly the given time."""

    def mine(timestamp: int, send: Any, sender: Any) -> Any:
        with automine_off():
            sent = send({"from": sender, "required_confs": 0, "gas_limit": 1_000_000})
            web3.provider.make_request("evm_mine", [timestamp])
        sent.wait(1)
        assert sent.timestamp == timestamp
        return sent

    return mine


def _keccak(data: bytes) -> bytes:
    return bytes(web3.keccak(data))


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")
