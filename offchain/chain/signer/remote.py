"""A key in a key management service: it signs digests over HTTP and never leaves.

The calls are those of Google Cloud KMS (REST v1, `cryptoKeyVersions`: `publicKey` and `asymmetricSign` with
EC_SIGN_SECP256K1_SHA256, whose digest may be any 32 bytes); for another service stand a small gateway before it.
Such services answer with DER or r ‖ s, of either s and without recovery id: this finds the id, takes the low s (EIP-2)
and believes nothing that is not the key's own signature of what was asked for.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
from collections.abc import Callable
from typing import Any, Final, cast
from urllib.parse import urlsplit

import requests
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from eth_account._utils.legacy_transactions import (
    encode_transaction,
    serializable_unsigned_transaction_from_dict,
)
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_keys.datatypes import PublicKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError
from web3.types import TxParams

from offchain.chain.eip712 import TypedData, digest
from offchain.chain.signer.development import refuse_development_key
from offchain.config import shown_url
from offchain.errors import DeniedError, InputError, UnavailableError

__all__ = ["RemoteSigner"]

_TIMEOUT: Final = (3.0, 10.0)  # seconds to connect, and to wait for a byte
_MOST: Final = 16 * 1024  # bytes of an answer
_ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Order of secp256k1's group (SEC 2, section 2.4.1)."""
_PAIR: Final = 64
_EIP155: Final = 35


class RemoteSigner:
    """Signs with a key that lies elsewhere.

    Args:
        url: of the key's version, `https://HOST/PATH`; http on loopback alone.
        token: gives the bearer token, asked before each call because such tokens are short-lived.
        chain_id: chain on which it will sign.

    Raises:
        InputError: `signer-url-malformed`.
        DeniedError: `signer-denied`, the token does not open the key.
        UnavailableError: `signer-down`, `signer-answer-malformed`.
        RefusedError: `development-key`.
    """

    def __init__(self, url: str, token: Callable[[], str], chain_id: int) -> None:
        self._url, self._token = _safe(url), token
        self._key = _public_key(self._ask("GET", "/publicKey"))
        self._address = self._key.to_checksum_address()
        refuse_development_key(self._address, chain_id)

    @property
    def address(self) -> str:
        """EIP-55 address of the account."""
        return self._address

    def sign_typed(self, typed: TypedData) -> bytes:
        """65 bytes r ‖ s ‖ v over EIP-712 typed data."""
        return self.sign_digest(digest(typed))

    def sign_digest(self, hashed: bytes) -> bytes:
        """65 bytes r ‖ s ‖ v over the digest of EIP-712 typed data."""
        parity, r, s = self._sign(hashed)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + parity])

    def sign_transaction(self, transaction: TxParams) -> bytes:
        """The raw signed transaction."""
        unsigned = serializable_unsigned_transaction_from_dict(cast("dict[str, Any]", transaction))
        parity, r, s = self._sign(bytes(unsigned.hash()))
        chain_id = int(transaction["chainId"])
        v = parity if isinstance(unsigned, TypedTransaction) else parity + _EIP155 + 2 * chain_id
        return bytes(encode_transaction(unsigned, vrs=(v, r, s)))

    def _sign(self, hashed: bytes) -> tuple[int, int, int]:
        """Recovery id, r and low s of the key's signature over 32 bytes."""
        answer = self._ask("POST", ":asymmetricSign", {"digest": {"sha256": base64.b64encode(hashed).decode()}})
        r, s = _pair(_bytes(answer, "signature"))
        s = min(s, _ORDER - s)
        for parity in (0, 1):
            try:
                if Signature(vrs=(parity, r, s)).recover_public_key_from_msg_hash(hashed) == self._key:
                    return parity, r, s
            except (BadSignature, ValidationError):
                continue
        raise _malformed("it is not a signature of the key over what was asked for")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False  # a .netrc would take the token's place, a proxy of the environment would see it
            try:
                with session.request(
                    method,
                    self._url + path,
                    json=body,
                    headers={"Authorization": f"Bearer {self._token()}"},
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    return _read(answer)
            except (requests.RequestException, ValueError) as error:
                raise UnavailableError(
                    "signer-down",
                    f"the key service at {shown_url(self._url)} does not answer",
                    "see that it runs; nothing was signed",
                    cause=type(error).__name__,
                ) from None  # the cause's own words may hold the token

    def __repr__(self) -> str:
        return f"RemoteSigner({self._address})"


def _safe(url: str) -> str:
    """The URL, if a token may be sent there."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        host, plain = "", False
    if host and plain and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        return url.rstrip("/")
    raise InputError(
        "signer-url-malformed",
        "the key's URL is not one that a token may be sent to",
        "write https://HOST/PATH of the key's version; http is for loopback alone",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code in (401, 403):
        raise DeniedError("signer-denied", "the key service refuses the token", "give it a token that may use the key")
    if answer.status_code != 200:
        raise UnavailableError(
            "signer-down",
            f"the key service answered {answer.status_code}",
            "see that it runs; nothing was signed",
            status=answer.status_code,
        )
    data = b""
    for part in answer.iter_content(_MOST):
        data += part
        if len(data) > _MOST:
            raise _malformed("it is longer than any answer of a key service")
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _malformed("it is not a JSON object")
    return found


def _public_key(answer: dict[str, Any]) -> PublicKey:
    pem = answer.get("pem")
    try:
        key = load_pem_public_key(str(pem).encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256K1):
        raise _malformed("it holds no public key on secp256k1")
    return PublicKey(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:])


def _bytes(answer: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(str(answer.get(name)), validate=True)
    except (binascii.Error, ValueError):
        raise _malformed(f"its {name} is not base64") from None


def _pair(signature: bytes) -> tuple[int, int]:
    """The two numbers, from r ‖ s or from DER, each within the group."""
    if len(signature) == _PAIR:
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    else:
        try:
            r, s = decode_dss_signature(signature)
        except ValueError:
            r = s = 0
    if not (0 < r < _ORDER and 0 < s < _ORDER):
        raise _malformed("it is neither DER nor r and s")
    return r, s


def _malformed(why: str) -> UnavailableError:
    return UnavailableError(
        "signer-answer-malformed", f"the key service's answer is of no use: {why}", "check the key and its service"
    )
