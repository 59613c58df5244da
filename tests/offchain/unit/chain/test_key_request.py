"""The digest of a key request, computed from EIP-712's own words; no contract computes it."""

from __future__ import annotations

from eth_utils.crypto import keccak

from offchain.chain.eip712 import digest, key_log_request_typed, key_request_typed
from offchain.chain.key_request import KeyLogRequest, KeyRequest

LICENSING = "0x" + "1f" * 20
REQUEST = KeyRequest("0x" + "2e" * 20, 2**256 - 1, 7, "age1" + "q" * 58, 2**255, 2**40)


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
    request = KeyLogRequest(REQUEST.account, REQUEST.work, REQUEST.deadline)
    kind = keccak(b"KeyLogRequest(address account,uint256 work,uint256 deadline)")
    struct = keccak(kind + word(int(request.account, 16)) + word(request.work) + word(request.deadline))
    assert digest(key_log_request_typed(1337, LICENSING, request)) == keccak(b"\x19\x01" + domain() + struct)
