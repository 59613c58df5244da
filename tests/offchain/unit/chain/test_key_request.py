"""The digest of a key request, computed from EIP-712's own words; no contract computes it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from eth_utils.crypto import keccak

from offchain.chain.eip712 import digest, key_log_request_typed, key_request_typed
from offchain.chain.key_request import KeyLogRequest, KeyRequest

LICENSING = "0x" + "1f" * 20
REQUEST = KeyRequest("0x" + "2e" * 20, 2**256 - 1, 7, "age1" + "q" * 58, 2**255, 2**40)
LOG_REQUEST = KeyLogRequest(REQUEST.account, REQUEST.work, "https://colophon.example:8443", REQUEST.deadline)
VIEM = Path(__file__).parents[3] / "contracts" / "typed_data.mjs"


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def domain() -> bytes:
    return keccak(
        keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
        + keccak(b"Colophon")
        + keccak(b"1")
        + word(1337)
        + word(int(LICENSING, 16))
    )


def test_digest__key_request__is_that_of_eip_712():
    kind = b"KeyRequest(address account,uint256 work,uint256 licence,string recipient,uint256 nonce,uint256 deadline)"
    struct = keccak(
        keccak(kind)
        + word(int(REQUEST.account, 16))
        + word(REQUEST.work)
        + word(REQUEST.licence)
        + keccak(REQUEST.recipient.encode())
        + word(REQUEST.nonce)
        + word(REQUEST.deadline)
    )
    assert digest(key_request_typed(1337, LICENSING, REQUEST)) == keccak(b"\x19\x01" + domain() + struct)


def test_digest__key_log_request__is_that_of_eip_712():
    kind = keccak(b"KeyLogRequest(address account,uint256 work,string service,uint256 deadline)")
    service = keccak(LOG_REQUEST.service.encode())
    account, work, deadline = int(LOG_REQUEST.account, 16), LOG_REQUEST.work, LOG_REQUEST.deadline
    struct = keccak(kind + word(account) + word(work) + service + word(deadline))
    assert digest(key_log_request_typed(1337, LICENSING, LOG_REQUEST)) == keccak(b"\x19\x01" + domain() + struct)


def test_digest__in_javascript__is_the_same_byte_for_byte():
    """What a wallet in a browser signs (viem)."""
    typed = [key_request_typed(1337, LICENSING, REQUEST), key_log_request_typed(1337, LICENSING, LOG_REQUEST)]
    done = subprocess.run(
        ["node", VIEM], input=json.dumps(typed), capture_output=True, check=False, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["0x" + digest(each).hex() for each in typed]
