from __future__ import annotations

import pytest

from tests.offchain.site import Site, make_site


@pytest.fixture
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A deployment and a home of this test's own on the run's chain."""
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))
