"""A creator registers from her own wallet and pays her own gas; the service is killed while it waits for her."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from eth_account import Account

from scripts.processes import free_port
from scripts.stack import development_key
from tests.offchain.e2e.api.test_killed_service import Service
from tests.offchain.site import ADA, ALICE, RELAYER, Site, Visitor, make_site


@pytest.fixture
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


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


def send_as_wallets_do(site: Site, transaction: dict[str, str], account: int) -> str:
    """Take the transaction as it stands, add what every wallet asks its node for, sign, and send; its hash."""
    node = site.world
    gas = node.rpc("eth_estimateGas", transaction)
    nonce = node.rpc("eth_getTransactionCount", transaction["from"], "latest")
    fees = {"maxFeePerGas": hex(10**11), "maxPriorityFeePerGas": hex(10**9), "type": "0x2"}
    filled = {**transaction, **fees, "gas": gas, "nonce": nonce}
    signed = Account.from_key(development_key(account)).sign_transaction(filled)
    return str(node.rpc("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex()))


def step_done(job: dict[str, Any], name: str) -> bool:
    return any(step == {"name": name, "state": "done"} for step in job["steps"])


def await_step(visitor: Visitor, job_id: str, name: str) -> dict[str, Any]:
    for _ in range(600):
        job = visitor.client.get(f"/v1/jobs/{job_id}").json()
        if step_done(job, name):
            return job
        assert job["state"] in ("awaiting-signature", "running"), job
        time.sleep(0.05)
    raise AssertionError(job)


def test_register__relay_false__both_transactions_are_the_wallets_and_no_relayer_sends_any(site: Site, start):
    starting, url = start
    service = starting()
    relayer = site.address(RELAYER)
    with httpx.Client(base_url=url, timeout=30) as client:
        ada = Visitor(site, client, ADA)
        before = site.world.client.nonce(relayer), site.world.client.nonce(ada.address)
        job_id = ada.submit(ALICE, title="Alice", relay=False).json()["id"]
        job = ada.wait(job_id)
        assert (job["state"], job["typed_data"]) == ("awaiting-signature", None)
        commit, register = job["transactions"]
        assert (commit["step"], register["step"]) == ("commit", "register")
        for each in (commit["transaction"], register["transaction"]):
            assert set(each) == {"chainId", "from", "to", "data", "value"}
            assert (each["chainId"], each["from"], each["value"]) == (hex(1337), ada.address, "0x0")
            assert each["to"] == site.world.contracts.registry.address
        service.end(signal.SIGKILL)
        first = send_as_wallets_do(site, commit["transaction"], ADA)

        service = starting()
        assert await_step(ada, job_id, "pin")["state"] == "running"
        service.end(signal.SIGKILL)
        second = send_as_wallets_do(site, register["transaction"], ADA)

        service = starting()
        result = ada.result(job_id)
        assert (result["holder"], result["commitment"], result["transaction"]) == (ada.address, first, second)
        title = site.world.contracts.registry.title(int(result["work"], 16))
        assert (title.holder, title.priority_at) == (ada.address, result["priority_at"])
        work = client.get(f"/v1/works/{result['work']}").json()
        assert (work["title"], work["registrant"], len(work["tiers"])) == ("Alice", ada.address, 3)
        for rendition in result["renditions"]:
            assert client.get(f"/v1/content/{rendition['cid']}").status_code == 200
        assert site.world.client.nonce(relayer) == before[0]
        assert site.world.client.nonce(ada.address) == before[1] + 2
