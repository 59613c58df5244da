from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offchain.api.app import create_app
from offchain.config import load_settings

OPERATIONS = {
    "answerTakedown",
    "cancelJob",
    "changeWebhook",
    "closeSession",
    "draftKeyRequest",
    "enableWebhook",
    "generate",
    "getCaller",
    "getCertificate",
    "getChain",
    "getClaims",
    "getContent",
    "getDidDocument",
    "getFlows",
    "getGenerated",
    "getGraph",
    "getGraphPicture",
    "getJob",
    "getLicence",
    "getMaster",
    "getMetrics",
    "getPricePicture",
    "getPrices",
    "getQuote",
    "getStatement",
    "getTakedown",
    "getWebhook",
    "getWebhookSecret",
    "getWork",
    "headContent",
    "health",
    "issueTakedown",
    "liftTakedown",
    "listApiKeys",
    "listDeliveries",
    "listJobs",
    "listKeyReleases",
    "listStatementEntries",
    "listTakedowns",
    "listTerms",
    "listWebhooks",
    "listWorks",
    "makeApiKey",
    "makeChallenge",
    "makeQuote",
    "makeWebhook",
    "openSession",
    "placeOrder",
    "ready",
    "redeliver",
    "refreshSession",
    "registerWork",
    "releaseKey",
    "removeWebhook",
    "retryJob",
    "revokeApiKey",
    "rotateWebhookSecret",
    "searchWorks",
    "signJob",
    "streamJob",
    "testWebhook",
    "verifyCertificate",
    "verifyCertificateDigest",
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
    """Some only read; what tells a secret, once, must not come from a cache."""
    without = ("/v1/works/search", "/v1/certificates/verify", "/v1/keys", "/v1/keys/log", "/v1/api-keys")
    for path, operations in document["paths"].items():
        if "post" in operations and path not in without and not path.startswith("/v1/auth/"):
            names = [parameter["name"] for parameter in operations["post"]["parameters"]]
            assert "Idempotency-Key" in names, path
