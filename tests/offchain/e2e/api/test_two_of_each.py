"""Two API processes and two workers on one PostgreSQL behave as one: what one is told, every other knows."""

from __future__ import annotations

import copy
import json
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest

from offchain.workflows.jobs import PUBLISHING, STEPS
from tests.offchain.databases import POSTGRES, fresh_database
from tests.offchain.fleet import Fleet, fleet
from tests.offchain.site import ADA, ALICE, DOLLAR, DORA, RELAYER, TIERS, Site, Visitor, make_site

pytestmark = pytest.mark.skipif(not POSTGRES, reason="COLOPHON_TEST_POSTGRES_URL is not set")

WITHIN = 1.0
"""Seconds; a page is asked about again after a tenth of one, and the machine may be busy."""


@pytest.fixture(scope="module")
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("home")
    with fresh_database("postgresql", home) as url:
        made = make_site(chain_url, ipfs_url, home)
        yield replace(made, environ=made.environ | {"COLOPHON_DATABASE_URL": url})


@pytest.fixture(scope="module")
def running(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with fleet(site.environ, tmp_path_factory.mktemp("logs")) as started:
        yield started


@pytest.fixture
def at_both(site: Site, running: Fleet) -> Iterator[Callable[[int], tuple[Visitor, Visitor]]]:
    """Somebody who signs in at the first process, there and with the same token at the second."""
    with ExitStack() as stack:
        first, second = (stack.enter_context(httpx.Client(base_url=url, timeout=30)) for url in running.urls)

        def visiting(account: int) -> tuple[Visitor, Visitor]:
            here = Visitor(site, first, account)
            there, second.headers["Authorization"] = copy.copy(here), here.client.headers["Authorization"]
            object.__setattr__(there, "client", second)
            return here, there

        yield visiting


def asked(visitor: Visitor, key: str, text: bytes, **request: object) -> httpx.Response:
    """A registration under an idempotency key."""
    body = {"registrant": visitor.address, "title": "Untitled", "tiers": TIERS, **request}
    files, headers = {"file": ("work.txt", text)}, {"Idempotency-Key": key}
    answer: httpx.Response = visitor.client.post(
        "/v1/works", data={"request": json.dumps(body)}, files=files, headers=headers
    )
    return answer


def events(visitor: Visitor, job_id: str) -> Iterator[dict[str, Any]]:
    with visitor.client.stream("GET", f"/v1/jobs/{job_id}/events", timeout=60) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data:"):
                yield json.loads(line.removeprefix("data:"))


def catalogued(visitor: Visitor) -> list[str]:
    return [work["work"] for work in visitor.client.get("/v1/works").json()["items"]]


def test_registration__begun_at_one_signed_at_the_other__one_title_seen_by_both(site: Site, at_both):
    here, there = at_both(ADA)
    nonce = site.world.client.nonce(site.address(RELAYER))
    assert catalogued(there) == []  # and the page is kept
    text = ALICE.read_bytes()
    begun = asked(here, "one-registration", text, title="Alice")
    assert begun.status_code == 202, begun.text
    again = asked(there, "one-registration", text, title="Alice")
    assert (again.status_code, again.content) == (202, begun.content)
    other = asked(there, "one-registration", text, title="Another")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")

    job_id = begun.json()["id"]
    job = there.wait(job_id)
    assert job["state"] == "awaiting-signature", job
    signed = there.client.post(f"/v1/jobs/{job_id}/signature", json={"signature": there.sign(job["typed_data"])})
    assert signed.status_code == 202, signed.text
    told = list(events(there, job_id))
    assert told[-1]["state"] == "done", told[-1]
    assert [each["progress"] for each in told] == sorted(each["progress"] for each in told)
    steps = [*STEPS["registration"], *STEPS["registration" + PUBLISHING]]
    assert [step["name"] for step in told[-1]["steps"] if step["state"] == "done"] == steps

    work, deadline = told[-1]["result"]["work"], time.monotonic() + WITHIN
    while catalogued(there) != [work]:
        assert time.monotonic() < deadline
    assert catalogued(here) == [work]
    assert here.client.get(f"/v1/works/{work}").json() == there.client.get(f"/v1/works/{work}").json()
    assert site.world.client.nonce(site.address(RELAYER)) - nonce == 2


def test_cancel__at_the_other__ends_it_here_and_a_retry_here_revives_it_there(at_both):
    here, there = at_both(ADA)
    job_id = asked(here, "given-up", b"A few words that nobody will register after all.").json()["id"]
    assert here.wait(job_id)["state"] == "awaiting-signature"
    cancelled = there.client.post(f"/v1/jobs/{job_id}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
    assert here.client.get(f"/v1/jobs/{job_id}").json()["state"] == "cancelled"
    assert here.client.post(f"/v1/jobs/{job_id}/retry").json()["state"] == "awaiting-signature"
    assert there.client.get(f"/v1/jobs/{job_id}").json()["state"] == "awaiting-signature"


def test_order__sent_to_both_at_once__one_job_one_transaction_paid_once(site: Site, at_both):
    _, ada = at_both(ADA)
    work = ada.register(b"Words that are worth a dollar or two to whoever reads them.")["work"]
    here, there = at_both(DORA)
    body = here.order(there.quote(work, "personal"))
    dollar = site.world.contracts.dollar
    assert dollar is not None
    before, nonce = dollar.balance(here.address), site.world.client.nonce(site.address(RELAYER))
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(each.client.post, "/v1/orders", json=body) for each in (here, there) * 4]
        answers = [each.result() for each in sent]
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    (job_id,) = {answer.json()["id"] for answer in answers}
    result = there.result(job_id)
    assert before - dollar.balance(here.address) == int(result["price"]) < 10_000 * DOLLAR
    assert site.world.client.nonce(site.address(RELAYER)) - nonce == 1
    assert here.client.get(f"/v1/jobs/{job_id}").json()["result"] == result


def test_sign_out__at_one__ends_the_session_at_both(at_both):
    here, there = at_both(ADA)
    assert there.client.get("/v1/jobs").status_code == 200
    assert here.client.delete("/v1/auth/session").status_code == 204
    refused = there.client.get("/v1/jobs")
    assert (refused.status_code, refused.json()["code"]) == (401, "session-ended")


def test_end__all_told_at_once_with_work_under_way__gone_within_ten_seconds(at_both, running: Fleet):
    here, _ = at_both(ADA)
    for number in range(4):
        assert asked(here, f"late-{number}", f"Some last words, number {number}.".encode()).status_code == 202
    assert running.end() < 10
    told = {name: process.returncode for name, process in running.processes.items()}
    # The web server shuts down in order and then ends by the signal it was sent.
    assert set(told.values()) <= {0, -signal.SIGTERM}, told
