"""Ways round a takedown, each tried: other spellings and forms of its content, what was begun before it, copies."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from offchain.chain import Call
from offchain.chain.sender import Limits, Receipt, Relayers, Sender
from offchain.storage import IpfsNode
from offchain.workflows import publishing
from offchain.workflows.engine import Engine
from offchain.workflows.services import Services
from offchain.workflows.takedowns import unsettle
from tests.offchain.integration.api.key_requests import ask, on_offer, refusal
from tests.offchain.site import ADA, ALICE, CHELSEA, CLEO, DORA, PRIDE, ROCKET, Site, Visitor

REASON = {"kind": "court", "reference": "1 O 23/26", "reason": "An injunction forbids it."}


@pytest.fixture(scope="module")
def operator(site: Site, services: Services, cleo: Visitor) -> Visitor:
    """Cleo, named by the settings."""
    named = frozenset([site.address(CLEO).lower()])
    object.__setattr__(services, "settings", replace(services.settings, operators=named))
    return cleo


@pytest.fixture
def engine(client: TestClient) -> Engine:
    return client.app.state.engine  # type: ignore[attr-defined]


@pytest.fixture
def node(site: Site) -> IpfsNode:
    return IpfsNode(site.environ["COLOPHON_IPFS_URL"])


def take_down(operator: Visitor, work: str, *, wait: bool = True) -> str:
    """The id of the notice, once its consequences are drawn."""
    number = str(operator.client.post("/v1/takedowns", json={"work": work, **REASON}).json()["id"])
    if wait:
        until(lambda: operator.client.get(f"/v1/takedowns/{number}").json()["settled"])
    return number


def lift(operator: Visitor, number: str) -> None:
    assert operator.client.post(f"/v1/takedowns/{number}/lift", json={"text": "Reversed."}).status_code == 200
    until(lambda: operator.client.get(f"/v1/takedowns/{number}").json()["settled"])


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Thrifty(Sender):
    """Pays too little for calls whose intent begins so: their jobs are interrupted, and go on when asked to."""

    def __init__(self, services: Services, intent: str) -> None:
        super().__init__(services.client, services.store)
        self._intent = intent
        self._poor = Sender(services.client, services.store, Limits(max_fee=1))

    def relay(self, call: Call, relayers: Relayers, key: str, expires_at: int | None = None) -> Receipt:
        if key.startswith(self._intent):
            return self._poor.relay(call, relayers, key, expires_at)
        return super().relay(call, relayers, key, expires_at)


@contextmanager
def unpaid(engine: Engine, intent: str) -> Iterator[None]:
    """Fees rise beyond what the service pays, for a while."""
    services = engine.services
    engine.services = replace(services, sender=Thrifty(services, intent))
    try:
        yield
    finally:
        engine.services = services


def spellings(cid: str) -> list[str]:
    """The same CID as other programs write it: in upper case, and in base16."""
    data = base64.b32decode(cid[1:].upper() + "=" * (-len(cid[1:]) % 8))
    return [cid, "B" + cid[1:].upper(), "f" + data.hex()]


def test_content__by_any_spelling_range_condition_and_form__withheld(
    client: TestClient, ada: Visitor, operator: Visitor
):
    registered = ada.register(CHELSEA, title="Chelsea")
    cids = [*(each["cid"] for each in registered["renditions"]), registered["metadata"]]
    tags = {cid: client.get(f"/v1/content/{cid}").headers["ETag"] for cid in cids}
    number = take_down(operator, registered["work"])
    asked: list[dict[str, str]] = [
        {},
        {"Range": "bytes=0-9"},
        {"Accept": "application/vnd.ipld.car"},
        {"Accept": "application/vnd.ipld.raw"},
        {"Range": "bytes=0-9", "If-Range": "*"},
    ]
    for cid in cids:
        for headers in [*asked, {"If-None-Match": tags[cid]}, {"If-None-Match": "*"}, {"If-Match": '"other"'}]:
            answers = [client.request(m, f"/v1/content/{cid}", headers=headers) for m in ("GET", "HEAD")]
            assert [each.status_code for each in answers] == [451, 451], headers
            assert {each.headers["Cache-Control"] for each in answers} == {"no-store"}
            assert not {"ETag", "Content-Range"} & set(answers[0].headers)
        for spelled in spellings(cid):
            assert client.get(f"/v1/content/{spelled}").status_code == 451, spelled
    lift(operator, number)


def test_import__content_of_a_work_that_is_taken_down__refused(ada: Visitor, ben: Visitor, operator: Visitor):
    """A node keeps the blocks until it collects them, so the preview could come back as somebody's own work."""
    registered = ada.register(ALICE, title="Alice")
    take_down(operator, registered["work"])
    for cid in (each["cid"] for each in registered["renditions"]):
        body = {"registrant": ben.address, "title": "Mine", "cid": cid}
        assert refusal(ben.client.post("/v1/works", data={"request": json.dumps(body)})) == (451, "content-withheld")
        for other in spellings(cid)[1:]:
            answer = ben.client.post("/v1/works", data={"request": json.dumps(body | {"cid": other})})
            assert refusal(answer) == (451, "content-withheld")


def test_repair__of_a_work_that_is_taken_down__does_not_bring_it_back(
    site: Site, ada: Visitor, operator: Visitor, node: IpfsNode
):
    registered = ada.register(b"A text that a court will forbid. " * 60, title="Forbidden")
    cids = [*(each["cid"] for each in registered["renditions"]), registered["metadata"]]
    take_down(operator, registered["work"])
    command = [sys.executable, "-m", "offchain.cli", "storage", "repair", "--json"]
    environ = {**os.environ, **site.environ}
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, json.loads(ended.stdout)["wrong"]) == (0, []), ended.stderr
    assert not [cid for cid in cids if node.is_pinned(cid)]


def test_order__interrupted_before_the_takedown__sells_nothing_after_it(
    client: TestClient, engine: Engine, ada: Visitor, dora: Visitor, operator: Visitor, services: Services
):
    """Anybody may retry a purchase: a price from before the notice, kept in a job, is no way round it."""
    work = ada.register(b"A text that will be sold once. " * 60, title="Once")["work"]
    order = dora.order(dora.quote(work, "personal"))
    with unpaid(engine, "order:"):
        job = dora.client.post("/v1/orders", json=order).json()["id"]
        assert dora.wait(job)["error"]["code"] == "fee-above-cap"
    number = take_down(operator, work)
    assert client.post(f"/v1/jobs/{job}/retry").status_code == 202
    stopped = dora.wait(job)
    assert (stopped["state"], stopped["error"]["code"]) == ("failed", "taken-down")
    assert refusal(client.post("/v1/orders", json=order)) == (409, "taken-down")
    assert not services.contracts.licensing.is_nonce_used(dora.address, int(order["order"]["nonce"]))
    lift(operator, number)
    again = client.post("/v1/orders", json=order)
    assert dora.result(again.json()["id"])["work"] == work


def test_registration__signed_before_the_takedown__pins_nothing_after_it(
    engine: Engine, ada: Visitor, operator: Visitor, node: IpfsNode
):
    job, drafted = drafted_by(engine, ada, PRIDE, title="Pride")
    with unpaid(engine, "commit:"):
        ada.client.post(f"/v1/jobs/{job['id']}/signature", json={"signature": ada.sign(job["typed_data"])})
        assert ada.wait(job["id"], ("waiting", "failed", "done"))["error"]["code"] == "fee-above-cap"
    take_down(operator, work_of(job))
    ada.client.post(f"/v1/jobs/{job['id']}/retry")
    stopped = ada.wait(job["id"], ("failed", "done"))
    assert stopped["error"]["code"] == "taken-down"
    assert not [cid for cid in drafted if node.is_pinned(cid)]


def test_registration__taken_down_between_pin_and_title__is_forgotten_and_not_registered(
    client: TestClient, engine: Engine, ada: Visitor, operator: Visitor, node: IpfsNode
):
    """The work is in no table yet, and yet its content is on the nodes."""
    job, drafted = drafted_by(engine, ada, b"A text that is forbidden on its way. " * 60, title="On its way")
    with unpaid(engine, "register:"):
        ada.client.post(f"/v1/jobs/{job['id']}/signature", json={"signature": ada.sign(job["typed_data"])})
        assert ada.wait(job["id"], ("waiting", "failed", "done"))["error"]["code"] == "fee-above-cap"
    assert all(node.is_pinned(cid) for cid in drafted)
    take_down(operator, work_of(job))
    assert not [cid for cid in drafted if node.is_pinned(cid)]
    ada.client.post(f"/v1/jobs/{job['id']}/retry")
    assert ada.wait(job["id"], ("failed", "done"))["error"]["code"] == "taken-down"
    assert client.get(f"/v1/works/{work_of(job)}").status_code == 404


def test_settle__title_that_was_on_its_way_when_the_notice_came__its_content_is_forgotten_too(
    client: TestClient, engine: Engine, ada: Visitor, operator: Visitor, node: IpfsNode, monkeypatch
):
    """The reveal is sent; the notice comes and is settled; then come the title and a pin by a node that was slow."""
    job, drafted = drafted_by(engine, ada, b"A text whose title is on its way. " * 60, title="Under way")
    pinned = []

    def later(services: Services, work: int) -> None:
        take_down(operator, f"0x{work:064x}")
        kept = [data for cid in drafted if (data := services.vault.file(cid, work)) is not None]
        pinned.extend(services.ipfs.pin(data) for data in kept)
        unsettle(services, work)

    monkeypatch.setattr(publishing, "unsettle", later)
    ada.client.post(f"/v1/jobs/{job['id']}/signature", json={"signature": ada.sign(job["typed_data"])})
    assert ada.wait(job["id"], ("failed", "interrupted", "done"))["state"] == "done"
    assert pinned
    until(lambda: not any(node.is_pinned(cid) for cid in drafted))
    assert {client.get(f"/v1/content/{cid}").status_code for cid in drafted} == {451}


def test_settle__another_notice_cannot_be_settled__this_one_is_all_the_same(
    services: Services, engine: Engine, ada: Visitor, operator: Visitor, node: IpfsNode
):
    """A file that was kept aside went bad: its work is not pinned again, and would have kept all later ones pinned."""
    bad, _ = drafted_by(engine, ada, b"A text whose kept file goes bad. " * 60, title="Bad")
    good, drafted = drafted_by(engine, ada, b"A text that is taken down after it. " * 60, title="Later")
    for job in (bad, good):
        ada.client.post(f"/v1/jobs/{job['id']}/signature", json={"signature": ada.sign(job["typed_data"])})
        assert ada.wait(job["id"], ("failed", "interrupted", "done"))["state"] == "done"
    first = take_down(operator, work_of(bad))
    kept = min((services.settings.home / "withheld" / work_of(bad).removeprefix("0x")).iterdir())
    data = kept.read_bytes()
    kept.write_bytes(b"not what it was")
    try:
        assert operator.client.post(f"/v1/takedowns/{first}/lift", json={"text": "Reversed."}).status_code == 200
        take_down(operator, work_of(good))
        assert not operator.client.get(f"/v1/takedowns/{first}").json()["settled"]
        assert not any(node.is_pinned(cid) for cid in drafted)
    finally:
        kept.write_bytes(data)
    until(lambda: operator.client.get(f"/v1/takedowns/{first}").json()["settled"])


def drafted_by(engine: Engine, visitor: Visitor, master: Any, **asked: object) -> tuple[dict[str, Any], list[str]]:
    """A registration that awaits its signature, and the CIDs that it will pin."""
    job = visitor.wait(visitor.submit(master, **asked).json()["id"])
    draft = engine.output(job["id"])
    return job, [*(each.cid for each in draft["metadata"].renditions), draft["metadata_cid"]]


def work_of(job: dict[str, Any]) -> str:
    return f"0x{int(job['typed_data']['message']['work']):064x}"


def test_generated__of_a_work_that_is_taken_down__not_given_out(ada: Visitor, operator: Visitor):
    body = {"kind": "text", "prompt": "Write one sentence about a court.", "parameters": {"max_tokens": 8}, "seed": 3}
    job = ada.client.post("/v1/generations", json=body).json()["id"]
    (made,) = ada.result(job)["works"]
    path = f"/v1/generations/{job}/works/{made['work']}"
    assert ada.client.get(path).status_code == 200
    take_down(operator, made["work"])
    assert refusal(ada.client.get(path)) == (409, "taken-down")


def test_master__taken_down__refused_to_licence_and_title_in_every_form_and_given_again_when_lifted(
    client: TestClient, ada: Visitor, dora: Visitor, operator: Visitor
):
    work = ada.register(ROCKET, title="Rocket")["work"]
    licence = int(dora.buy(work, "commercial")["licence"])
    by_licence, by_title = f"/v1/works/{work}/master?licence={licence}", f"/v1/works/{work}/master"
    given = dora.client.get(by_licence)
    assert (given.status_code, given.content) == (200, ROCKET.read_bytes())
    number = take_down(operator, work)
    for headers in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": given.headers["ETag"]}):
        assert refusal(dora.client.get(by_licence, headers=headers)) == (409, "taken-down")
        assert refusal(ada.client.get(by_title, headers=headers)) == (409, "taken-down")
    assert refusal(ask(dora, licence)) == (409, "taken-down")
    lift(operator, number)
    assert dora.client.get(by_licence).content == ROCKET.read_bytes()

    key = dora.client.post("/v1/api-keys", json={"name": "hooks", "scopes": ["webhooks"]}).json()["key"]
    assert refusal(client.get(by_licence, headers={"Authorization": f"Bearer {key}"})) == (403, "scope-missing")


def test_answer__again_and_again__ends_before_the_public_list_is_too_long_to_read(ada: Visitor, operator: Visitor):
    work = ada.register(b"A text about which much is said. " * 60, title="Much said")["work"]
    number = take_down(operator, work)
    path = f"/v1/takedowns/{number}/answer"
    told = [ada.client.post(path, json={"text": f"{each} " + "x" * 4_900}).status_code for each in range(21)]
    assert told == [200] * 20 + [409]
    assert refusal(ada.client.post(path, json={"text": "And another thing"})) == (409, "too-many-answers")
    lift(operator, number)


def test_master__licence_expired__refused_at_once(site: Site, ada: Visitor, dora: Visitor):
    work = ada.register(b"A text for a minute. " * 80, title="A minute")["work"]
    licence = on_offer(site, work, ADA, duration=60)(DORA)
    path = f"/v1/works/{work}/master?licence={licence}"
    assert dora.client.get(path).status_code == 200
    site.world.sleep(61)
    assert refusal(dora.client.get(path)) == (409, "licence-expired")
