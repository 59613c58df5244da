"""A place where the service can run: contracts with the standard terms, funded people, a home folder, and settings."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct
from fastapi.testclient import TestClient

from offchain.chain import Call
from offchain.chain.deployments import save_deployment
from offchain.chain.signer import LocalSigner, development_signer
from offchain.config import Settings, load_settings
from offchain.workflows.terms import standard_terms
from scripts.stack import development_key
from tests.offchain.deployed import ADMIN, World, deploy

DATA = Path(__file__).resolve().parents[1] / "data"
ROCKET, CHELSEA = DATA / "rocket.jpg", DATA / "chelsea.png"
ALICE, PRIDE = DATA / "alice-in-wonderland-1.txt", DATA / "pride-and-prejudice-1.txt"

RELAYER, PRICING = 1, 2
ADA, BEN, CLEO = 3, 4, 5
"""Creators; Cleo also buys, to derive."""
DORA, EMIL = 6, 7
"""Buyers: Dora has 10,000 dollars, Emil none."""

DOLLAR = 10**6
TIERS = [{"tier": "personal"}, {"tier": "commercial"}, {"tier": "adaptation"}]
ENDED = ("done", "failed", "waiting", "interrupted", "awaiting-signature")


@dataclass(frozen=True)
class Site:
    """A deployment and the settings of a service over it."""

    world: World
    environ: dict[str, str]

    @property
    def settings(self) -> Settings:
        return load_settings(self.environ)

    def signer(self, account: int) -> LocalSigner:
        return development_signer(account, 1337)

    def address(self, account: int) -> str:
        return self.signer(account).address


def make_site(rpc_url: str, ipfs_url: str, home: Path, grace: int = 0) -> Site:
    """Deploy, register the terms, give Cleo and Dora money."""
    world = deploy(rpc_url, grace)
    for standard in standard_terms():
        world.send(world.contracts.offers.register_terms(standard.terms), ADMIN)
    for account in (CLEO, DORA):
        world.send(world.contracts.dollar.mint(world.accounts[account], 10_000 * DOLLAR), ADMIN)
    deployment = home / "deployment.json"
    save_deployment(world.contracts.deployment, deployment)
    environ = {
        "COLOPHON_HOME": str(home),
        "COLOPHON_RPC_URL": rpc_url,
        "COLOPHON_IPFS_URL": ipfs_url,
        "COLOPHON_DATABASE_URL": f"sqlite:///{home / 'colophon.db'}",
        "COLOPHON_DEPLOYMENT": str(deployment),
        "COLOPHON_RELAYER_KEY": development_key(RELAYER),
        "COLOPHON_PRICING_KEY": development_key(PRICING),
        "COLOPHON_RATE_LIMIT": "off",
    }
    return Site(world, environ)


@dataclass(frozen=True)
class Visitor:
    """Somebody at the API with a wallet of their own; the service never sees a key."""

    site: Site
    client: TestClient | httpx.Client
    account: int

    @property
    def address(self) -> str:
        return self.site.address(self.account)

    def sign(self, typed: dict[str, Any]) -> str:
        return "0x" + self.site.signer(self.account).sign_typed(typed).hex()

    def __post_init__(self) -> None:
        """Sign in; from then on the visitor's client says who calls."""
        challenge = self.client.post("/v1/auth/challenge", json={"account": self.address}).json()["message"]
        wallet = Account.from_key(development_key(self.account))
        signature = "0x" + wallet.sign_message(encode_defunct(text=challenge)).signature.hex()
        session = self.client.post("/v1/auth/session", json={"message": challenge, "signature": signature})
        assert session.status_code == 200, session.text
        headers = {"Authorization": f"Bearer {session.json()['access_token']}"}
        if isinstance(self.client, TestClient):
            own = TestClient(self.client.app, raise_server_exceptions=False, headers=headers)
        else:
            own = httpx.Client(base_url=self.client.base_url, timeout=self.client.timeout, headers=headers)
        object.__setattr__(self, "client", own)

    def submit(self, master: bytes | Path, **request: object) -> Any:
        """POST /v1/works; the raw answer."""
        name, data = (master.name, master.read_bytes()) if isinstance(master, Path) else ("work.txt", master)
        body = {"registrant": self.address, "title": "Untitled", "tiers": TIERS, **request}
        files = {"file": (name, data)}
        return self.client.post("/v1/works", data={"request": json.dumps(body)}, files=files)

    def register(self, master: bytes | Path, **request: object) -> dict[str, Any]:
        """Register a work to the end; the job's result."""
        answer = self.submit(master, **request)
        assert answer.status_code == 202, answer.text
        job = self.wait(answer.json()["id"])
        assert job["state"] == "awaiting-signature", job
        signature = {"signature": self.sign(job["typed_data"])}
        signed = self.client.post(f"/v1/jobs/{job['id']}/signature", json=signature)
        assert signed.status_code == 202, signed.text
        return self.result(job["id"])

    def quote(self, work: str, tier: str, **asked: object) -> dict[str, Any]:
        answer = self.client.post("/v1/quotes", json={"work": work, "tier": tier, "buyer": self.address, **asked})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def order(self, quote: dict[str, Any], **changed: object) -> dict[str, Any]:
        """The body of an order that accepts the quote, signed; `changed` fields of its message are signed too."""
        typed = quote["order"]["typed_data"]
        typed = typed | {"message": typed["message"] | changed}
        permit = quote["permit"]
        return {
            "quote": quote["digest"],
            "order": typed["message"],
            "signature": self.sign(typed),
            "permit": permit
            and {
                "value": permit["value"],
                "deadline": permit["deadline"],
                "signature": self.sign(permit["typed_data"]),
            },
        }

    def buy(self, work: str, tier: str, **asked: object) -> dict[str, Any]:
        """Buy a licence to the end; the job's result."""
        answer = self.client.post("/v1/orders", json=self.order(self.quote(work, tier, **asked)))
        assert answer.status_code == 202, answer.text
        return self.result(answer.json()["id"])

    def send(self, transaction: dict[str, Any]) -> None:
        """Send a transaction that the service drew up, from the visitor's own wallet."""
        call = Call(transaction["to"], bytes.fromhex(transaction["data"][2:]), int(transaction["value"]))
        self.site.world.send(call, self.account)

    def result(self, job_id: str) -> dict[str, Any]:
        job = self.wait(job_id, ("done", "failed", "waiting", "interrupted"))
        assert job["state"] == "done", job
        return job["result"]

    def wait(self, job_id: str, states: Collection[str] = ENDED, timeout: float = 60.0) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while (job := self.client.get(f"/v1/jobs/{job_id}").json())["state"] not in states:
            assert time.monotonic() < deadline, job
            time.sleep(0.05)
        return job
