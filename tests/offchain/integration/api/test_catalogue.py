"""The catalogue over HTTP: filters, kept pages, the graph, works from IPFS, masters for licence holders."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from offchain.storage import local_cid
from offchain.workflows.services import Services
from tests.offchain.site import ROCKET, Visitor


@pytest.fixture(scope="module")
def child(cleo: Visitor, rocket: dict[str, Any]) -> dict[str, Any]:
    """A work of Cleo's that derives from the rocket."""
    permit = int(cleo.buy(rocket["work"], "adaptation")["licence"])
    return cleo.register(
        b"A rocket rose and fell again, as rockets do. " * 20, title="Odé to it", permits=[str(permit)]
    )


def titles(client: TestClient, **asked: str) -> list[str]:
    answer = client.get("/v1/works", params=asked)
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


def test_list_works__filters__find_by_words_people_and_kind(client: TestClient, cleo: Visitor, child: dict[str, Any]):
    assert titles(client, q="ode") == ["Odé to it"]
    assert titles(client, q="rock") == ["Rocket"]
    assert titles(client, holder=cleo.address) == ["Odé to it"]
    assert titles(client, registrant=cleo.address, kind="image") == []
    assert titles(client, kind="image") == ["Rocket"]
    assert titles(client, for_sale="true") == ["Odé to it", "Rocket"]
    assert client.get("/v1/works", params={"cursor": "9" * 19}).status_code == 422
    assert client.get("/v1/works", params={"q": ""}).status_code == 422


def test_list_works__known_tag__not_modified_until_a_work_comes(
    client: TestClient, ada: Visitor, child: dict[str, Any]
):
    first = client.get("/v1/works")
    again = client.get("/v1/works", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == "public, no-cache"
    assert again.headers["X-Content-Type-Options"] == "nosniff"
    ada.register(b"Nothing that was ever heard of before this line. " * 20, title="News")
    after = client.get("/v1/works", headers={"If-None-Match": first.headers["ETag"]})
    assert after.status_code == 200
    assert after.json()["items"][0]["title"] == "News"


def test_graph__parent_and_child__json_and_picture(client: TestClient, rocket: dict[str, Any], child: dict[str, Any]):
    down = client.get(f"/v1/works/{rocket['work']}/graph", params={"direction": "down"}).json()
    up = client.get(f"/v1/works/{child['work']}/graph", params={"direction": "up"}).json()
    assert [each["work"] for each in down["works"]] == [rocket["work"], child["work"]]
    assert [each["work"] for each in up["works"]] == [child["work"], rocket["work"]]
    assert down["edges"] == up["edges"]
    assert (down["edges"][0]["child"], down["edges"][0]["parent"]) == (child["work"], rocket["work"])
    assert client.get(f"/v1/works/{child['work']}/graph", params={"direction": "down"}).json()["edges"] == []
    cut = client.get(f"/v1/works/{rocket['work']}/graph", params={"limit": 1}).json()
    assert (len(cut["works"]), cut["truncated"]) == (1, True)
    drawn = client.get(f"/v1/works/{rocket['work']}/graph", headers={"Accept": "image/svg+xml"})
    assert drawn.headers["Content-Type"].startswith("image/svg+xml")
    assert "sandbox" in drawn.headers["Content-Security-Policy"]
    assert "Odé to it" in drawn.text
    assert f"{down['edges'][0]['upstream_ppm'] / 10_000:g} %" in drawn.text
    assert client.get(f"/v1/works/{rocket['work']}/graph.svg").text == drawn.text
    assert client.get(f"/v1/works/0x{'12' * 32}/graph").json()["code"] == "unknown-work"


def test_register__cid__is_the_work_of_those_bytes(ben: Visitor, services: Services):
    content = b"Bytes that lay on a node before anybody thought of registering them. " * 20
    cid = services.ipfs.pin(content)
    answer = ask(ben, cid=cid)
    assert answer.status_code == 202, answer.text
    job = ben.wait(answer.json()["id"])
    assert job["state"] == "awaiting-signature", job


@pytest.mark.parametrize(
    ("cid", "code"),
    [
        ("http://169.254.169.254/latest", "cid-malformed"),
        ("../../etc/passwd", "cid-malformed"),
    ],
)
def test_register__what_is_no_cid__is_refused(ben: Visitor, cid: str, code: str):
    assert ask(ben, cid=cid).json()["code"] == code


def test_register__cid_beside_a_file__is_refused(ben: Visitor):
    assert ben.submit(b"x" * 100, cid=local_cid(b"y")).json()["code"] == "file-or-generation"
    assert ask(ben).json()["code"] == "file-or-generation"


def ask(visitor: Visitor, **request: object) -> Any:
    """POST /v1/works without a file."""
    body = {"registrant": visitor.address, "title": "From IPFS", **request}
    return visitor.client.post("/v1/works", data={"request": json.dumps(body)})


def test_master__licence_holder__whole_and_ranges(dora: Visitor, rocket: dict[str, Any], licence: int):
    master = ROCKET.read_bytes()
    path = f"/v1/works/{rocket['work']}/master?licence={licence}"
    whole = dora.client.get(path)
    assert whole.status_code == 200, whole.text
    assert whole.content == master
    assert whole.headers["Cache-Control"] == "no-store"
    part = dora.client.get(path, headers={"Range": "bytes=65530-65545"})
    assert (part.status_code, part.content) == (206, master[65530:65546])


def test_master__deliveries_within_an_hour__are_one_entry_of_the_log(
    dora: Visitor, services: Services, rocket: dict[str, Any], licence: int
):
    for _ in range(3):
        dora.client.get(f"/v1/works/{rocket['work']}/master?licence={licence}")
    with services.store.snapshot() as tx:
        told = [each for each in tx.key_releases.of_work(int(rocket["work"], 16), 100) if each.licence == licence]
    assert [(each.account, each.recipient) for each in told] == [(dora.address, "delivered")]


def test_master__without_the_right__nothing(
    client: TestClient, ada: Visitor, emil: Visitor, rocket: dict[str, Any], child: dict[str, Any], licence: int
):
    path = f"/v1/works/{rocket['work']}/master"
    assert client.get(path).json()["code"] == "sign-in-required"
    assert emil.client.get(path).json()["code"] == "not-title-holder"
    stolen = emil.client.get(f"{path}?licence={licence}")
    assert (stolen.status_code, stolen.json()["code"]) == (403, "not-licence-holder")
    other = emil.client.get(f"/v1/works/{child['work']}/master?licence={licence}")
    assert other.json()["code"] == "wrong-work"
    assert ada.client.get(path).status_code == 200
