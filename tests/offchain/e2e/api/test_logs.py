"""What a running service writes down: one JSON line an event, who asked and how it went, and none of its secrets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account

from offchain.client import Colophon
from scripts.processes import free_port
from scripts.stack import development_key
from tests.offchain.site import ADA, PRICING, RELAYER, Site, make_site


@pytest.fixture(scope="module")
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def service(site: Site, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "offchain.cli", "serve", "--port", str(port)]
    environ = {**os.environ, **site.environ, "COLOPHON_SERVICE_URL": f"http://127.0.0.1:{port}"}
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environ, stdout=stream, stderr=subprocess.STDOUT)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{url}/healthz")
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield url, process
    process.kill()
    process.wait()


def test_service__all_kinds_of_requests__logs_who_and_how_but_no_secret(site: Site, service, log: Path):
    url, process = service
    ada = Account.from_key(development_key(ADA))
    secrets = [development_key(number).removeprefix("0x") for number in (RELAYER, PRICING, ADA)]
    with Colophon(url) as api:
        secrets.append(token := api.sign_in(ada))
        key = api.make_api_key({"name": "shop", "scopes": ["works"]})["key"]
        secrets.append(key)
        answers: list[Any] = [
            httpx.post(f"{url}/v1/auth/refresh", json={"refresh_token": "refresh-me-please"}),
            httpx.post(f"{url}/v1/generations", json={"prompt": ""}, headers={"Authorization": f"Bearer {token}"}),
            httpx.get(f"{url}/v1/auth/me", headers={"Authorization": f"Bearer {key}"}),
            httpx.get(f"{url}/v1/works?q=what-somebody-looks-for"),
            httpx.post(f"{url}/v1/orders", json={"signature": "0x" + "5e" * 65}),
            httpx.get(f"{url}/v1/auth/me", headers={"Authorization": "Bearer a-wrong-token"}),
        ]
    secrets += ["refresh-me-please", "5e" * 65, "a-wrong-token", "what-somebody-looks-for"]
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    process.wait(20)
    assert time.monotonic() - started < 10, "a service that is told to stop stops"
    lines = [json.loads(line) for line in log.read_text().splitlines() if line]
    requests = {line["request"]: line for line in lines if line["event"] == "request"}
    by_key = requests[answers[2].headers["x-request-id"]]
    assert (by_key["account"], by_key["status"], by_key["path"]) == (ada.address, 200, "/v1/auth/me")
    assert by_key["key"]
    assert requests[answers[5].headers["x-request-id"]]["status"] == 401
    text = log.read_text()
    assert not [secret for secret in secrets if secret in text]
