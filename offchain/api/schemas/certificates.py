"""Licence certificates and verdicts on them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Account, Number, Received
from offchain.workflows.certificates.checking import CertificateVerdict

__all__ = ["CertificateIn", "CertificateVerdictOut", "verdict_out"]


class CertificateIn(Received):
    """A certificate to check, as it was given out."""

    certificate: dict[str, Any]


class CertificateVerdictOut(BaseModel):
    """What is known of a certificate; only `valid` proves anything, and only now."""

    verdict: Literal["valid", "outdated", "not-live", "invalid"]
    why: str
    authentic: bool | None = Field(
        description="whether this service signed exactly this; null where only a digest was shown"
    )
    licence: Number | None
    holder: Account | None = Field(description="who holds the licence now")
    live: bool
    expiry: int | None = Field(description="Unix seconds; null for ever")


def verdict_out(verdict: CertificateVerdict) -> CertificateVerdictOut:
    """A verdict as it goes out."""
    return CertificateVerdictOut(
        verdict=verdict.verdict,
        why=verdict.why,
        authentic=verdict.authentic,
        licence=None if verdict.licence is None else str(verdict.licence),
        holder=verdict.holder,
        live=verdict.live,
        expiry=verdict.expiry,
    )
