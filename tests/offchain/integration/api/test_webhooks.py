"""Webhooks: what happens is told once, in order, signed; a server that is away loses nothing and blocks nobody."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from fastapi.testclient import TestClient
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from offchain.workflows.services import Services
from offchain.workflows.webhooks import courier, deliver_due, fan_out, posting
from tests.offchain.site import ALICE, ROCKET, Visitor


@dataclass
class Receiver:
    """A server that keeps what it is sent, and answers as it is told."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.got]

    def wait(self, count: int) -> None:
        deadline = time.monotonic() + 30
        while len(self.got) < count:
            assert time.monotonic() < deadline, self.types
            time.sleep(0.05)


@pytest.fixture
def receive() -> Iterator[Callable[[], Receiver]]:
    servers: list[ThreadingHTTPServer] = []

    def start() -> Receiver:
        receiver = Receiver()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
        return receiver

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _nothing_left(ada: Visitor, dora: Visitor) -> Iterator[None]:
    yield
    for who in (ada, dora):
        for each in who.client.get("/v1/webhooks").json()["items"]:
            who.client.delete(f"/v1/webhooks/{each['id']}")


def made(who: Visitor, url: str, **asked: object) -> dict[str, Any]:
    answer = who.client.post("/v1/webhooks", json={"url": url, **asked})
    assert answer.status_code == 201, answer.text
    return answer.json()


def secret_of(who: Visitor, hook: dict[str, Any]) -> str:
    return str(who.client.get(f"/v1/webhooks/{hook['id']}/secret").json()["secret"])


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_messages__work_registered_and_sold__told_in_order_signed_and_once(
    client: TestClient, services: Services, ada: Visitor, dora: Visitor, receive
):
    creator, buyer = receive(), receive()
    hook = made(ada, creator.url)
    made(dora, buyer.url, events=["licence.sold"])
    work = ada.register(ROCKET, title="Rocket")["work"]
    licence = dora.buy(work, "personal")["licence"]
    creator.wait(3)
    buyer.wait(1)
    assert creator.types[:1] == ["work.registered"]
    assert sorted(creator.types[1:3]) == ["licence.sold", "royalty.deposited"]
    headers, body = creator.got[0]
    secret = secret_of(ada, hook)
    told = Webhook(secret).verify(body, headers)
    assert told["data"]["work"] == work
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"work", b"werk"), headers)
    (_, sale) = buyer.got[0]
    assert json.loads(sale)["data"]["licence"] == licence
    fan_out(services)
    time.sleep(1)
    assert len(creator.got) == 3, "nothing is told twice"
    ids = [headers["webhook-id"] for headers, _ in creator.got]
    assert len(set(ids)) == 3


def test_messages__of_a_work_that_somebody_follows__are_told_to_them(
    ada: Visitor, dora: Visitor, ben: Visitor, receive
):
    work = ben.register(ALICE, title="Alice")["work"]
    follower, other = receive(), receive()
    made(ada, follower.url, works=[work], events=["licence.sold"])
    made(ada, other.url, events=["licence.sold"])
    dora.buy(work, "personal")
    follower.wait(1)
    time.sleep(0.5)
    assert (follower.types, other.types) == (["licence.sold"], [])


def test_endpoint_that_fails__keeps_its_order_and_blocks_no_other(
    ada: Visitor, services: Services, receive, monkeypatch
):
    monkeypatch.setattr(courier, "WAITS", (1,) * 9)
    broken, fine = receive(), receive()
    broken.status = 500
    hook, good = made(ada, broken.url), made(ada, fine.url)
    for each in (hook, good):
        for _ in range(2):
            assert ada.client.post(f"/v1/webhooks/{each['id']}/test").status_code == 202
    fine.wait(2)
    broken.wait(2)
    first = broken.got[0][0]["webhook-id"]
    assert {headers["webhook-id"] for headers, _ in broken.got} == {first}, "the second waits behind the first"
    broken.status = 200
    deadline = time.monotonic() + 20
    while len({headers["webhook-id"] for headers, _ in broken.got}) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    page = ada.client.get(f"/v1/webhooks/{hook['id']}/deliveries").json()["items"]
    assert [each["delivered_at"] is not None for each in page] == [True, True]
    assert [one["status"] for one in page[1]["attempts"]][:2] == [500, 500]
    assert page[1]["id"] == first


def test_endpoint_that_fails_ten_times__is_disabled_and_goes_on_when_enabled(ada, services, receive, monkeypatch):
    monkeypatch.setattr(courier, "WAITS", (0,) * 9)
    receiver = receive()
    receiver.status = 503
    hook = made(ada, receiver.url)
    ada.client.post(f"/v1/webhooks/{hook['id']}/test")
    deadline = time.monotonic() + 30
    while (found := ada.client.get(f"/v1/webhooks/{hook['id']}").json())["enabled"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(receiver.got) == 10
    assert found["reason"].startswith("HTTP 503 at the last try of msg_")
    receiver.status = 200
    ada.client.post(f"/v1/webhooks/{hook['id']}/enable")
    receiver.wait(11)
    assert receiver.got[10][0]["webhook-id"] == receiver.got[0][0]["webhook-id"]


def test_waits__in_all__three_days_and_a_few_hours():
    assert len(courier.WAITS) == 9
    assert 72 < sum(courier.WAITS) / 3600 < 76
    assert sorted(courier.WAITS) == list(courier.WAITS)


def test_test__nobody_takes_them__ten_wait_at_most(ada: Visitor, receive):
    receiver = receive()
    receiver.status = 503
    hook = made(ada, receiver.url)
    answers = [ada.client.post(f"/v1/webhooks/{hook['id']}/test") for _ in range(11)]
    assert [each.status_code for each in answers] == [202] * 10 + [409]
    assert answers[-1].json()["code"] == "too-many-tests"


def test_endpoint_that_is_gone__is_disabled_at_once(ada: Visitor, receive):
    receiver = receive()
    receiver.status = 410
    hook = made(ada, receiver.url)
    ada.client.post(f"/v1/webhooks/{hook['id']}/test")
    receiver.wait(1)
    deadline = time.monotonic() + 10
    while ada.client.get(f"/v1/webhooks/{hook['id']}").json()["enabled"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(receiver.got) == 1


def test_rotate__both_secrets_verify_for_a_day(ada: Visitor, receive):
    receiver = receive()
    hook = made(ada, receiver.url)
    old = secret_of(ada, hook)
    ada.client.post(f"/v1/webhooks/{hook['id']}/rotate")
    new = secret_of(ada, hook)
    assert new != old
    ada.client.post(f"/v1/webhooks/{hook['id']}/test")
    receiver.wait(1)
    headers, body = receiver.got[0]
    for secret in (old, new):
        assert Webhook(secret).verify(body, headers)["type"] == "webhook.test"


def test_redirect__is_not_followed(ada: Visitor, receive):
    """A server of the open internet could else send us to one inside."""
    inside, outside = receive(), receive()
    outside.status, outside.headers = 307, {"Location": inside.url}
    hook = made(ada, outside.url)
    ada.client.post(f"/v1/webhooks/{hook['id']}/test")
    outside.wait(1)
    time.sleep(0.5)
    assert inside.got == []


def test_couriers__two_at_once__send_each_message_once(ada: Visitor, services: Services, receive):
    receiver = receive()
    hook = made(ada, receiver.url)
    for _ in range(6):
        ada.client.post(f"/v1/webhooks/{hook['id']}/test")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: deliver_due(services), range(8)))
    receiver.wait(6)
    time.sleep(0.3)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == len(receiver.got) == 6


def test_courier__killed_after_the_post__sends_again_under_the_same_id(ada, services, receive, monkeypatch):
    """At least once: the answer came, and nobody was left to write that down."""
    receiver = receive()

    class Killed(Exception):  # noqa: N818 - what a kill would be, as far as the courier's thread can live through it
        pass

    def killed(*_: object) -> bool:
        raise Killed

    hook = made(ada, receiver.url)
    ada.client.patch(f"/v1/webhooks/{hook['id']}", json={"events": ["work.registered"]})
    with monkeypatch.context() as patch:
        patch.setattr(courier, "_note", killed)
        ada.client.post(f"/v1/webhooks/{hook['id']}/test")
        receiver.wait(1)
    receiver.wait(2)
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]


def test_redeliver__delivered_message__comes_again_under_its_id(ada: Visitor, receive):
    receiver = receive()
    hook = made(ada, receiver.url)
    sent = ada.client.post(f"/v1/webhooks/{hook['id']}/test").json()
    receiver.wait(1)
    again = ada.client.post(f"/v1/webhooks/{hook['id']}/deliveries/{sent['id']}/redeliver")
    assert again.status_code == 202
    receiver.wait(2)
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [sent["id"]] * 2


def test_webhook__of_somebody_else__is_not_there(ada: Visitor, ben: Visitor, receive):
    hook = made(ada, receive().url)
    where = f"/v1/webhooks/{hook['id']}"
    assert said(ben.client.get(where)) == (404, "unknown-webhook")
    assert said(ben.client.patch(where, json={})) == (404, "unknown-webhook")
    assert said(ben.client.delete(where)) == (404, "unknown-webhook")
    for act in ("enable", "rotate", "test"):
        assert said(ben.client.post(f"{where}/{act}")) == (404, "unknown-webhook")
    for part in ("deliveries", "secret"):
        assert said(ben.client.get(f"{where}/{part}")) == (404, "unknown-webhook")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "http://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        "https://user:password@example.com/",
        "https:///nowhere",
        "https://nobody-has-this-name.invalid/",
    ],
)
def test_make__url_that_leads_inside__refused(ada: Visitor, url: str):
    assert said(ada.client.post("/v1/webhooks", json={"url": url})) == (422, "url-refused")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://127.0.0.1/", "https://[::1]/", "http://93.184.216.34/"])
def test_post__on_a_live_chain__neither_loopback_nor_http(url: str):
    assert posting.post(url, b"{}", {}, development=False).error == "url-refused"


def test_post__name_that_leads_inside_a_moment_later__is_refused_then(receive, monkeypatch):
    """DNS rebinding: the name was public when the webhook was made."""
    answers = iter([["93.184.216.34"], ["10.0.0.1"], ["93.184.216.34", "127.0.0.1"]])
    monkeypatch.setattr(posting, "looked_up", lambda *_: next(answers))
    assert posting.require_postable("https://rebind.example/", development=False) == ["93.184.216.34"]
    assert posting.post("https://rebind.example/", b"{}", {}, development=False).error == "url-refused"
    assert posting.post("https://rebind.example/", b"{}", {}, development=False).error == "url-refused"


def test_make__under_a_key__the_kept_answer_holds_no_secret(ada: Visitor, services: Services, receive):
    body, headers = {"url": receive().url}, {"Idempotency-Key": "hook-1"}
    first, second = (ada.client.post("/v1/webhooks", json=body, headers=headers).json() for _ in range(2))
    assert first["id"] == second["id"]
    assert "secret" not in first


def test_make__unknown_event__refused(ada: Visitor, receive):
    answer = ada.client.post("/v1/webhooks", json={"url": receive().url, "events": ["work.dreamt"]})
    assert said(answer) == (422, "event-unknown")
