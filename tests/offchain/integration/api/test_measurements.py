"""What the service measures of itself, and tells only where its operator wants it told."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from offchain.api.app import create_app
from offchain.api.metrics import Metrics, RequestMetrics
from tests.offchain.site import Site


def test_metrics__not_switched_on__are_not_there(client: TestClient):
    answer = client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (404, "metrics-off")


@pytest.fixture
def measured(client: TestClient, site: Site) -> TestClient:
    """A second app over the running service's own engine, which measures itself."""
    app = create_app(replace(site.settings, metrics=True))
    app.state.engine, app.state.readiness = client.app.state.engine, client.app.state.readiness
    app.state.pages = client.app.state.pages
    return TestClient(app, raise_server_exceptions=False)


def figures(page: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_metrics__requests__are_counted_by_operation_and_status_alone(measured: TestClient):
    """A label for each work that somebody asks for would fill the memory of whoever scrapes."""
    for number in range(3):
        measured.get("/v1/works/0x" + f"{number:064x}")
    measured.get("/no-such-route")
    measured.get("/v1/chain")
    found = figures(measured.get("/metrics").text)
    count = "colophon_requests_total"
    assert found[count, (("operation", "getWork"), ("status", "404"))] == 3
    assert found[count, (("operation", "none"), ("status", "404"))] == 1
    assert found[count, (("operation", "getChain"), ("status", "200"))] == 1
    assert found["colophon_request_seconds_count", (("operation", "getWork"),)] == 3
    assert not [name for name, labels in found if any("0x0" in value for _, value in labels)]


def test_metrics__standing__tells_the_relayer_and_the_index(measured: TestClient, site: Site):
    found = figures(measured.get("/metrics").text)
    relayer = site.address(1)
    balance = found["colophon_relayer_balance_wei", (("account", relayer),)]
    assert balance == pytest.approx(site.world.client.balance(relayer), rel=1e-9)
    assert found["colophon_index_lag_blocks", ()] >= 0
    assert found["colophon_disk_free_bytes", ()] > 0


def test_request_metrics__app_that_fails__counts_a_failure():
    metrics = Metrics()

    async def failing(scope, receive, send):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        asyncio.run(RequestMetrics(failing, metrics)({"type": "http"}, None, None))  # type: ignore[arg-type]
    assert metrics.registry.get_sample_value("colophon_requests_total", {"operation": "none", "status": "500"}) == 1
