"""Fixtures of every contract test: a fresh deployment per module, put back after each test."""

from __future__ import annotations

import pytest

from tests.contracts.world import World, deploy


@pytest.fixture(scope="module")
def world(module_isolation) -> World:
    return deploy()


@pytest.fixture(autouse=True)
def isolation(world, fn_isolation):
    """Every test begins with the module's deployment as it was."""


@pytest.fixture
def registry(world):
    return world.registry


@pytest.fixture
def ledger(world):
    return world.ledger


@pytest.fixture
def licensing(world):
    return world.licensing


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
