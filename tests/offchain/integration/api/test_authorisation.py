"""Who may do what: every operation of the OpenAPI document against every kind of caller."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from offchain.api.callers import Scope
from tests.offchain.site import Visitor

PUBLIC, OWN, LISTED = "public", "own", "listed"
"""Anybody; whoever it belongs to, while for all others it does not exist; whoever has a scope of what is listed."""

WHO_MAY: Final[dict[str, str]] = {
    "answerTakedown": Scope.WORKS,
    "cancelJob": OWN,
    "changeWebhook": Scope.WEBHOOKS,
    "closeSession": PUBLIC,
    "draftKeyRequest": PUBLIC,
    "enableWebhook": Scope.WEBHOOKS,
    "generate": Scope.GENERATIONS,
    "getCaller": PUBLIC,
    "getCertificate": PUBLIC,
    "getChain": PUBLIC,
    "getClaims": PUBLIC,
    "getContent": PUBLIC,
    "getDidDocument": PUBLIC,
    "getFlows": PUBLIC,
    "getGenerated": OWN,
    "getGraph": PUBLIC,
    "getGraphPicture": PUBLIC,
    "getJob": OWN,
    "getLicence": PUBLIC,
    "getMaster": Scope.WORKS,
    "getMetrics": PUBLIC,
    "getPricePicture": PUBLIC,
    "getPrices": PUBLIC,
    "getQuote": PUBLIC,
    "getStatement": PUBLIC,
    "getTakedown": PUBLIC,
    "getWebhook": Scope.WEBHOOKS,
    "getWebhookSecret": Scope.WEBHOOKS,
    "getWork": PUBLIC,
    "headContent": PUBLIC,
    "health": PUBLIC,
    "issueTakedown": Scope.OPERATOR,
    "liftTakedown": Scope.OPERATOR,
    "listApiKeys": Scope.KEYS,
    "listDeliveries": Scope.WEBHOOKS,
    "listJobs": LISTED,
    "listKeyReleases": PUBLIC,
    "listStatementEntries": PUBLIC,
    "listTakedowns": PUBLIC,
    "listTerms": PUBLIC,
    "listWebhooks": Scope.WEBHOOKS,
    "listWorks": PUBLIC,
    "makeApiKey": Scope.KEYS,
    "makeChallenge": PUBLIC,
    "makeQuote": PUBLIC,
    "makeWebhook": Scope.WEBHOOKS,
    "openSession": PUBLIC,
    "placeOrder": PUBLIC,
    "ready": PUBLIC,
    "redeliver": Scope.WEBHOOKS,
    "refreshSession": PUBLIC,
    "registerWork": Scope.WORKS,
    "releaseKey": PUBLIC,
    "removeWebhook": Scope.WEBHOOKS,
    "retryJob": OWN,
    "revokeApiKey": Scope.KEYS,
    "rotateWebhookSecret": Scope.WEBHOOKS,
    "searchWorks": PUBLIC,
    "signJob": OWN,
    "streamJob": OWN,
    "testWebhook": Scope.WEBHOOKS,
    "verifyCertificate": PUBLIC,
    "verifyCertificateDigest": PUBLIC,
}
"""What a caller needs. An order, and a request for a key, carry a signature of their own, so they need no session."""

PLACES: Final = {"work": "0x" + "11" * 32, "digest": "0x" + "11" * 32, "account": "0x" + "11" * 20}
NUMBERS: Final = {"key": "11" * 12, "number": "11" * 12, "message": "msg_" + "11" * 20}


@pytest.fixture(scope="module")
def operations(client: TestClient) -> dict[str, tuple[str, str]]:
    """Method and path of every operation, its places filled with what is not there."""
    document: dict[str, Any] = client.get("/openapi.json").json()
    return {
        operation["operationId"]: (method, re.sub(r"{(\w+)}", lambda each: (PLACES | NUMBERS).get(each[1], "7"), path))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


@pytest.fixture(scope="module")
def keys(client: TestClient, ada: Visitor) -> dict[str, dict[str, str]]:
    """Headers of an API key of each scope that can be had."""
    made = {}
    for scope in (Scope.WORKS, Scope.GENERATIONS, Scope.WEBHOOKS):
        answer = ada.client.post("/v1/api-keys", json={"name": scope, "scopes": [scope]})
        made[scope] = {"Authorization": f"Bearer {answer.json()['key']}"}
    return made


def test_operations__all__stand_in_the_table(operations):
    assert set(operations) == set(WHO_MAY)


@pytest.mark.parametrize("name", [name for name, who in WHO_MAY.items() if who == PUBLIC])
def test_public__anybody__is_let_in(client: TestClient, operations, name: str):
    method, path = operations[name]
    assert client.request(method, path).status_code not in (401, 403)


@pytest.mark.parametrize("name", [name for name, who in WHO_MAY.items() if who == OWN])
def test_own__anybody_else__finds_nothing(client: TestClient, operations, ben: Visitor, name: str):
    method, path = operations[name]
    for caller in (client, ben.client):
        assert caller.request(method, path, json={"signature": "0x"}).status_code == 404


@pytest.mark.parametrize("name", [name for name, who in WHO_MAY.items() if who in set(Scope)])
def test_scoped__anonymous_or_without_the_scope__is_kept_out(client: TestClient, operations, keys, ada, name: str):
    method, path = operations[name]
    assert client.request(method, path).status_code == 401
    for scope, headers in keys.items():
        answer = client.request(method, path, headers=headers)
        assert (answer.status_code == 403) == (scope != WHO_MAY[name]), scope
    kept_out = ada.client.request(method, path).status_code == 403
    assert kept_out == (WHO_MAY[name] == Scope.OPERATOR), "a session may all but an operator's acts"


@pytest.mark.parametrize("name", [name for name, who in WHO_MAY.items() if who == LISTED])
def test_listed__key_of_no_kind_of_job__is_kept_out(client: TestClient, operations, keys, name: str):
    method, path = operations[name]
    assert client.request(method, path).status_code == 401
    told = {scope: client.request(method, path, headers=headers).status_code for scope, headers in keys.items()}
    assert told == {Scope.WORKS: 200, Scope.GENERATIONS: 200, Scope.WEBHOOKS: 403}


def test_document__what_needs_a_caller__says_so(client: TestClient):
    """Generated clients send credentials where the document asks for them."""
    document = client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for methods in document["paths"].values():
        for operation in methods.values():
            if WHO_MAY[operation["operationId"]] != PUBLIC:
                assert operation["security"] == [{"bearer": []}]
                assert {"401", "403"} <= set(operation["responses"])
