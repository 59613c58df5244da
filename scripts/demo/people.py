"""People of the demo: wallets that sign on their own side, and the HTTP API as they see it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from web3 import HTTPProvider, Web3

from offchain.errors import RefusedError, UnavailableError
from scripts.stack import development_key

__all__ = ["Json", "Person", "Service"]

Json = dict[str, Any]
"""A JSON object as the API sends it."""

_POLL_SECONDS: Final = 0.1
_JOB_SECONDS: Final = 300


class Person:
    """Somebody with a wallet: one account of the public development mnemonic."""

    def __init__(self, name: str, index: int, web3: Web3) -> None:
        self.name = name
        self._account = Account.from_key(development_key(index))
        self._web3 = web3
        self.address: str = self._account.address

    def sign(self, typed_data: Json) -> str:
        """Sign what the wallet shows: EIP-712 typed data, as hex."""
        signed = self._account.sign_message(encode_typed_data(full_message=typed_data))
        return Web3.to_hex(signed.signature)

    def sign_text(self, text: str) -> str:
        """Sign a message that the wallet shows as text (EIP-191), as hex."""
        return Web3.to_hex(self._account.sign_message(encode_defunct(text=text)).signature)

    def send(self, transaction: Json) -> int:
        """Sign, send and wait for a transaction that the API drafted; returns the gas it used."""
        call = {"from": self.address, "to": transaction["to"], "data": transaction["data"]}
        call["value"] = int(transaction["value"])
        fees = {"maxFeePerGas": 4 * 10**9, "maxPriorityFeePerGas": 10**9}
        ready = {
            **call,
            **fees,
            "chainId": transaction["chain_id"],
            "nonce": self._web3.eth.get_transaction_count(self._account.address),
            "gas": self._web3.eth.estimate_gas(call),  # type: ignore[arg-type] # a plain dict, as any wallet builds it
        }
        signed = self._account.sign_transaction(ready)
        receipt = self._web3.eth.wait_for_transaction_receipt(
            self._web3.eth.send_raw_transaction(signed.raw_transaction)
        )
        if receipt["status"] != 1:
            raise RefusedError("transaction-reverted", f"{self.name}'s transaction was reverted", "read its trace")
        return receipt["gasUsed"]


class Service:
    """The HTTP API, and what a person does with it."""

    def __init__(self, url: str, rpc_url: str, show: Callable[[str, float], None]) -> None:
        """`show` is called with a job's current step and its progress from 0 to 1."""
        self._http = httpx.Client(base_url=url, timeout=120)
        self._show = show
        self.web3 = Web3(HTTPProvider(rpc_url))

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def admit(self, who: Person) -> None:
        """Let somebody sign in; what follows is done in their name."""
        message = self.post("/v1/auth/challenge", {"account": who.address})["message"]
        session = self.post("/v1/auth/session", {"message": message, "signature": who.sign_text(message)})
        self._http.headers["Authorization"] = f"Bearer {session['access_token']}"

    def get(self, path: str) -> Json:
        """Read a resource."""
        return self._answer(self._http.get(path))

    def post(self, path: str, body: Json) -> Json:
        """Create something."""
        return self._answer(self._http.post(path, json=body))

    def upload(self, path: str, file: Path, request: Json | None = None) -> httpx.Response:
        """Send a file, with a JSON request beside it; the answer as it came."""
        fields = {"request": json.dumps(request)} if request is not None else {}
        with file.open("rb") as stream:
            return self._http.post(path, files={"file": (file.name, stream)}, data=fields)

    def register(self, who: Person, request: Json, file: Path | None = None) -> Json:
        """Register a file, or a generated work, in somebody's name; returns the registration's result."""
        self.admit(who)
        wanted = {"registrant": who.address, "creator": who.name, **request}
        answer = (
            self.upload("/v1/works", file, wanted)
            if file
            else self._http.post("/v1/works", files={"request": (None, json.dumps(wanted))})
        )
        job = self.wait(self._answer(answer))
        self.post(f"/v1/jobs/{job['id']}/signature", {"signature": who.sign(job["typed_data"])})
        return self.result(job)

    def buy(self, who: Person, work: str, tier: str) -> Json:
        """Buy a licence at the quoted price: sign an order, and a permit when the ledger may not take it yet."""
        quote = self.post("/v1/quotes", {"work": work, "tier": tier, "buyer": who.address})
        order = quote["order"]["typed_data"]
        body: Json = {"quote": quote["digest"], "order": order["message"], "signature": who.sign(order)}
        if permit := quote["permit"]:
            signature = who.sign(permit["typed_data"])
            body["permit"] = {"value": permit["value"], "deadline": permit["deadline"], "signature": signature}
        return {**self.result(self.post("/v1/orders", body)), "explanation": quote["explanation"]}

    def generate(self, who: Person, prompt: str, seed: int, max_tokens: int) -> Json:
        """Have a text written for somebody; returns the finished job."""
        self.admit(who)
        parameters = {"max_tokens": max_tokens, "temperature": 0.8, "top_p": 0.95}
        return self.wait(self.post("/v1/generations", {"prompt": prompt, "seed": seed, "parameters": parameters}))

    def claim(self, who: Person) -> list[Json]:
        """Withdraw everything that somebody has earned; returns the claims that were paid."""
        claims = self.get(f"/v1/claims/{who.address}")["claims"]
        for claim in claims:
            claim["gas"] = sum(map(who.send, claim["transactions"]))
        return [claim for claim in claims if int(claim["amount"])]

    def result(self, job: Json) -> Json:
        """What a job came to, when it is done."""
        result: Json = self.wait(job, until=("done",))["result"]
        return result

    def wait(self, job: Json, until: tuple[str, ...] = ("done", "awaiting-signature")) -> Json:
        """Follow a job to one of some states; a failed one raises what the API says of it."""
        deadline = time.monotonic() + _JOB_SECONDS
        while time.monotonic() < deadline:
            job = self.get(f"/v1/jobs/{job['id']}")
            self._show(_step(job), job["progress"])
            if job["state"] in until:
                return job
            if job["state"] in ("failed", "interrupted", "waiting"):
                problem = job["error"] or {"code": "job-interrupted", "detail": f"job {job['id']} stopped"}
                raise RefusedError(problem["code"], problem["detail"], problem.get("remedy", "start again"))
            time.sleep(_POLL_SECONDS)
        raise UnavailableError("job-slow", f"{job['id']} is not done after {_JOB_SECONDS} s", "read the API's log")

    def _answer(self, response: httpx.Response) -> Json:
        body: Json = response.json()
        if response.is_error:
            raise RefusedError(body["code"], body["detail"], body["remedy"], **body.get("facts", {}))
        return body


def _step(job: Json) -> str:
    """Name of the step that a job is at."""
    running = [step["name"] for step in job["steps"] if step["state"] != "done"]
    return f"{job['kind']}: {running[0] if running else 'done'}"
