"""Idempotency keys: the same request under the same key is carried out once and answered the same."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.offchain.site import ALICE, DOLLAR, Site, Visitor


@pytest.fixture(scope="module")
def work(ben: Visitor) -> str:
    return ben.register(ALICE, title="Alice", tiers=[{"tier": "personal"}])["work"]


def test_quote__same_key_and_body__same_quote(client: TestClient, work: str):
    """A quote without a key is new each time: its expiry moves on."""
    body = {"work": work, "tier": "personal"}
    first, second = (client.post("/v1/quotes", json=body, headers={"Idempotency-Key": "q1"}) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()


def test_quote__same_key_other_body__refused(client: TestClient, work: str):
    client.post("/v1/quotes", json={"work": work, "tier": "personal"}, headers={"Idempotency-Key": "q2"})
    other = {"work": work, "tier": "personal", "segment": "organisation"}
    answer = client.post("/v1/quotes", json=other, headers={"Idempotency-Key": "q2"})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-key-reused")


def test_order__same_key__same_job_and_one_licence(client: TestClient, site: Site, dora: Visitor, work: str):
    """Without the key, the second order would be refused as replayed."""
    order = dora.order(dora.quote(work, "personal"))
    headers = {"Idempotency-Key": "o1"}
    first = client.post("/v1/orders", json=order, headers=headers).json()
    dora.result(first["id"])
    assert client.post("/v1/orders", json=order, headers=headers).json() == first


def test_failure__same_key_again__is_carried_out_again(client: TestClient, site: Site, emil: Visitor, work: str):
    """Only success is remembered: Emil's order fails for want of money, and works once he has it."""
    order, headers = emil.order(emil.quote(work, "personal")), {"Idempotency-Key": "o2"}
    assert client.post("/v1/orders", json=order, headers=headers).json()["code"] == "insufficient-balance"
    site.world.send(site.world.contracts.dollar.mint(emil.address, 100 * DOLLAR), 0)
    assert client.post("/v1/orders", json=order, headers=headers).status_code == 202


def test_register__same_key_other_file__refused(ada: Visitor):
    def post(text: bytes) -> Any:
        body = json.dumps({"registrant": ada.address, "title": "A"})
        files = {"file": ("a.txt", text)}
        return ada.client.post("/v1/works", data={"request": body}, files=files, headers={"Idempotency-Key": "r1"})

    first = post(b"one text " * 100)
    assert (first.status_code, post(b"one text " * 100).json()) == (202, first.json())
    assert post(b"two texts " * 100).json()["code"] == "idempotency-key-reused"


def test_register__same_request_without_key__same_job(ada: Visitor):
    jobs = {ada.submit(b"the same again " * 100, title="Again").json()["id"] for _ in range(3)}
    assert len(jobs) == 1


def test_orders__four_at_once__every_licence_once(client: TestClient, site: Site, dora: Visitor, work: str):
    """Nonces of the relayer are handed out one by one; buyers' permits raise one allowance."""
    dollar, ledger = site.world.contracts.dollar, site.world.contracts.ledger
    site.world.send(dollar.approve(ledger.address, 1000 * DOLLAR), dora.account)
    orders = [dora.order(dora.quote(work, "personal")) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        jobs = list(pool.map(lambda order: client.post("/v1/orders", json=order).json()["id"], orders))
    assert len({dora.result(job)["licence"] for job in jobs}) == 4
