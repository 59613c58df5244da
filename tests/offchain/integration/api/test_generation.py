"""A text that the model writes on the spot, registered with the record of how it came to be."""

from __future__ import annotations

import json

from fastapi.testclient import TestClient

from offchain.storage import IpfsNode
from tests.offchain.site import Site, Visitor

ASKED = {"prompt": "Write one sentence about lighthouses.", "parameters": {"max_tokens": 12}, "seed": 7}


def test_generate__then_register__provenance_on_chain_is_the_pinned_record(
    site: Site, client: TestClient, ada: Visitor
):
    job = client.post("/v1/generations", json=ASKED).json()
    made = ada.result(job["id"])
    assert made["provenance"]["output"]["sha256"] == made["work"]
    assert made["size"] == len(made["text"].encode())

    body = {"registrant": ada.address, "title": "Lighthouses", "generation": job["id"]}
    answer = client.post("/v1/works", data={"request": json.dumps(body)})
    assert answer.status_code == 202, answer.text
    waiting = ada.wait(answer.json()["id"])
    client.post(f"/v1/jobs/{waiting['id']}/signature", json={"signature": ada.sign(waiting["typed_data"])})
    registered = ada.result(waiting["id"])
    assert registered["work"] == made["work"]
    record = IpfsNode(site.environ["COLOPHON_IPFS_URL"]).fetch(registered["provenance"], 2**18)
    assert json.loads(record) == made["provenance"]


def test_generate__same_request__same_job(client: TestClient, ada: Visitor):
    first, second = (client.post("/v1/generations", json=ASKED).json()["id"] for _ in range(2))
    assert first == second
    other = client.post("/v1/generations", json=ASKED | {"seed": 8}).json()["id"]
    assert other != first
    ada.result(other)


def test_register__generation_unfinished_or_unknown__refused(client: TestClient, ada: Visitor):
    body = {"registrant": ada.address, "title": "Nothing", "generation": "generation-00"}
    answer = client.post("/v1/works", data={"request": json.dumps(body)})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-job")


def test_register__job_of_another_kind_as_generation__refused(client: TestClient, ada: Visitor):
    job = ada.submit(b"no generation " * 100, title="Mine").json()["id"]
    body = {"registrant": ada.address, "title": "Nothing", "generation": job}
    answer = client.post("/v1/works", data={"request": json.dumps(body)})
    assert (answer.status_code, answer.json()["code"]) == (422, "not-a-generation")
