"""Works that a model makes on the spot, registered with the record of how they came to be."""

from __future__ import annotations

import hashlib
import json
import time

import pytest
from fastapi.testclient import TestClient

from offchain.storage import IpfsNode
from tests.offchain.site import Site, Visitor
from tests.offchain.tiny_music import manifest, use_tiny

PIECE = {"kind": "music", "parameters": {"bars": 1}}
ASKED = {"prompt": "Write one sentence about lighthouses.", "parameters": {"max_tokens": 12}, "seed": 7}


def test_generate__then_register__provenance_on_chain_is_the_pinned_record(
    site: Site, client: TestClient, ada: Visitor
):
    job = ada.client.post("/v1/generations", json=ASKED).json()
    (made,) = ada.result(job["id"])["works"]
    assert made["provenance"]["output"]["sha256"] == made["work"]
    assert "text" not in made  # a job's result is told for ever
    text = ada.client.get(f"/v1/generations/{job['id']}/works/{made['work']}")
    assert (len(text.content), text.headers["content-type"]) == (made["size"], "text/plain; charset=utf-8")

    body = {"registrant": ada.address, "title": "Lighthouses", "generation": job["id"]}
    answer = ada.client.post("/v1/works", data={"request": json.dumps(body)})
    assert answer.status_code == 202, answer.text
    waiting = ada.wait(answer.json()["id"])
    ada.client.post(f"/v1/jobs/{waiting['id']}/signature", json={"signature": ada.sign(waiting["typed_data"])})
    registered = ada.result(waiting["id"])
    assert registered["work"] == made["work"]
    record = IpfsNode(site.environ["COLOPHON_IPFS_URL"]).fetch(registered["provenance"], 2**18)
    assert json.loads(record) == made["provenance"]


def test_generate__same_request__same_job(client: TestClient, ada: Visitor):
    first, second = (ada.client.post("/v1/generations", json=ASKED).json()["id"] for _ in range(2))
    assert first == second
    other = ada.client.post("/v1/generations", json=ASKED | {"seed": 8}).json()["id"]
    assert other != first
    ada.result(other)


def test_register__generation_unfinished_or_unknown__refused(client: TestClient, ada: Visitor):
    body = {"registrant": ada.address, "title": "Nothing", "generation": "generation-00"}
    answer = ada.client.post("/v1/works", data={"request": json.dumps(body)})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-job")


def test_register__job_of_another_kind_as_generation__refused(client: TestClient, ada: Visitor):
    job = ada.submit(b"no generation " * 100, title="Mine").json()["id"]
    body = {"registrant": ada.address, "title": "Nothing", "generation": job}
    answer = ada.client.post("/v1/works", data={"request": json.dumps(body)})
    assert (answer.status_code, answer.json()["code"]) == (422, "not-a-generation")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """The music room runs a small model."""
    use_tiny(monkeypatch, tmp_path / "weights", manifest(None))


def registered(who: Visitor, **body: object) -> dict:
    answer = who.client.post(
        "/v1/works", data={"request": json.dumps({"registrant": who.address, "title": "It", **body})}
    )
    assert answer.status_code == 202, answer.text
    waiting = who.wait(answer.json()["id"])
    assert waiting["state"] == "awaiting-signature", waiting
    who.client.post(f"/v1/jobs/{waiting['id']}/signature", json={"signature": who.sign(waiting["typed_data"])})
    return who.result(waiting["id"])


def test_generate__music__bytes_are_there_until_the_piece_is_registered(client: TestClient, ada: Visitor, tiny):
    job = ada.client.post("/v1/generations", json=PIECE | {"seed": 1, "count": 2}).json()
    assert [step["name"] for step in job["steps"]] == ["generate"]
    first, second = ada.result(job["id"])["works"]
    where = f"/v1/generations/{job['id']}/works/{second['work']}"
    answer = ada.client.get(where)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/midi")
    assert "0x" + hashlib.sha256(answer.content).hexdigest() == second["work"]

    result = registered(ada, generation=job["id"], generated=second["work"])
    assert result["work"] == second["work"]
    assert [each["role"] for each in result["renditions"]] == ["manifest"]
    assert ada.client.get(f"/v1/works/{second['work']}").json()["media_type"] == "audio/midi"
    gone = ada.client.get(where)
    assert (gone.status_code, gone.json()["code"]) == (409, "work-registered")
    assert ada.client.get(where.replace(second["work"], first["work"])).status_code == 200


def test_generate__several_works__one_must_be_named(client: TestClient, ada: Visitor, tiny):
    job = ada.client.post("/v1/generations", json=PIECE | {"seed": 1, "count": 2}).json()
    ada.result(job["id"])
    body = {"registrant": ada.address, "title": "Which?", "generation": job["id"]}
    answer = ada.client.post("/v1/works", data={"request": json.dumps(body)})
    assert (answer.status_code, answer.json()["code"]) == (422, "work-unnamed")
    unknown = ada.client.post("/v1/works", data={"request": json.dumps(body | {"generated": "0x" + "11" * 32})})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-generated")


def test_register__generation_with_another_record__refused(client: TestClient, ada: Visitor, tiny):
    """Whoever asked may tell the prompt or not; what made the work is not his to say."""
    job = ada.client.post(
        "/v1/generations", json=PIECE | {"seed": 5, "prompt": "K:C\nC D E C |", "parameters": {}}
    ).json()
    (made,) = ada.result(job["id"])["works"]
    record = made["provenance"]

    def registering(given: dict) -> tuple[int, str | None]:
        body = {"registrant": ada.address, "title": "It", "generation": job["id"], "provenance": given}
        answer = ada.client.post("/v1/works", data={"request": json.dumps(body)})
        return answer.status_code, answer.json().get("code")

    assert registering({}) == (409, "provenance-mismatch")
    assert registering(record | {"model": record["model"] | {"training": None}}) == (409, "provenance-mismatch")
    told = record["prompt"] | {"text": "K:C\nC D E C |"}
    assert registering(record | {"prompt": told | {"text": "another"}}) == (409, "provenance-mismatch")
    assert registering(record | {"prompt": told})[0] == 202


def test_cancel__running_generation__ends_cancelled_and_goes_on_by_retry(client: TestClient, ada: Visitor, tiny):
    job = ada.client.post("/v1/generations", json=PIECE | {"parameters": {"bars": 64}, "count": 64}).json()
    where = f"/v1/jobs/{job['id']}"
    assert ada.client.post(f"{where}/cancel").json()["state"] == "cancelled"
    told = ada.client.get(where).json()
    assert (told["state"], told["error"]["code"]) == ("cancelled", "job-cancelled")
    events = ada.client.get(f"{where}/events")
    assert events.text.count("event: job") == 1
    assert ada.client.post(f"{where}/retry").json()["state"] == "running"
    ada.client.post(f"{where}/cancel")
    deadline = time.monotonic() + 20
    while client.app.state.engine._running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ada.client.get(where).json()["state"] == "cancelled"


def test_cancel__unknown_job__not_found(ada: Visitor):
    assert ada.client.post("/v1/jobs/generation-00/cancel").status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "film", "prompt": "a cat"}, "request-invalid"),
        ({"kind": "text"}, "request-invalid"),
        ({"kind": "text", "prompt": "  "}, "prompt-empty"),
        ({"kind": "text", "prompt": "a" * 20_001}, "request-invalid"),
        ({"kind": "text", "prompt": "Hello", "parameters": {"bars": 2}}, "request-invalid"),
        ({"kind": "text", "prompt": "Hello", "parameters": {"max_tokens": 257}, "count": 64}, "request-invalid"),
        ({"kind": "text", "prompt": "Hello", "mark_for": "0x" + "11" * 20}, "request-invalid"),
        ({"kind": "text", "prompt": "Hello", "encrypt_prompt_to": "age1nobody"}, "recipient-malformed"),
        ({"kind": "music", "parameters": {"bars": 65}}, "request-invalid"),
        ({"kind": "music", "parameters": {"key": "H major"}}, "key-unknown"),
        ({"kind": "music", "prompt": "K:C\nC D ? E"}, "melody-malformed"),
        ({"kind": "music", "count": 0}, "request-invalid"),
        ({"kind": "music", "count": 65}, "request-invalid"),
        ({"kind": "music", "seed": 2**53 - 1, "count": 2}, "parameter-out-of-range"),
        ({"kind": "image", "prompt": "unicorn"}, "class-unknown"),
        ({"kind": "image", "prompt": "flags", "parameters": {"size": 65}}, "parameter-out-of-range"),
        ([], "request-invalid"),
        ("text", "request-invalid"),
    ],
)
def test_generate__bad_input__refused_at_once(ada: Visitor, body: object, code: str):
    answer = ada.client.post("/v1/generations", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
