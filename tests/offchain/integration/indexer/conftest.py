from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from offchain.store import Store, open_store
from scripts.localnet import local_chain
from tests.offchain.databases import KINDS, fresh_database
from tests.offchain.deployed import World, deploy


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A deployment on a chain of this module's own, whose clock runs ahead by days."""
    with local_chain() as url:
        yield deploy(url)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind that can be had."""
    with fresh_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = open_store(database_url)
    yield store
    store.close()
