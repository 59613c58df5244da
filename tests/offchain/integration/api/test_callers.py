"""Signing in: what a session and an API key are worth, and every way to get one that must not work."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.address import to_checksum_address
from eth_utils.conversions import to_bytes
from eth_utils.crypto import keccak
from fastapi.testclient import TestClient

from offchain.workflows import callers
from offchain.workflows.services import Services
from scripts.stack import development_key
from tests.offchain.deployed import BUILT
from tests.offchain.site import ADA, BEN, Site, Visitor

ADA_WALLET, BEN_WALLET = (Account.from_key(development_key(number)) for number in (ADA, BEN))


def challenge(client: TestClient, account: str = ADA_WALLET.address) -> str:
    return str(client.post("/v1/auth/challenge", json={"account": account}).json()["message"])


def signed(message: str, wallet: Any = ADA_WALLET) -> dict[str, str]:
    return {"message": message, "signature": "0x" + wallet.sign_message(encode_defunct(text=message)).signature.hex()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def session(client: TestClient) -> dict[str, Any]:
    answer = client.post("/v1/auth/session", json=signed(challenge(client)))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def test_session__signed_challenge__says_who_calls(client: TestClient, session):
    me = client.get("/v1/auth/me", headers=bearer(session["access_token"])).json()
    assert (me["account"], me["key"]) == (ADA_WALLET.address, None)
    assert "operator" not in me["scopes"]


def test_session__same_message_again__refused(client: TestClient):
    body = signed(challenge(client))
    assert client.post("/v1/auth/session", json=body).status_code == 200
    assert said(client.post("/v1/auth/session", json=body)) == (401, "sign-in-refused")


def test_session__failed_attempt__uses_the_nonce_up(client: TestClient):
    message = challenge(client)
    assert said(client.post("/v1/auth/session", json=signed(message, BEN_WALLET))) == (401, "sign-in-refused")
    assert said(client.post("/v1/auth/session", json=signed(message))) == (401, "sign-in-refused")


def moved(field: str, seconds: int) -> Callable[[str], str]:
    """The message with a time of its own moved."""

    def change(message: str) -> str:
        (told,) = re.findall(rf"{field}: (\S+)", message)
        later = datetime.fromisoformat(told) + timedelta(seconds=seconds)
        return message.replace(f"{field}: {told}", f"{field}: {later.astimezone(UTC).isoformat()[:19]}.000Z")

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda message: message.replace("127.0.0.1:8000 wants", "evil.example wants"),
        lambda message: message.replace("URI: http://127.0.0.1:8000", "URI: https://evil.example"),
        lambda message: message.replace("Chain ID: 1337", "Chain ID: 1"),
        lambda message: message.replace(ADA_WALLET.address, BEN_WALLET.address),
        lambda message: re.sub(r"Nonce: \w+", "Nonce: ours0fCourse1234", message),
        moved("Issued At", 120),
        moved("Issued At", -600),
        moved("Expiration Time", -300),
        lambda message: message + "\nNot Before: 2999-01-01T00:00:00.000Z",
    ],
    ids=["domain", "uri", "chain", "account", "nonce", "from-the-future", "old", "expired", "not-yet"],
)
def test_session__message_for_another_place_or_time__refused(client: TestClient, change: Callable[[str], str]):
    """Each is signed by the right wallet: a site elsewhere can make a user sign anything."""
    message = challenge(client)
    altered = change(message)
    assert altered != message
    assert said(client.post("/v1/auth/session", json=signed(altered))) == (401, "sign-in-refused")


@pytest.mark.parametrize(
    "change",
    [
        lambda message: message.replace("This costs nothing", "I give all that I have away. This costs nothing"),
        lambda message: message + "\nResources:\n- https://evil.example/consent",
        lambda message: message + "\nRequest ID: evil",
        moved("Expiration Time", -30),
    ],
    ids=["statement", "resources", "request", "shorter"],
)
def test_session__message_that_says_something_else__refused(client: TestClient, change: Callable[[str], str]):
    """Right place, time, nonce and wallet: what was signed is not what was handed out, and the wallet showed that."""
    message = challenge(client)
    altered = change(message)
    assert altered != message
    assert said(client.post("/v1/auth/session", json=signed(altered))) == (401, "sign-in-refused")
    assert client.post("/v1/auth/session", json=signed(message)).status_code == 200, "nobody burns another's message"


def test_session__message_for_one_account__does_not_sign_another_in(client: TestClient):
    """Whoever asks for a message in Ada's name cannot have Ben sign in by its nonce, as himself and unawares."""
    altered = challenge(client).replace(ADA_WALLET.address, BEN_WALLET.address)
    assert said(client.post("/v1/auth/session", json=signed(altered, BEN_WALLET))) == (401, "sign-in-refused")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda message: message.replace("127.0.0.1:8000 wants", "evil.example wants"), "domain mismatch"),
        (lambda message: message.replace("URI: http://127.0.0.1:8000", "URI: https://evil.example"), "mismatch"),
        (lambda message: message.replace("Chain ID: 1337", "Chain ID: 1"), "chain"),
        (moved("Issued At", 120), "issued at another time"),
        (moved("Issued At", -600), "issued at another time"),
        (moved("Expiration Time", -300), "expired"),
        (lambda message: message + "\nNot Before: 2999-01-01T00:00:00.000Z", "not"),
    ],
    ids=["domain", "uri", "chain", "from-the-future", "old", "expired", "not-yet"],
)
def test_session__handed_out_by_a_service_with_other_settings__refused_for_what_is_wrong(
    client: TestClient, services: Services, change: Callable[[str], str], why: str
):
    """Two services over one database: that the bytes were handed out is no reason to believe them."""
    message = change(challenge(client))
    with services.store.transaction() as tx:
        tx.challenges.add(hashlib.sha256(message.encode()).digest(), int(time.time()) + 300)
    answer = client.post("/v1/auth/session", json=signed(message))
    assert said(answer) == (401, "sign-in-refused")
    assert why in answer.json()["detail"]


@pytest.mark.parametrize("text", ["", "hello", "x" * 4096], ids=["empty", "no-message", "long"])
def test_session__no_message__malformed(client: TestClient, text: str):
    assert said(client.post("/v1/auth/session", json=signed(text))) == (422, "message-malformed")


@pytest.mark.parametrize("signature", ["0x", "0x12", "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "64926492" * 8])
def test_session__no_signature__refused(client: TestClient, signature: str):
    body = {"message": challenge(client), "signature": signature}
    assert said(client.post("/v1/auth/session", json=body)) == (401, "sign-in-refused")


def test_session__wallet_that_is_a_contract__is_asked(site: Site, client: TestClient):
    """ERC-1271: the contract says whose signature counts, now."""
    wallet = site.world.deploy_wallet(site.address(ADA))
    message = challenge(client, wallet)
    answer = client.post("/v1/auth/session", json=signed(message))
    assert (answer.status_code, answer.json().get("account")) == (200, wallet)
    assert said(client.post("/v1/auth/session", json=signed(challenge(client, wallet), BEN_WALLET))) == (
        401,
        "sign-in-refused",
    )


CREATE2_DEPLOYER = (
    "604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)
"""Deploys what follows a salt in its calldata by CREATE2 (github.com/Arachnid/deterministic-deployment-proxy)."""


def test_session__wallet_that_is_not_deployed_yet__is_tried(site: Site, client: TestClient):
    """ERC-6492: the signature says how the wallet would be made, and the chain is asked what it would then say."""
    w3, built = site.world.client.w3, json.loads((BUILT / "SmartWallet.json").read_text())
    sent = w3.eth.send_transaction({"from": site.address(ADA), "data": "0x" + CREATE2_DEPLOYER})
    factory = str(w3.eth.get_transaction_receipt(sent)["contractAddress"])
    code = bytes.fromhex(built["bytecode"].removeprefix("0x")) + encode(["address"], [site.address(ADA)])
    wallet = to_checksum_address(keccak(b"\xff" + to_bytes(hexstr=factory) + bytes(32) + keccak(code))[12:])
    assert not w3.eth.get_code(wallet)

    def body(owner: Any) -> dict[str, str]:
        signature = to_bytes(hexstr=signed(message := challenge(client, wallet), owner)["signature"])
        wrapped = encode(["address", "bytes", "bytes"], [factory, bytes(32) + code, signature])
        return {"message": message, "signature": "0x" + (wrapped + bytes.fromhex("6492" * 16)).hex()}

    answer = client.post("/v1/auth/session", json=body(ADA_WALLET))
    assert (answer.status_code, answer.json().get("account")) == (200, wallet)
    assert said(client.post("/v1/auth/session", json=body(BEN_WALLET))) == (401, "sign-in-refused")
    assert not w3.eth.get_code(wallet), "asking deploys nothing"


def test_session__access_token_has_run_out__ended(client: TestClient, session, monkeypatch):
    monkeypatch.setattr(callers, "_now", lambda: session["access_until"])
    assert said(client.get("/v1/auth/me", headers=bearer(session["access_token"]))) == (401, "session-ended")


def test_session__signed_out__both_tokens_end(client: TestClient, session):
    assert client.delete("/v1/auth/session", headers=bearer(session["access_token"])).status_code == 204
    assert said(client.get("/v1/auth/me", headers=bearer(session["access_token"]))) == (401, "session-ended")
    body = {"refresh_token": session["refresh_token"]}
    assert said(client.post("/v1/auth/refresh", json=body)) == (401, "session-ended")


def test_refresh__once__new_tokens_and_the_old_ones_end(client: TestClient, session):
    new = client.post("/v1/auth/refresh", json={"refresh_token": session["refresh_token"]}).json()
    assert client.get("/v1/auth/me", headers=bearer(new["access_token"])).status_code == 200
    assert said(client.get("/v1/auth/me", headers=bearer(session["access_token"]))) == (401, "session-ended")


def test_refresh__token_shown_twice__session_ends_for_both(client: TestClient, session):
    """One of the two who showed it stole it; nobody can tell which."""
    body = {"refresh_token": session["refresh_token"]}
    new = client.post("/v1/auth/refresh", json=body).json()
    assert said(client.post("/v1/auth/refresh", json=body)) == (401, "session-ended")
    assert said(client.get("/v1/auth/me", headers=bearer(new["access_token"]))) == (401, "session-ended")
    assert said(client.post("/v1/auth/refresh", json={"refresh_token": new["refresh_token"]})) == (401, "session-ended")


def test_refresh__first_token_after_many__still_ends_the_session(client: TestClient, session):
    """A thief who refreshes twice must not outlive the owner's next refresh."""
    stolen = session["refresh_token"]
    for _ in range(2):
        stolen = client.post("/v1/auth/refresh", json={"refresh_token": stolen}).json()["refresh_token"]
    owner = client.post("/v1/auth/refresh", json={"refresh_token": session["refresh_token"]})
    assert said(owner) == (401, "session-ended")
    assert said(client.post("/v1/auth/refresh", json={"refresh_token": stolen})) == (401, "session-ended")


def test_me__unknown_token__says_how_to_come_in(client: TestClient):
    answer = client.get("/v1/auth/me", headers=bearer("nobody"))
    assert said(answer) == (401, "session-ended")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_api_key__scope_given__may_do_that_and_no_more(client: TestClient, ada: Visitor):
    made = ada.client.post("/v1/api-keys", json={"name": "shop", "scopes": ["works"]})
    assert made.status_code == 201
    assert "key" not in ada.client.get("/v1/api-keys").json()["items"][-1]
    headers = bearer(made.json()["key"])
    assert client.get("/v1/auth/me", headers=headers).json()["scopes"] == ["works"]
    assert said(client.post("/v1/generations", json={"kind": "music"}, headers=headers)) == (403, "scope-missing")
    assert said(client.get("/v1/api-keys", headers=headers)) == (403, "scope-missing")
    assert said(client.post("/v1/api-keys", json={"name": "x", "scopes": ["works"]}, headers=headers)) == (
        403,
        "scope-missing",
    )


def test_api_key__revoked_or_expired__refused(client: TestClient, ada: Visitor, monkeypatch):
    until = int(time.time()) + 100
    made = ada.client.post("/v1/api-keys", json={"name": "short", "scopes": ["works"], "expiry": until}).json()
    monkeypatch.setattr(callers, "_now", lambda: until)
    assert said(client.get("/v1/auth/me", headers=bearer(made["key"]))) == (401, "api-key-refused")
    monkeypatch.undo()
    assert client.get("/v1/auth/me", headers=bearer(made["key"])).status_code == 200
    assert ada.client.delete(f"/v1/api-keys/{made['id']}").status_code == 204
    assert said(client.get("/v1/auth/me", headers=bearer(made["key"]))) == (401, "api-key-refused")


def test_api_key__of_somebody_else__is_not_there(ada: Visitor, ben: Visitor):
    made = ada.client.post("/v1/api-keys", json={"name": "mine", "scopes": ["works"]}).json()
    assert said(ben.client.delete(f"/v1/api-keys/{made['id']}")) == (404, "unknown-key")
    assert made["id"] not in [key["id"] for key in ben.client.get("/v1/api-keys").json()["items"]]


def test_api_key__operator_scope__only_while_the_settings_name_the_account(
    client: TestClient, services: Services, cleo: Visitor, monkeypatch
):
    def name(*accounts: str) -> None:
        settings = replace(services.settings, operators=frozenset(account.lower() for account in accounts))
        monkeypatch.setitem(vars(services), "settings", settings)

    name(cleo.address)
    key = cleo.client.post("/v1/api-keys", json={"name": "watch", "scopes": ["operator"]}).json()["key"]
    assert client.get("/v1/auth/me", headers=bearer(key)).json()["scopes"] == ["operator"]
    name()
    assert client.get("/v1/auth/me", headers=bearer(key)).json()["scopes"] == []
    body = {"name": "again", "scopes": ["operator"]}
    assert said(cleo.client.post("/v1/api-keys", json=body)) == (403, "scope-missing")


def test_register__in_the_name_of_somebody_else__refused(ada: Visitor, ben: Visitor):
    assert said(ada.submit(b"not mine " * 100, registrant=ben.address)) == (403, "not-registrant")


def test_job__of_somebody_else__is_not_there(client: TestClient, ada: Visitor, ben: Visitor):
    job = ada.wait(ada.submit(b"a draft that nobody may read " * 50, title="Draft").json()["id"])
    where = f"/v1/jobs/{job['id']}"
    for caller in (client, ben.client):
        assert said(caller.get(where)) == (404, "unknown-job")
        assert said(caller.get(f"{where}/events")) == (404, "unknown-job")
        for act in ("retry", "cancel"):
            assert said(caller.post(f"{where}/{act}")) == (404, "unknown-job")
        body = {"signature": ada.sign(job["typed_data"])}
        assert said(caller.post(f"{where}/signature", json=body)) == (404, "unknown-job")


def test_job__key_of_another_scope__may_not_touch_it(client: TestClient, ada: Visitor):
    """A key that leaks from a server of webhooks must not read drafts, nor stop what its owner began."""
    made = {
        scope: ada.client.post("/v1/api-keys", json={"name": scope, "scopes": [scope]}).json()["key"]
        for scope in ("works", "generations", "webhooks")
    }
    body = {"kind": "text", "prompt": "Three words.", "parameters": {"max_tokens": 1}}
    jobs = {
        "works": ada.submit(b"a draft about a lighthouse " * 50, title="Draft").json()["id"],
        "generations": ada.client.post("/v1/generations", json=body).json()["id"],
    }
    for needed, job in jobs.items():
        for scope, key in made.items():
            answer = client.get(f"/v1/jobs/{job}", headers=bearer(key))
            assert answer.status_code == (200 if scope == needed else 403), (needed, scope)
            if scope != needed:
                act = client.post(f"/v1/jobs/{job}/cancel", headers=bearer(key))
                assert said(act) == (403, "scope-missing")


def test_register__generation_by_a_key_for_works_alone__refused(client: TestClient, ada: Visitor):
    """Its draft would tell what the key may not read."""
    body = {"kind": "text", "prompt": "Five words.", "parameters": {"max_tokens": 1}}
    job = ada.client.post("/v1/generations", json=body).json()["id"]
    key = ada.client.post("/v1/api-keys", json={"name": "shop", "scopes": ["works"]}).json()["key"]
    asked = {"title": "Not to be read", "registrant": ada.address, "generation": job}
    answer = client.post("/v1/works", data={"request": json.dumps(asked)}, headers=bearer(key))
    assert said(answer) == (403, "scope-missing")


def test_jobs__key_of_one_scope__lists_no_job_of_another(client: TestClient, ada: Visitor):
    """Prompts stand in generations, drafts in registrations: a key that leaks tells only what it is for."""
    made = {
        scope: bearer(ada.client.post("/v1/api-keys", json={"name": scope, "scopes": [scope]}).json()["key"])
        for scope in ("works", "generations")
    }
    ada.submit(b"a draft about a lamp " * 50, title="Lamp")
    body = {"kind": "text", "prompt": "Four words.", "parameters": {"max_tokens": 1}}
    assert ada.client.post("/v1/generations", json=body).status_code == 202
    for scope, kind, other in (("works", "registration", "generation"), ("generations", "generation", "registration")):
        listed = client.get("/v1/jobs", headers=made[scope]).json()["items"]
        assert kind in {job["kind"] for job in listed}
        assert other not in {job["kind"] for job in listed}
        assert said(client.get("/v1/jobs", params={"kind": other}, headers=made[scope])) == (403, "scope-missing")
    assert {job["kind"] for job in ada.client.get("/v1/jobs").json()["items"]} >= {"registration", "generation"}


def test_generation__same_request_of_two_accounts__two_jobs(ada: Visitor, ben: Visitor):
    body = {"kind": "text", "prompt": "One word.", "parameters": {"max_tokens": 1}}
    mine, theirs = (who.client.post("/v1/generations", json=body).json()["id"] for who in (ada, ben))
    assert mine != theirs
    assert said(ben.client.get(f"/v1/jobs/{mine}")) == (404, "unknown-job")


def test_idempotency_key__of_two_accounts__are_two_keys(ada: Visitor, ben: Visitor):
    """Nobody reads another's answer by guessing a key, nor blocks it by taking the key first."""
    headers = {"Idempotency-Key": "the-same"}
    body = {"kind": "text", "prompt": "Two words.", "parameters": {"max_tokens": 1}}
    mine, theirs = (who.client.post("/v1/generations", json=body, headers=headers) for who in (ada, ben))
    assert (mine.status_code, theirs.status_code) == (202, 202)
    assert mine.json()["id"] != theirs.json()["id"]
