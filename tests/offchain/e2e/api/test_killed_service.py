"""The service is killed at two boundaries of a registration and started again: the creator just goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from scripts.processes import free_port
from tests.offchain.site import ADA, ALICE, RELAYER, Site, Visitor, make_site

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


class Service:
    """One uvicorn process of the service; only this one is killed."""

    def __init__(self, site: Site, port: int) -> None:
        command = [sys.executable, "-m", "uvicorn", "offchain.api.app:create_app", "--factory"]
        self.process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | site.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._url = f"http://127.0.0.1:{port}"

    def await_answer(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the service ended by itself"
            try:
                if httpx.get(f"{self._url}/healthz").status_code == 200:
                    return
            except httpx.ConnectError:
                time.sleep(0.05)
        raise AssertionError("the service did not start")

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=30)


@pytest.fixture
def start(site: Site) -> Iterator[tuple[Callable[[], Service], str]]:
    """Starts the service, always at the same URL."""
    port = free_port()
    with ExitStack() as stack:

        def starting() -> Service:
            service = Service(site, port)
            stack.callback(service.process.wait)
            stack.callback(service.process.kill)
            service.await_answer()
            return service

        yield starting, f"http://127.0.0.1:{port}"


def test_register__service_killed_before_and_after_the_signature__title_exactly_once(site: Site, start):
    starting, url = start
    service = starting()
    with httpx.Client(base_url=url, timeout=30) as client:
        ada = Visitor(site, client, ADA)
        job_id = ada.submit(ALICE, title="Alice").json()["id"]
        service.end(signal.SIGKILL)  # somewhere between identifying the file and drafting what is signed

        service = starting()
        job = ada.wait(job_id)
        assert job["state"] == "awaiting-signature"
        before = site.world.client.nonce(site.address(RELAYER))
        signed = ada.client.post(f"/v1/jobs/{job_id}/signature", json={"signature": ada.sign(job["typed_data"])})
        assert signed.status_code == 202
        while site.world.client.nonce(site.address(RELAYER)) == before:
            time.sleep(0.002)
        service.end(signal.SIGKILL)  # the commitment is mined, the registration is not sent or not read back

        service = starting()
        result = ada.result(job_id)
        assert client.get(f"/v1/works/{result['work']}").json()["holder"] == ada.address
        assert ada.submit(ALICE).json()["code"] == "work-registered"
        assert site.world.client.nonce(site.address(RELAYER)) - before == 2
        # uvicorn shuts down in order and then ends by the signal it was sent.
        assert service.end(signal.SIGTERM) == -signal.SIGTERM
