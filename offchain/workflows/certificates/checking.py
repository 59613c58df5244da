"""Verdicts on certificates: the signature first, then what the chain says now.

valid      authentic, and the chain says the same now: live, and held by the same account
outdated   the licence is live, and the chain says something else of it now: it was handed over or renewed
not-live   it expired, was given back or cancelled
invalid    altered, of another issuer, or of another chain or contract
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from offchain.errors import InputError, NotFoundError
from offchain.workflows.certificates.credential import certify
from offchain.workflows.certificates.keys import issuer_of
from offchain.workflows.certificates.proof import digest_of, is_signed_by
from offchain.workflows.services import Services

__all__ = ["CertificateVerdict", "check_certificate", "check_digest"]

_DEPTH: Final = 32
"""Levels of a certificate at most; ours have eight. Canonical JSON is written by recursion."""

_LICENCES: Final = 2**256


@dataclass(frozen=True, slots=True)
class CertificateVerdict:
    """What is known of a certificate.

    Attributes:
        verdict: see the module.
        why: one sentence.
        authentic: whether this service signed exactly this; None where only a digest was shown.
        licence: number of the licence; None where it cannot be told.
        holder: who holds it now; None where it does not exist any more.
        live: whether it proves anything now.
        expiry: Unix seconds; None for ever, or where there is no licence.
    """

    verdict: Literal["valid", "outdated", "not-live", "invalid"]
    why: str
    authentic: bool | None
    licence: int | None = None
    holder: str | None = None
    live: bool = False
    expiry: int | None = None


def check_certificate(services: Services, credential: dict[str, Any]) -> CertificateVerdict:
    """Check a certificate's document.

    Raises:
        InputError: `certificate-malformed`, nothing that canonical JSON can hold.
        UnavailableError: the chain does not answer.
    """
    _require_shallow(credential)
    issuer = issuer_of(services.settings)
    try:
        authentic, digest = is_signed_by(credential, issuer), digest_of(credential)
    except InputError as error:
        raise InputError("certificate-malformed", error.message, "send it as it was given out") from error
    if credential.get("issuer") != issuer.did:
        return CertificateVerdict("invalid", f"it is not of this service, {issuer.did}", False)
    if not authentic:
        return CertificateVerdict("invalid", "it was altered, or signed with another key", False)
    named = str(credential["id"]).rsplit(":", 3)
    if f"{named[1]}:{named[2]}" != f"{services.client.chain_id}:{services.contracts.licensing.address}":
        return CertificateVerdict("invalid", "it is of another chain or contract", True)
    return _against_chain(services, int(named[3]), digest, True)


def check_digest(services: Services, chain: int, contract: str, licence: int, digest: bytes) -> CertificateVerdict:
    """Check what a QR code names: whether the certificate of a licence as it is now has this digest.

    Raises:
        UnavailableError: the chain does not answer.
    """
    here = chain == services.client.chain_id and contract.lower() == services.contracts.licensing.address.lower()
    if not here or licence >= _LICENCES:
        return CertificateVerdict("invalid", "it is of another chain or contract", None, licence)
    return _against_chain(services, licence, digest, None)


def _against_chain(services: Services, number: int, digest: bytes, authentic: bool | None) -> CertificateVerdict:
    try:
        now = certify(services, number)
    except NotFoundError:
        gone = "there is no such licence now: it was given back, or never sold"
        return CertificateVerdict("not-live", gone, authentic, number)
    licence = now.facts.licence
    told = (authentic, number, licence.holder, licence.live, licence.expiry)
    if not licence.live:
        return CertificateVerdict("not-live", "the licence expired or was cancelled", *told)
    if now.digest == digest:
        return CertificateVerdict("valid", "the chain says the same now", *told)
    other = "the chain says something else of this licence now"
    return CertificateVerdict("outdated", f"{other}: it was handed over or renewed" + _unsure(authentic), *told)


def _unsure(authentic: bool | None) -> str:
    return "" if authentic else ", or the paper was altered"


def _require_shallow(document: object) -> None:
    level: list[object] = [document]
    for _ in range(_DEPTH):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return
    raise InputError(
        "certificate-malformed", f"it is nested more than {_DEPTH} levels deep", "send it as it was given out"
    )


def _inside(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list) else []
