"""Input that no ordinary client sends: answered with a problem, or taken in its one usual form."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.offchain.site import ALICE, DOLLAR, Visitor


@pytest.fixture(scope="module")
def work(ben: Visitor) -> str:
    tiers = [{"tier": "personal", "floor": str(2 * DOLLAR), "ceiling": str(3 * DOLLAR)}]
    return str(ben.register(ALICE, title="Alice", tiers=tiers)["work"])


def test_order__accounts_in_small_letters__accepted(client: TestClient, dora: Visitor, work: str):
    order = dora.order(dora.quote(work, "personal"))
    message = order["order"]
    small = {name: message[name].lower() for name in ("buyer", "recipient")}
    answer = client.post("/v1/orders", json=order | {"order": message | small})
    assert answer.status_code == 202, answer.text
    dora.result(answer.json()["id"])


@pytest.mark.parametrize("field", ["buyer", "recipient"])
def test_order__wrong_checksum__refused(client: TestClient, dora: Visitor, work: str, field: str):
    order = dora.order(dora.quote(work, "personal"))
    wrong = "0x" + order["order"][field][2:].swapcase()
    answer = client.post("/v1/orders", json=order | {"order": order["order"] | {field: wrong}})
    assert (answer.status_code, answer.json()["code"]) == (422, "address-malformed")


@pytest.mark.parametrize(("cursor", "status"), [(10**18 - 1, 200), (10**18, 422), (10**23, 422)])
def test_works__cursor_at_the_bounds__is_answered(client: TestClient, cursor: int, status: int):
    assert client.get("/v1/works", params={"cursor": cursor}).status_code == status


@pytest.mark.parametrize(
    "body", [rb'{"work": "%b", "tier": "\ud800"}', rb'{"work": "%b", "tier": "personal", "\ud800": 1}']
)
def test_quote__half_a_surrogate_pair__refused(client: TestClient, work: str, body: bytes):
    answer = client.post(
        "/v1/quotes", content=body.replace(b"%b", work.encode()), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")


def test_quote__deeply_nested__refused(client: TestClient):
    body = b'{"work": ' + b"[" * 700 + b"]" * 700 + b"}"
    answer = client.post("/v1/quotes", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")
