"""EIP-712 digests and signatures in microseconds, from the types in structs.py alone.

`tests/contracts/signing.py` does the same through eth_account; a test here compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from eth_account import Account
from eth_utils import keccak

from tests.contracts.reference.evm import CHAIN_ID
from tests.contracts.signing import CURVE_ORDER
from tests.contracts.structs import EIP712_TYPES, Authorization

__all__ = ["Signature", "SignedAuthorization", "account", "authorization", "digest", "sign"]

_GENERATOR_X: Final = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
"""x of the base point of secp256k1, whose y is even (SEC 2, section 2.4.1)."""


class Signature(bytes):
    """65 bytes r ‖ s ‖ v that remember who signed which digest, so that a model need not recover keys."""

    signer: str
    digest: bytes


class SignedAuthorization(Authorization):
    """An ERC-3009 authorization that remembers its signature."""

    signature: Signature


@cache
def account(key: int) -> str:
    """Address of a private key, in lower case."""
    return str(Account.from_key(key.to_bytes(32, "big")).address).lower()


def sign(key: int, message: bytes) -> Signature:
    """Sign a digest.

    The nonce k is 1 (SEC 1, section 4.1.3: r = x of the base point, s = z + r·d), which saves the multiplication on
    the curve and shows the key to everybody: right for keys that are public anyway, and nowhere else.
    """
    s = (int.from_bytes(message, "big") + _GENERATOR_X * key) % CURVE_ORDER
    v = 27
    if s > CURVE_ORDER // 2:
        s, v = CURVE_ORDER - s, 28
    signed = Signature(_GENERATOR_X.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v]))
    signed.signer, signed.digest = account(key), message
    return signed


def authorization(signature: Signature, valid_after: int, valid_before: int) -> SignedAuthorization:
    """A signature as ERC-3009 takes it; times in Unix seconds, both excluded."""
    made = SignedAuthorization(valid_after, valid_before, signature[64], bytes(signature[:32]), bytes(signature[32:64]))
    made.signature = signature
    return made


def digest(contract: str, name: str, primary: str, message: dict[str, Any]) -> bytes:
    """keccak256(0x19 0x01 ‖ domain ‖ struct), EIP-712."""
    return keccak(b"\x19\x01" + _domain(contract, name) + _hash(primary, message))


@cache
def _domain(contract: str, name: str) -> bytes:
    kind = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    words = [kind, name.encode(), b"1"]
    return keccak(b"".join(map(keccak, words)) + CHAIN_ID.to_bytes(32, "big") + _address(contract))


def _hash(kind: str, message: dict[str, Any]) -> bytes:
    type_hash, members = _struct(kind)
    return keccak(type_hash + b"".join([encode(message[name]) for name, encode in members]))


@cache
def _struct(kind: str) -> tuple[bytes, list[tuple[str, Callable[[Any], bytes]]]]:
    members = EIP712_TYPES[kind]
    return keccak(_declaration(kind).encode()), [(m["name"], _encoder(m["type"])) for m in members]


def _declaration(kind: str) -> str:
    """The struct, then what it refers to in alphabetical order."""
    nested = {m["type"].removesuffix("[]") for m in EIP712_TYPES[kind]} & EIP712_TYPES.keys()
    members = {
        name: ",".join(f"{m['type']} {m['name']}" for m in EIP712_TYPES[name]) for name in [kind, *sorted(nested)]
    }
    return "".join(f"{name}({listed})" for name, listed in members.items())


def _encoder(kind: str) -> Callable[[Any], bytes]:
    if kind.endswith("[]"):
        item = _encoder(kind[:-2])
        return lambda values: keccak(b"".join(map(item, values)))
    if kind in EIP712_TYPES:
        return lambda value: _hash(kind, value._asdict())
    if kind == "bytes":
        return keccak
    if kind == "address":
        return _address
    if kind.startswith("bytes"):
        return lambda value: value.ljust(32, b"\0")
    return lambda value: int(value).to_bytes(32, "big")


def _address(value: str) -> bytes:
    return bytes.fromhex(value[2:]).rjust(32, b"\0")
