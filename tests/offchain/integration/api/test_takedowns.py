"""A work that is taken down is offered nowhere here, loses nothing of what it has on the chain, and can come back."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from offchain.storage import IpfsNode
from offchain.workflows.services import Services
from tests.offchain.site import ALICE, CLEO, PRIDE, ROCKET, Site, Visitor

REASON = {"kind": "court", "reference": "1 O 23/26", "reason": "An injunction forbids it."}


@pytest.fixture(scope="module")
def operator(site: Site, services: Services, cleo: Visitor) -> Visitor:
    """Cleo, named by the settings."""
    named = frozenset([site.address(CLEO).lower()])
    object.__setattr__(services, "settings", replace(services.settings, operators=named))
    return cleo


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def settled(client: TestClient, number: str, *, active: bool) -> dict[str, Any]:
    """The notice, once the nodes have drawn the consequences."""
    deadline = time.monotonic() + 30
    while True:
        found = client.get(f"/v1/takedowns/{number}").json()
        if found["settled"] and found["active"] == active:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_takedown__of_a_work_that_sells__ends_every_offer_and_lifting_brings_all_back(
    site: Site, client: TestClient, ada: Visitor, dora: Visitor, operator: Visitor
):
    registered = ada.register(ROCKET, title="Rocket")
    work = registered["work"]
    cids = [each["cid"] for each in registered["renditions"]] + [registered["metadata"]]
    node = IpfsNode(site.environ["COLOPHON_IPFS_URL"])
    licence = dora.buy(work, "personal")["licence"]
    order = dora.order(dora.quote(work, "personal"))
    earned = client.get(f"/v1/statements/{ada.address}").json()["totals"]

    made = operator.client.post("/v1/takedowns", json={"work": work, **REASON})
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    assert said(client.post("/v1/quotes", json={"work": work, "tier": "personal"})) == (409, "taken-down")
    assert said(client.post("/v1/orders", json=order)) == (409, "taken-down"), "a price signed before counts no more"
    assert said(client.get(f"/v1/content/{cids[0]}")) == (451, "content-withheld")
    assert said(ada.submit(ROCKET, title="Again")) == (409, "taken-down")
    assert said(ada.submit(ROCKET.read_bytes() + b"\0", title="One byte more")) == (409, "taken-down")
    notice = settled(client, number, active=True)
    assert [act["act"] for act in notice["acts"]] == ["issued", "withheld"]
    assert not [cid for cid in cids if node.is_pinned(cid)]

    assert client.get(f"/v1/works/{work}").json()["holder"] == ada.address
    assert client.get(f"/v1/licences/{licence}").json()["live"]
    assert client.get(f"/v1/statements/{ada.address}").json()["totals"] == earned

    lifted = operator.client.post(f"/v1/takedowns/{number}/lift", json={"text": "The injunction was reversed."})
    assert lifted.status_code == 200
    settled(client, number, active=False)
    assert all(node.is_pinned(cid) for cid in cids)
    assert client.get(f"/v1/content/{cids[0]}").status_code == 200
    assert dora.buy(work, "personal")["licence"]


def test_takedown__of_what_is_not_registered__keeps_it_out(ada: Visitor, operator: Visitor):
    """A court may name the hash of a file that nobody has brought yet."""
    job = ada.wait(ada.submit(PRIDE, title="Pride").json()["id"])
    work = "0x" + f"{int(job['typed_data']['message']['work']):064x}"
    operator.client.post("/v1/takedowns", json={"work": work, **REASON})
    signature = {"signature": ada.sign(job["typed_data"])}
    assert said(ada.client.post(f"/v1/jobs/{job['id']}/signature", json=signature)) == (409, "taken-down")
    assert said(ada.submit(PRIDE, title="Pride")) == (409, "taken-down")


def test_answer__by_the_holder__stands_beside_the_notice(client: TestClient, ben: Visitor, ada: Visitor, operator):
    work = ben.register(ALICE, title="Alice")["work"]
    number = operator.client.post("/v1/takedowns", json={"work": work, **REASON}).json()["id"]
    assert said(ada.client.post(f"/v1/takedowns/{number}/answer", json={"text": "Mine!"})) == (403, "not-title-holder")
    answered = ben.client.post(f"/v1/takedowns/{number}/answer", json={"text": "It is in the public domain."})
    assert answered.status_code == 200
    (found,) = client.get("/v1/takedowns", params={"work": work}).json()["items"]
    acts = [(act["act"], act["account"], act["text"]) for act in found["acts"] if act["act"] != "withheld"]
    assert acts == [
        ("issued", operator.address, REASON["reason"]),
        ("answered", ben.address, "It is in the public domain."),
    ]


def test_issue__same_notice_again__is_told_apart_from_another(ben: Visitor, operator: Visitor):
    work = "0x" + "77" * 32
    assert operator.client.post("/v1/takedowns", json={"work": work, **REASON}).status_code == 201
    assert said(operator.client.post("/v1/takedowns", json={"work": work, **REASON})) == (409, "taken-down")
    other = operator.client.post("/v1/takedowns", json={"work": work, **REASON, "reference": "2 O 1/26"})
    assert other.status_code == 201
    lifted = operator.client.post(f"/v1/takedowns/{other.json()['id']}/lift", json={"text": "Withdrawn."}).json()
    assert not lifted["active"]
    assert said(operator.client.post("/v1/quotes", json={"work": work, "tier": "personal"})) == (409, "taken-down")


def test_list__cursor__walks_all_once_newest_first(client: TestClient, operator: Visitor):
    seen, url = [], "/v1/takedowns?limit=2"
    while url:
        page = client.get(url)
        seen += [each["id"] for each in page.json()["items"]]
        url = page.links.get("next", {}).get("url")
    assert len(seen) == len(set(seen)) >= 4
    times = [client.get(f"/v1/takedowns/{number}").json()["created_at"] for number in seen]
    assert times == sorted(times, reverse=True)


def test_takedown__unknown__not_found(client: TestClient):
    assert said(client.get("/v1/takedowns/" + "0" * 24)) == (404, "unknown-takedown")
