from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offchain.api.app import create_app
from offchain.config import load_settings

OPERATIONS = {
    "cancelJob",
    "draftKeyRequest",
    "generate",
    "getChain",
    "getClaims",
    "getContent",
    "getGenerated",
    "getJob",
    "getLicence",
    "getPricePicture",
    "getPrices",
    "getQuote",
    "getStatement",
    "getWork",
    "headContent",
    "health",
    "listKeyReleases",
    "listTerms",
    "listWorks",
    "makeQuote",
    "placeOrder",
    "ready",
    "registerWork",
    "releaseKey",
    "retryJob",
    "searchWorks",
    "signJob",
    "streamJob",
}


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    """Nothing is opened to make it."""
    return create_app(load_settings({"COLOPHON_HOME": str(tmp_path)})).openapi()


def test_openapi__operation_ids__are_stable(document: dict[str, Any]):
    """Generated clients are named after them: adding is fine, changing one breaks somebody."""
    found = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert document["openapi"].startswith("3.1")
    assert len(found) == len(set(found))
    assert set(found) == OPERATIONS


def test_openapi__every_operation__is_described_and_tells_its_problems(document: dict[str, Any]):
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["description"]
            assert {"409", "422", "503"} <= set(operation["responses"])


def test_openapi__every_post__takes_an_idempotency_key(document: dict[str, Any]):
    """Two only read; a key request has a nonce, and its answer must not come from a cache."""
    without = ("/v1/works/search", "/v1/keys", "/v1/keys/log")
    for path, operations in document["paths"].items():
        if "post" in operations and path not in without:
            names = [parameter["name"] for parameter in operations["post"]["parameters"]]
            assert "Idempotency-Key" in names, path
