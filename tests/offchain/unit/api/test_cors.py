"""Pages elsewhere: none may read the API unless the operator names their origin, and cookies are never sent along."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from offchain.api.app import create_app
from offchain.config import load_settings

SHOP = "https://shop.example"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return TestClient(create_app(load_settings({"COLOPHON_HOME": str(tmp_path), "COLOPHON_CORS_ORIGINS": SHOP})))


def test_cors__origin_that_is_named__may_read_and_sees_what_it_needs(client: TestClient):
    answer = client.get("/healthz", headers={"Origin": SHOP})
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "access-control-allow-credentials" not in answer.headers
    for header in ("Link", "ETag", "X-Request-ID", "RateLimit", "Retry-After", "Location", "WWW-Authenticate"):
        assert header in answer.headers["access-control-expose-headers"]


def test_cors__preflight_of_a_post__is_allowed_for_that_origin_alone(client: TestClient):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "Authorization,Idempotency-Key"}
    assert client.options("/v1/quotes", headers={"Origin": SHOP, **asked}).status_code == 200
    refused = client.options("/v1/quotes", headers={"Origin": "https://evil.example", **asked})
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers


def test_cors__nobody_named__nobody_may(tmp_path: Path):
    client = TestClient(create_app(load_settings({"COLOPHON_HOME": str(tmp_path)})))
    assert "access-control-allow-origin" not in client.get("/healthz", headers={"Origin": SHOP}).headers
