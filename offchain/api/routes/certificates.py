"""Licence certificates: given out as a signed document or a page, and checked against the chain."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response

from offchain.api.deps import ServicesDep
from offchain.api.negotiation import preferred
from offchain.api.schemas.certificates import CertificateIn, CertificateVerdictOut, verdict_out
from offchain.api.schemas.fields import Account, Number, to_bytes
from offchain.errors import NotFoundError
from offchain.workflows.certificates.checking import check_certificate, check_digest
from offchain.workflows.certificates.credential import MEDIA_TYPE, certify
from offchain.workflows.certificates.keys import issuer_of
from offchain.workflows.certificates.printing import print_certificate
from offchain.workflows.guards import title_names

__all__ = ["router"]

router = APIRouter(tags=["certificates"])

_PDF: Final = "application/pdf"
_OFFERS: Final = (MEDIA_TYPE, "application/vc+ld+json", "application/ld+json", "application/json", _PDF)
_FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}, _PDF: {"schema": {"type": "string"}}}}
}
_MOST: Final = 2**256


@router.get(
    "/v1/licences/{licence}/certificate",
    operation_id="getCertificate",
    response_class=Response,
    responses=_FORMS,
)
def get_certificate(
    licence: Annotated[Number, Path()], services: ServicesDep, accept: Annotated[str, Header()] = ""
) -> Response:
    """A licence's certificate: a Verifiable Credential, or with `Accept: application/pdf` a page with a QR code.

    It states what the chain says now, and is never proof that the licence is live: it says how to ask.
    """
    certificate = certify(services, _existing(licence))
    chosen, headers = preferred(accept, _OFFERS), {"Vary": "Accept", "Cache-Control": "no-cache"}
    if chosen != _PDF:
        body = json.dumps(certificate.credential, ensure_ascii=False, indent=2)
        return Response(body.encode(), media_type=chosen, headers=headers)
    work = certificate.facts.licence.work
    page = print_certificate(certificate, title_names(services, [work]).get(work))
    headers["Content-Disposition"] = f'inline; filename="licence-{licence}.pdf"'
    return Response(page, media_type=_PDF, headers=headers)


@router.get("/v1/certificates/verify", operation_id="verifyCertificateDigest")
def verify_digest(
    services: ServicesDep,
    chain: Annotated[int, Query(ge=0, lt=2**53)],
    contract: Annotated[Account, Query()],
    licence: Annotated[Number, Query()],
    sha256: Annotated[str, Query(pattern="^[0-9a-fA-F]{64}$", description="of the canonical document without proof")],
) -> CertificateVerdictOut:
    """What a printed certificate's QR code asks: is this what the chain says of the licence now?"""
    return verdict_out(check_digest(services, chain, contract, int(licence), to_bytes(sha256)))


@router.post("/v1/certificates/verify", operation_id="verifyCertificate")
def verify_certificate(body: CertificateIn, services: ServicesDep) -> CertificateVerdictOut:
    """Check a certificate's signature and issuer, and what the chain says of the licence now. Nothing is fetched."""
    return verdict_out(check_certificate(services, body.certificate))


@router.get("/.well-known/did.json", operation_id="getDidDocument", response_model=None)
def get_did_document(services: ServicesDep) -> dict[str, Any]:
    """Whose key signs certificates here (did:web)."""
    return issuer_of(services.settings).document()


def _existing(licence: str) -> int:
    """A licence's number; one that no contract can have names nothing."""
    number = int(licence)
    if number >= _MOST:
        raise NotFoundError("unknown-licence", f"there is no licence {licence}", "check the number")
    return number
