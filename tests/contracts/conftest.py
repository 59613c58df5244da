"""Fixtures of every contract test: a fresh deployment per module, put back after each test."""

from __future__ import annotations

import gc

import pytest
from brownie import web3

from tests.contracts.world import World, deploy


@pytest.fixture(scope="session", autouse=True)
def less_waiting():
    """Brownie asks for the chain's id several times a transaction, and collects garbage before and after every test."""
    web3.provider.cache_allowed_requests, web3.provider.cacheable_requests = True, {"eth_chainId"}
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def world(module_isolation) -> World:
    return deploy()


@pytest.fixture(autouse=True)
def isolation(world, fn_isolation, chain):
    """Every test begins with the module's deployment as it was.

    A revert takes Anvil's clock back to the snapshot, and Ganache's not; a sleep of nothing tells Brownie which it was.
    """
    chain.sleep(0)


@pytest.fixture
def registry(world):
    return world.registry


@pytest.fixture
def ledger(world):
    return world.ledger


@pytest.fixture
def book(world):
    return world.book


@pytest.fixture
def licensing(world):
    return world.licensing


@pytest.fixture
def inboxes(world):
    return world.inboxes


@pytest.fixture
def arbitrator(world):
    return world.arbitrator


@pytest.fixture
def disputes(world):
    return world.disputes


@pytest.fixture
def exchange(world):
    return world.exchange


@pytest.fixture
def pools(world):
    return world.pools


@pytest.fixture
def subscriptions(world):
    return world.subscriptions


@pytest.fixture
def dollar(world):
    return world.dollar


@pytest.fixture
def admin(world):
    return world.admin


@pytest.fixture
def creator(world):
    return world.creators[0]


@pytest.fixture
def rival(world):
    """A creator who wants what another one has."""
    return world.creators[1]


@pytest.fixture
def buyer(world):
    return world.buyers[0]


@pytest.fixture
def stranger(world):
    """Somebody without any right."""
    return world.buyers[3]


@pytest.fixture
def work(world, creator) -> int:
    """A final work of `creator`."""
    return world.register("a work", creator)
