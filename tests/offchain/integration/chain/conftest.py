from __future__ import annotations

import pytest

from tests.offchain.deployed import World, deploy


@pytest.fixture(scope="module")
def world(chain_url: str) -> World:
    """A deployment of this module's own on the run's chain."""
    return deploy(chain_url)
