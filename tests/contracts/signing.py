"""EIP-712 signatures made by eth_account alone, so that the contracts' hashing is checked by another implementation."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from tests.contracts.structs import EIP712_TYPES

__all__ = ["CURVE_ORDER", "compact", "digest", "high_s", "key_of", "sign", "typed"]

MNEMONIC: Final = "test test test test test test test test test test test junk"
CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order of secp256k1 (SEC 2, section 2.4.1)."""
_ACCOUNTS: Final = 20


@cache
def _keys() -> dict[str, LocalAccount]:
    Account.enable_unaudited_hdwallet_features()
    keys = [Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{i}") for i in range(_ACCOUNTS)]
    return {key.address: key for key in keys}


def key_of(account: object) -> LocalAccount:
    """The development key of one of the node's accounts."""
    return _keys()[str(account)]


def typed(
    contract: str, name: str, message: dict[str, Any], *, primary: str, chain_id: int = 1337, version: str = "1"
) -> SignableMessage:
    """A struct under a contract's domain."""
    domain = [("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address")]
    return encode_typed_data(
        full_message={
            "types": {"EIP712Domain": [{"name": n, "type": t} for n, t in domain], **_needed(primary)},
            "domain": {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract},
            "primaryType": primary,
            "message": message,
        }
    )


def digest(message: SignableMessage) -> bytes:
    """The 32 bytes that are signed (EIP-191, version 0x01)."""
    return keccak(b"\x19" + message.version + message.header + message.body)


def sign(account: object, message: SignableMessage) -> bytes:
    """65 bytes r ‖ s ‖ v, with low s."""
    return bytes(key_of(account).sign_message(message).signature)


def high_s(signature: bytes) -> bytes:
    """The other signature of the same key and digest: s mirrored, v flipped."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    return r + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([55 - v])


def compact(signature: bytes) -> bytes:
    """EIP-2098: r ‖ (v − 27) in the top bit of s."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    return r + (s | (v - 27) << 255).to_bytes(32, "big")


def _needed(primary: str) -> dict[str, list[dict[str, str]]]:
    members = EIP712_TYPES[primary]
    nested = [m["type"].removesuffix("[]") for m in members]
    return {primary: members, **{name: EIP712_TYPES[name] for name in nested if name in EIP712_TYPES}}
