from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from offchain.workflows.engine import Engine
from offchain.workflows.opening import open_engine
from offchain.workflows.services import open_services, service_signers
from tests.offchain.site import Site, make_site


@pytest.fixture
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A deployment and a home of this test's own on the run's chain."""
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


@pytest.fixture
def engine(site: Site) -> Iterator[Engine]:
    """The engine of a service on that deployment, running."""
    with _running(site) as engine:
        yield engine


@contextmanager
def _running(site: Site) -> Iterator[Engine]:
    relayer, pricing = service_signers(site.settings)
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services, open_engine(services) as engine:
        yield engine


@pytest.fixture(scope="module")
def shared_site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A deployment and a home that all tests of a module use."""
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def shared_engine(shared_site: Site) -> Iterator[Engine]:
    """The engine of a service on that deployment, running."""
    with _running(shared_site) as engine:
        yield engine
