"""A node that is away: the request says so, nothing is half done, and the job goes on when the node is back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient

from offchain.api.app import create_app
from scripts.localnet import local_chain, local_ipfs
from scripts.processes import free_port
from tests.offchain.site import ADA, ALICE, PRIDE, RELAYER, Site, Visitor, make_site


@pytest.fixture
def run() -> Iterator[Callable[[Site], Visitor]]:
    """Starts the service over a site; Ada is at its door."""
    with ExitStack() as stack:
        yield lambda site: Visitor(
            site, stack.enter_context(TestClient(create_app(site.settings), raise_server_exceptions=False)), ADA
        )


def test_register__ipfs_down__waits_and_the_same_request_goes_on_at_once(chain_url: str, tmp_path: Path, run):
    port = free_port()
    ada = run(make_site(chain_url, f"http://127.0.0.1:{port}", tmp_path))
    assert ada.client.get("/readyz").json()["checks"]["ipfs"]["code"] == "ipfs-down"
    job = signed(ada, ada.submit(ALICE, title="Alice").json()["id"])
    assert (job["state"], job["error"]["code"], job["error"]["status"]) == ("waiting", "ipfs-down", 503)
    assert 0 < job["again_at"] - time.time() <= 6
    with local_ipfs(port):
        again = ada.submit(ALICE, title="Alice").json()
        assert again["id"] == job["id"]
        assert ada.wait(job["id"])["state"] == "done"


def test_register__ipfs_back_after_a_while__goes_on_by_itself(chain_url: str, tmp_path: Path, run):
    """Nobody asks again; the stream of events stays open over the wait, and tells the end."""
    port = free_port()
    ada = run(make_site(chain_url, f"http://127.0.0.1:{port}", tmp_path))
    job = signed(ada, ada.submit(ALICE, title="Alice").json()["id"])
    with local_ipfs(port), ada.client.stream("GET", f"/v1/jobs/{job['id']}/events", timeout=60) as stream:
        told = [json.loads(line.removeprefix("data:")) for line in stream.iter_lines() if line.startswith("data:")]
    states = [each["state"] for each in told]
    assert (states[0], states[-1], set(states)) == ("waiting", "done", {"waiting", "running", "done"})
    assert told[-1]["again_at"] is None


def test_cancel__waiting_for_ipfs_after_the_commitment__stays_so_until_it_is_retried(
    chain_url: str, tmp_path: Path, run
):
    port = free_port()
    site = make_site(chain_url, f"http://127.0.0.1:{port}", tmp_path)
    ada = run(site)
    job = signed(ada, ada.submit(PRIDE, title="Pride").json()["id"])
    sent = site.world.client.nonce(site.address(RELAYER))
    cancelled = ada.client.post(f"/v1/jobs/{job['id']}/cancel").json()
    assert (cancelled["state"], cancelled["again_at"]) == ("cancelled", None)
    with local_ipfs(port):
        time.sleep(max(job["again_at"] + 2 - time.time(), 0))  # past the time at which it would have gone on
        assert ada.client.get(f"/v1/jobs/{job['id']}").json()["state"] == "cancelled"
        assert site.world.client.nonce(site.address(RELAYER)) == sent
        ada.client.post(f"/v1/jobs/{job['id']}/retry")
        assert ada.wait(job["id"])["state"] == "done"


def test_register__spending_limit_of_a_wei_raised__goes_on_when_the_service_starts_anew(
    chain_url: str, ipfs_url: str, tmp_path: Path
):
    site = make_site(chain_url, ipfs_url, tmp_path)
    poor = replace(site, environ={**site.environ, "COLOPHON_SPEND_PER_DAY": "1", "COLOPHON_METRICS": "1"})
    with TestClient(create_app(poor.settings), raise_server_exceptions=False) as client:
        ada = Visitor(poor, client, ADA)
        job = signed(ada, ada.submit(ALICE, title="Alice").json()["id"])
        assert (job["state"], job["error"]["code"]) == ("waiting", "spending-limit")
        assert job["again_at"] - time.time() <= 3_600
        assert 'state="waiting"' in ada.client.get("/metrics").text
    with TestClient(create_app(site.settings), raise_server_exceptions=False) as client:
        assert Visitor(site, client, ADA).wait(job["id"], ("done", "failed", "interrupted"))["state"] == "done"


def signed(visitor: Visitor, job_id: str) -> dict[str, Any]:
    """Sign what the job asks to be signed; the job as it then stops."""
    typed = visitor.wait(job_id)["typed_data"]
    visitor.client.post(f"/v1/jobs/{job_id}/signature", json={"signature": visitor.sign(typed)})
    return visitor.wait(job_id, ("done", "failed", "waiting", "interrupted"))


def test_register__ipfs_lies__interrupted_and_no_title_but_its_priority(
    chain_url: str, tmp_path: Path, run, lying_ipfs: str
):
    site = make_site(chain_url, lying_ipfs, tmp_path)
    ada = run(site)
    sent = site.world.client.nonce(site.address(RELAYER))
    job = signed(ada, ada.submit(PRIDE, title="Pride").json()["id"])
    assert (job["state"], job["error"]["code"]) == ("interrupted", "ipfs-lied")
    assert set(job["error"]["facts"]) == {"expected", "answered"}
    assert site.world.client.nonce(site.address(RELAYER)) == sent + 1  # the commitment alone


def test_requests__chain_down__unavailable_with_remedy(ipfs_url: str, tmp_path: Path, run):
    with local_chain() as url:
        ada = run(make_site(url, ipfs_url, tmp_path))
        ada.register(ALICE, title="Alice", tiers=[])
    for answer in (
        ada.submit(PRIDE),
        ada.client.post("/v1/quotes", json={"work": "0x" + "11" * 32, "tier": "personal"}),
        ada.client.get("/v1/licences/1"),
        ada.client.get(f"/v1/claims/{ada.address}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "chain-down")
        assert "make up" in answer.json()["remedy"]
    assert ada.client.get("/readyz").status_code == 503
    # What the store knows can still be read.
    assert [work["title"] for work in ada.client.get("/v1/works").json()["items"]] == ["Alice"]


@pytest.fixture
def lying_ipfs() -> Iterator[str]:
    """A server that answers every upload with the CID of something else."""

    class Liar(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
            body = b'{"Name":"x","Hash":"bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku","Size":"0"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    Thread(target=server.serve_forever, args=(0.02,)).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
