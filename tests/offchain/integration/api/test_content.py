"""Content of registered works over HTTP, as a CDN would fetch it; every byte is on a real IPFS node."""

from __future__ import annotations

import hashlib
import io
import json
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection, IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from fastapi.testclient import TestClient

from offchain.chain import Registration, work_hex
from offchain.storage import IpfsNode, local_cid, open_pins
from offchain.storage.car import read_car
from offchain.storage.cid import cid_text
from offchain.storage.unixfs import CHUNK_SIZE
from offchain.store import ContentRecord, open_store
from tests.offchain.site import ROCKET, Site, Visitor

LONG = random.Random(5).randbytes(5 * CHUNK_SIZE + 99)
SAFE = {
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    "vary": "Accept",
}


@pytest.fixture(scope="module")
def rocket(ada: Visitor) -> dict[str, Any]:
    return ada.register(ROCKET, title="Rocket", tiers=[])


@pytest.fixture(scope="module")
def preview(rocket: dict[str, Any]) -> str:
    return next(each["cid"] for each in rocket["renditions"] if each["role"] == "preview")


@pytest.fixture(scope="module")
def put(site: Site, rocket: dict[str, Any]):
    """Pin bytes as one more rendition of the rocket; their CID."""
    node, store, work = (
        IpfsNode(site.environ["COLOPHON_IPFS_URL"]),
        open_store(site.settings.database_url),
        int(rocket["work"], 16),
    )

    def put(content: bytes, media_type: str, *, pinned: bool = True) -> str:
        cid = node.pin(content) if pinned else local_cid(content)
        with store.transaction() as tx:
            tx.contents._session.add(ContentRecord(cid=cid, work=work, role="rendition", media_type=media_type))
        return cid

    yield put
    store.close()


@pytest.fixture(scope="module")
def long(put) -> str:
    return put(LONG, "video/mp4")


def get(client: TestClient, cid: str, **headers: str):
    return client.get(f"/v1/content/{cid}", headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_content__metadata_of_a_work__is_served_for_ever_under_its_cid(client, rocket):
    answer = get(client, rocket["metadata"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["etag"] == f'"{rocket["metadata"]}"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert {name: answer.headers[name] for name in SAFE} == SAFE
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.json()["name"] == "Rocket"
    assert local_cid(answer.content) == rocket["metadata"]


def test_content__rendition__has_its_type_and_is_shown(client, rocket, preview):
    answer = get(client, preview)
    (stated,) = (each for each in rocket["renditions"] if each["cid"] == preview)
    assert answer.headers["content-type"] == stated["media_type"]
    assert "content-disposition" not in answer.headers
    assert "0x" + hashlib.sha256(answer.content).hexdigest() == stated["sha256"]


def test_content__head__says_what_get_says_without_bytes(client, long):
    said, whole = client.head(f"/v1/content/{long}"), get(client, long)
    assert (said.status_code, said.content) == (200, b"")
    assert said.headers["content-length"] == str(len(LONG)) == whole.headers["content-length"]
    own = {"x-request-id"}
    assert {**said.headers} | dict.fromkeys(own) == {**whole.headers} | dict.fromkeys(own)
    assert whole.content == LONG


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        (f"bytes={CHUNK_SIZE - 1}-{CHUNK_SIZE}", CHUNK_SIZE - 1, CHUNK_SIZE + 1),
        ("bytes=-7", len(LONG) - 7, len(LONG)),
        ("bytes=1000000-", 1_000_000, len(LONG)),
    ],
)
def test_content__range__is_that_part(client, long, asked, start, end):
    answer = get(client, long, range=asked)
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(LONG)}"
    assert answer.headers["content-length"] == str(end - start)
    assert answer.content == LONG[start:end]


def test_content__range_of_a_raw_block__is_that_part(client, rocket):
    whole = get(client, rocket["metadata"]).content
    assert get(client, rocket["metadata"], range="bytes=5-9").content == whole[5:10]


def test_content__range_beyond_the_end__is_416_with_the_size(client, long):
    answer = get(client, long, range=f"bytes={len(LONG)}-")
    assert (answer.status_code, answer.json()["code"]) == (416, "range-unsatisfiable")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-range"] == f"bytes */{len(LONG)}"
    assert "immutable" not in answer.headers.get("cache-control", "")


def test_content__several_ranges__are_the_whole(client, long):
    answer = get(client, long, range="bytes=0-1,5-6")
    assert (answer.status_code, len(answer.content)) == (200, len(LONG))


def test_content__if_range_of_other_content__is_the_whole(client, long):
    assert get(client, long, range="bytes=0-1", if_range=f'"{long}"').status_code == 206
    assert get(client, long, range="bytes=0-1", if_range='"other"').status_code == 200


def test_content__if_none_match__is_304_without_asking_a_node(client, put):
    cid = put(b"nobody has these bytes", "text/plain", pinned=False)
    answer = get(client, cid, if_none_match=f'W/"{cid}"')
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", f'"{cid}"')
    assert answer.headers["cache-control"] == SAFE["cache-control"]


def test_content__if_match_of_other_content__is_412(client, long):
    answer = get(client, long, if_match='"other"')
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition-failed")


def test_content__asked_for_as_a_tree__is_a_car_that_proves_itself(client, long):
    answer = get(client, long, accept="application/vnd.ipld.car; version=1, */*;q=0.1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.ipld.car")
    assert answer.headers["etag"] == f'W/"{long}.car"'
    car = read_car(io.BytesIO(answer.content))
    assert [cid_text(root) for root in car.roots] == [long]
    assert b"".join(block for cid, block in car.blocks if cid[1] == 0x55) == LONG


def test_content__asked_for_as_a_block__is_the_root_block(client, long):
    answer = get(client, long, accept="application/vnd.ipld.raw")
    assert answer.headers["etag"] == f'"{long}.raw"'
    assert cid_text(b"\x01\x70\x12\x20" + hashlib.sha256(answer.content).digest()) == long


@pytest.mark.parametrize(
    ("media_type", "served"),
    [
        ("text/html", "text/html; charset=utf-8"),
        ("image/svg+xml", "image/svg+xml"),
        ("application/pdf", "application/pdf"),
        ("application/octet-stream", "application/octet-stream"),
        ("image/png\r\nX-Evil: 1", "application/octet-stream"),
    ],
)
def test_content__active_or_odd_type__is_saved_and_never_run(client, put, media_type, served):
    content = f"<script>alert('{len(media_type)}')</script>".encode()
    answer = get(client, put(content, media_type))
    assert answer.content == content
    assert answer.headers["content-type"] == served
    assert answer.headers["content-disposition"] == "attachment"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_content__pinned_by_others_on_the_same_node__is_not_served(site, client):
    """No open proxy."""
    cid = IpfsNode(site.environ["COLOPHON_IPFS_URL"]).pin(b"pinned on the node, but no work of ours")
    answer = get(client, cid)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-content")
    assert client.head(f"/v1/content/{cid}").status_code == 404


def test_content__metadata_of_a_work_that_others_registered__names_nothing_to_serve(site, client):
    """Else whoever registers a work could make this service fetch any CID of IPFS."""
    node, target = IpfsNode(site.environ["COLOPHON_IPFS_URL"]), b"what a stranger wants to have served"
    cid, work = node.pin(target), int.from_bytes(hashlib.sha256(b"a stranger's master").digest(), "big")
    rendition = {"role": "preview", "mediaType": "text/plain", "size": len(target), "sha256": "0x" + "00" * 32}
    metadata = {
        "schema": "colophon/metadata",
        "version": 1,
        "name": "Stranger",
        "description": "",
        "creator": "",
        "work": work_hex(work),
        "master": {"sha256": work_hex(work), "size": 1, "mediaType": "text/plain"},
        "iscc": "",
        "units": [],
        "contentCode": None,
        "renditions": [{**rendition, "cid": cid}],
        "provenance": None,
    }
    data = json.dumps(metadata, sort_keys=True, separators=(",", ":")).encode()
    named = node.pin(data)
    world = site.world
    digest = hashlib.sha256(data).digest()
    world.send(world.contracts.registry.register(Registration(work, world.accounts[5], digest)), 5)
    client.app.state.engine.services.advance()
    assert client.get(f"/v1/works/{work_hex(work)}").json()["title"] == "Stranger"
    assert [get(client, each).status_code for each in (cid, named)] == [404, 404]


@pytest.mark.parametrize("cid", ["nonsense", "0x" + "00" * 32, "b" * 100])
def test_content__no_cid__is_refused(client, cid):
    answer = get(client, cid)
    assert (answer.status_code, answer.json()["code"]) == (422, "cid-malformed")


def test_content__lost_by_the_node__says_so(site, client, put, monkeypatch):
    monkeypatch.setattr("offchain.api.routes.content._PATIENCE", 1.0)
    answer = get(client, put(b"lost, alas", "text/plain", pinned=False))
    assert (answer.status_code, answer.json()["code"] in {"content-lost", "ipfs-timeout"}) == (503, True)
    assert "cache-control" not in answer.headers


class Liar(BaseHTTPRequestHandler):
    """A node that has the head of `LONG`, and sends a wrong byte in its fourth leaf."""

    head: bytes

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = self.head
        if url.path.endswith("/cat"):
            offset, wrong = int(query.get("offset", 0)), 3 * CHUNK_SIZE + 1
            body = (LONG[:wrong] + b"?" + LONG[wrong + 1 :])[offset : offset + int(query["length"])]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def lying(site: Site, client: TestClient, long: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The service over a liar."""
    Liar.head = IpfsNode(site.environ["COLOPHON_IPFS_URL"]).block(long)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    Thread(target=server.serve_forever, args=(0.02,)).start()
    engine = client.app.state.engine
    pins = open_pins(f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(engine, "services", replace(engine.services, ipfs=pins))
    yield client
    server.shutdown()
    server.server_close()


def test_content__node_lies_at_once__is_a_problem_and_no_byte_is_served(lying, long):
    answer = get(lying, long, range=f"bytes={3 * CHUNK_SIZE}-")
    assert (answer.status_code, answer.json()["code"]) == (503, "ipfs-lied")
    assert "cache-control" not in answer.headers


@pytest.fixture
def wire(lying: TestClient) -> Iterator[HTTPConnection]:
    """The same service through a real server, which alone can break an answer off."""
    server = uvicorn.Server(uvicorn.Config(lying.app, port=0, lifespan="off", log_config=None))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    connection = HTTPConnection("127.0.0.1", server.servers[0].sockets[0].getsockname()[1])
    yield connection
    connection.close()
    server.should_exit = True
    thread.join()


def test_content__node_lies_further_on__the_answer_breaks_off_before_the_lie(wire, long):
    wire.request("GET", f"/v1/content/{long}")
    answer = wire.getresponse()
    assert (answer.status, answer.headers["content-length"]) == (200, str(len(LONG)))
    with pytest.raises(IncompleteRead) as caught:
        answer.read()
    assert caught.value.partial == LONG[: 3 * CHUNK_SIZE]


def test_content__range_before_the_lie__is_served(lying, long):
    assert get(lying, long, range="bytes=10-20").content == LONG[10:21]
