"""The remote signer against a real HTTP server that holds a key, and against ones that lie."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_account import Account
from eth_account.messages import encode_typed_data

from offchain.chain.signer import RemoteSigner
from offchain.errors import ColophonError

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
TYPED: dict[str, Any] = {
    "types": {"EIP712Domain": [{"name": "name", "type": "string"}], "Note": [{"name": "text", "type": "string"}]},
    "primaryType": "Note",
    "domain": {"name": "Colophon"},
    "message": {"text": "hello"},
}


class Service(ThreadingHTTPServer):
    """A key service; `mode` is how it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = ec.derive_private_key(0xC0105, ec.SECP256K1())
        self.other = ec.derive_private_key(0xBAD, ec.SECP256K1())
        self.mode, self.token = "der", "secret-token"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/keys/1"

    def sign(self, hashed: bytes) -> bytes:
        key = self.other if self.mode == "other-key" else self.key
        r, s = decode_dss_signature(key.sign(hashed, ec.ECDSA(Prehashed(SHA256()))))
        if self.mode == "high":
            s = max(s, ORDER - s)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") if self.mode == "pair" else encode_dss_signature(r, s)


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        pem = self.server.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.answer({"pem": pem.decode()})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        mode = self.server.mode
        if mode == "redirect":
            self.send_response(307)
            self.send_header("Location", "http://127.0.0.1:1/stolen")
            self.end_headers()
        elif mode == "garbage":
            self.answer({"signature": base64.b64encode(b"\x30garbage").decode()})
        elif mode == "huge":
            self.answer({"signature": "A" * 10**6})
        elif mode == "broken":
            self.send_error(500)
        else:
            hashed = base64.b64decode(asked["digest"]["sha256"])
            self.answer({"signature": base64.b64encode(self.server.sign(hashed)).decode()})

    def answer(self, body: object) -> None:
        allowed = self.headers["Authorization"] == f"Bearer {self.server.token}"
        data = json.dumps(body).encode()
        self.send_response(200 if allowed else 403)
        self.end_headers()
        self.wfile.write(data if allowed else b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def running() -> Iterator[Service]:
    service = Service()
    thread = threading.Thread(target=service.serve_forever, daemon=True)
    thread.start()
    yield service
    service.shutdown()
    service.server_close()


@pytest.fixture
def service(running: Service) -> Service:
    running.mode = "der"
    return running


@pytest.fixture
def signer(service: Service) -> RemoteSigner:
    return RemoteSigner(service.url, lambda: "secret-token", 1)


@pytest.mark.parametrize("mode", ["der", "pair", "high"])
def test_sign_typed__any_form_and_either_s__is_low_and_recovers_to_the_account(service, signer, mode):
    service.mode = mode
    for text in ("a", "b", "c", "d"):
        typed = {**TYPED, "message": {"text": text}}
        signature = signer.sign_typed(typed)
        assert int.from_bytes(signature[32:64], "big") <= ORDER // 2
        assert Account.recover_message(encode_typed_data(full_message=typed), signature=signature) == signer.address


@pytest.mark.parametrize(
    "fees", [{"gasPrice": 10**9}, {"type": 2, "maxFeePerGas": 10**9, "maxPriorityFeePerGas": 1}], ids=["legacy", "1559"]
)
def test_sign_transaction__either_kind__recovers_to_the_account(signer, fees):
    fields = {"chainId": 1, "nonce": 3, "to": signer.address, "data": "0x01", "value": 0, "gas": 21_000, **fees}
    assert Account.recover_transaction(signer.sign_transaction(fields)) == signer.address


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("other-key", "signer-answer-malformed"),
        ("garbage", "signer-answer-malformed"),
        ("huge", "signer-answer-malformed"),
        ("redirect", "signer-down"),
        ("broken", "signer-down"),
    ],
)
def test_sign_typed__service_lies_or_fails__nothing_is_believed(service, signer, mode, code):
    service.mode = mode
    with pytest.raises(ColophonError) as refused:
        signer.sign_typed(TYPED)
    assert refused.value.code == code
    assert "secret-token" not in str(refused.value.facts) + refused.value.message


def test_open__wrong_token__is_denied(service):
    with pytest.raises(ColophonError) as refused:
        RemoteSigner(service.url, lambda: "other", 1)
    assert refused.value.code == "signer-denied"


def test_open__nobody_there__is_down():
    with pytest.raises(ColophonError) as refused:
        RemoteSigner("http://127.0.0.1:1/v1/keys/1", lambda: "secret-token", 1)
    assert refused.value.code == "signer-down"


@pytest.mark.parametrize(
    "url",
    [
        "http://kms.example/keys/1",
        "ftp://127.0.0.1/1",
        "https://user:word@kms.example/1",
        "http://127.0.0.1.example/1",
        "https://kms.example/1?key=x",
        "",
    ],
)
def test_open__url_that_would_show_the_token__is_refused_unasked(url):
    with pytest.raises(ColophonError) as refused:
        RemoteSigner(url, lambda: pytest.fail("the token was asked for"), 1)
    assert refused.value.code == "signer-url-malformed"
