"""Data Integrity proofs with the cryptosuite `eddsa-jcs-2022` (W3C Data Integrity EdDSA Cryptosuites 1.0, §3.3).

What is signed: sha256 of the canonical proof options, then sha256 of the canonical document, both RFC 8785. So any
library of Ed25519 and JCS checks it offline: nothing is expanded, and no context is fetched.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from multiformats import multibase

from offchain.storage import canonical_json
from offchain.workflows.certificates.keys import Issuer

__all__ = ["digest_of", "is_signed_by", "sign"]

_CONTEXT: Final = "@context"
_SIGNATURE_BYTES: Final = 64


def digest_of(credential: dict[str, Any]) -> bytes:
    """sha256 of a credential without its proof, canonical.

    Raises:
        InputError: `json-not-canonical`, `json-oversized`.
    """
    return hashlib.sha256(canonical_json({k: v for k, v in credential.items() if k != "proof"})).digest()


def sign(credential: dict[str, Any], issuer: Issuer, created: str) -> dict[str, Any]:
    """The credential with its proof; `created` is an RFC 3339 time. The same input gives the same proof."""
    options = _options(issuer.method, created)
    signature = issuer.key.sign(_hashed(credential, options))
    proof = {**options, "proofValue": multibase.encode(signature, "base58btc")}
    return {**credential, "proof": {_CONTEXT: credential[_CONTEXT], **proof}}


def is_signed_by(credential: dict[str, Any], issuer: Issuer) -> bool:
    """Whether the proof is by a key of the issuer's, and of exactly this content; the proof may hold nothing else.

    Raises:
        InputError: as `digest_of`.
    """
    proof = credential.get("proof")
    if not isinstance(proof, dict) or not isinstance(proof.get("created"), str):
        return False
    method = str(proof.get("verificationMethod"))
    key = issuer.methods.get(method)
    value, signature = proof.get("proofValue"), _signature(proof.get("proofValue"))
    options = _options(method, proof["created"])
    wanted = {_CONTEXT: credential.get(_CONTEXT), **options, "proofValue": value}
    if key is None or signature is None or proof != wanted:
        return False
    try:
        key.verify(signature, _hashed(credential, options))
    except InvalidSignature:
        return False
    return True


def _options(method: str, created: str) -> dict[str, Any]:
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }


def _hashed(credential: dict[str, Any], options: dict[str, Any]) -> bytes:
    with_context = {_CONTEXT: credential.get(_CONTEXT), **options}
    return hashlib.sha256(canonical_json(with_context)).digest() + digest_of(credential)


def _signature(value: object) -> bytes | None:
    """The bytes of a proof's value; None for what is none."""
    if not isinstance(value, str) or not value.startswith("z") or len(value) > 2 * _SIGNATURE_BYTES:
        return None
    try:
        signature = bytes(multibase.decode(value))
    except (ValueError, KeyError):
        return None
    return signature if len(signature) == _SIGNATURE_BYTES else None
