from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from offchain.api.app import create_app
from offchain.workflows.services import Services
from tests.offchain.site import ADA, BEN, CLEO, DORA, EMIL, ROCKET, Site, Visitor, make_site


@pytest.fixture(scope="module")
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A deployment of this module's own on the run's chain."""
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[TestClient]:
    """The service, running."""
    with TestClient(create_app(site.settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def ada(site: Site, client: TestClient) -> Visitor:
    return Visitor(site, client, ADA)


@pytest.fixture(scope="module")
def ben(site: Site, client: TestClient) -> Visitor:
    return Visitor(site, client, BEN)


@pytest.fixture(scope="module")
def cleo(site: Site, client: TestClient) -> Visitor:
    return Visitor(site, client, CLEO)


@pytest.fixture(scope="module")
def dora(site: Site, client: TestClient) -> Visitor:
    return Visitor(site, client, DORA)


@pytest.fixture(scope="module")
def emil(site: Site, client: TestClient) -> Visitor:
    return Visitor(site, client, EMIL)


@pytest.fixture(scope="module")
def services(client: TestClient) -> Services:
    services: Services = client.app.state.engine.services  # type: ignore[attr-defined]
    return services


@pytest.fixture(scope="module")
def rocket(ada: Visitor) -> dict[str, Any]:
    return ada.register(ROCKET, title="Rocket")


@pytest.fixture(scope="module")
def licence(dora: Visitor, rocket: dict[str, Any]) -> int:
    return int(dora.buy(rocket["work"], "commercial")["licence"])
