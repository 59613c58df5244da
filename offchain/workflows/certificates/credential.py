"""A licence certificate as a Verifiable Credential (W3C VC Data Model 2.0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from offchain.chain import work_hex
from offchain.store import EventRecord
from offchain.workflows.certificates.facts import Facts, facts_of
from offchain.workflows.certificates.keys import issuer_of
from offchain.workflows.certificates.policy import POLICY_CONTEXT, account_id, policy_of, time_text, work_token
from offchain.workflows.certificates.proof import digest_of, sign
from offchain.workflows.services import Services

__all__ = ["MEDIA_TYPE", "Certificate", "certify"]

MEDIA_TYPE: Final = "application/vc"
_CREDENTIALS: Final = "https://www.w3.org/ns/credentials/v2"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signed certificate.

    Attributes:
        facts: what it states.
        credential: the document, its proof included.
        digest: sha256 of the canonical document without its proof.
        url: where to ask whether it is still true; the QR code.
    """

    facts: Facts
    credential: dict[str, Any]
    digest: bytes
    url: str


def certify(services: Services, number: int) -> Certificate:
    """The certificate of a licence as the chain has it now; the same state gives the same bytes.

    Raises:
        NotFoundError: `unknown-licence`.
        InputError: `certificate-key-malformed`.
        UnavailableError: the chain does not answer, `chain-unstable`, or `disk-failed`.
    """
    facts, issuer = facts_of(services, number), issuer_of(services.settings)
    credential = _credential(facts, issuer.did, services.settings.service_url)
    signed, digest = sign(credential, issuer, time_text(facts.since)), digest_of(credential)
    asked = {
        "chain": facts.chain_id,
        "contract": facts.contracts["Licensing"],
        "licence": number,
        "sha256": digest.hex(),
    }
    return Certificate(
        facts, signed, digest, f"{services.settings.service_url}/v1/certificates/verify?{urlencode(asked)}"
    )


def _credential(facts: Facts, issuer: str, service_url: str) -> dict[str, Any]:
    licence = facts.licence
    until = {} if licence.expiry is None else {"validUntil": time_text(licence.expiry)}
    return {
        "@context": [_CREDENTIALS, POLICY_CONTEXT],
        "id": f"urn:colophon:licence:eip155:{facts.chain_id}:{facts.contracts['Licensing']}:{licence.number}",
        "type": ["VerifiableCredential", "LicenceCertificate"],
        "issuer": issuer,
        "validFrom": time_text(facts.since),
        **until,
        "credentialSubject": {
            "id": account_id(facts.chain_id, licence.holder),
            "licence": str(licence.number),
            "work": {"id": work_token(facts), "colophon:sha256": work_hex(licence.work).removeprefix("0x")},
            "price": {"colophon:amount": str(licence.price), "colophon:currency": licence.currency.caip19},
            "policy": policy_of(facts),
        },
        "credentialStatus": _status(facts, service_url),
        "evidence": [_event(facts, facts.sold), _event(facts, facts.changed)],
    }


def _status(facts: Facts, service_url: str) -> dict[str, Any]:
    """How to ask whether it is live now, of this service and of any node: a transfer, an expiry and a refund end it."""
    number = facts.licence.number
    return {
        "id": f"{service_url}/v1/licences/{number}#status",
        "type": "LicenceStatus",
        "colophon:statusPurpose": "The chain alone says whether the licence is live and who holds it: ask before use.",
        "colophon:chain": f"eip155:{facts.chain_id}",
        "colophon:contract": facts.contracts["Licensing"],
        "colophon:isLive": f"isLive(uint256) {number} is true",
        "colophon:holder": f"ownerOf(uint256) {number} is {facts.licence.holder}",
        "colophon:service": f"{service_url}/v1/licences/{number}",
    }


def _event(facts: Facts, event: EventRecord) -> dict[str, Any]:
    return {
        "type": "ChainEvent",
        "colophon:event": event.name,
        "colophon:chain": f"eip155:{facts.chain_id}",
        "colophon:contracts": facts.contracts,
        "colophon:transaction": "0x" + event.tx_hash.hex(),
        "colophon:block": event.block,
        "colophon:blockHash": "0x" + event.block_hash.hex(),
        "colophon:logIndex": event.log_index,
    }
