"""The key that signs certificates: from the settings, or one that this home makes once, readable by its user alone."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from multiformats import multibase

from offchain.config import Settings
from offchain.errors import InputError, UnavailableError

__all__ = ["Issuer", "issuer_of"]

_HEX_KEY: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")
_ED25519_PUBLIC: Final = b"\xed\x01"
"""Multicodec `ed25519-pub` (Controlled Identifiers 1.0, §2.2.2 Multikey)."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs certificates.

    Attributes:
        did: did:web of the service's own URL.
        key: its Ed25519 key; never shown.
    """

    did: str
    key: Ed25519PrivateKey = field(repr=False)

    @property
    def method(self) -> str:
        """Id of the verification method: the key's place in the DID document."""
        return f"{self.did}#certificates"

    def document(self) -> dict[str, Any]:
        """The DID document, for /.well-known/did.json (did:web, §2.3)."""
        public = multibase.encode(_ED25519_PUBLIC + self.key.public_key().public_bytes_raw(), "base58btc")
        method = {"id": self.method, "type": "Multikey", "controller": self.did, "publicKeyMultibase": public}
        return {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": self.did,
            "verificationMethod": [method],
            "assertionMethod": [self.method],
        }


def issuer_of(settings: Settings) -> Issuer:
    """Who signs here.

    Raises:
        InputError: `certificate-key-malformed`.
        UnavailableError: `disk-failed`.
    """
    text = settings.certificate_key or _kept(settings.home / "certificates" / "key")
    found = _HEX_KEY.fullmatch(text.strip())
    if found is None:
        raise InputError(
            "certificate-key-malformed", "the certificate key is not 32 bytes in hex", "openssl rand -hex 32 makes one"
        )
    place = urlsplit(settings.service_url).netloc.replace(":", "%3A")
    return Issuer(f"did:web:{place}", Ed25519PrivateKey.from_private_bytes(bytes.fromhex(found[1])))


def _kept(place: Path) -> str:
    """The home's own key; of several processes that make one at once, the first one's counts."""
    try:
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            fresh = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(fresh, place)  # unlike a rename, this never takes the place of another's
            fresh.unlink()
        return place.read_text("ascii")
    except OSError as error:
        raise UnavailableError(
            "disk-failed",
            f"the certificate key in {place} cannot be kept: {error.strerror or error}",
            "make room on the disk, or set COLOPHON_CERTIFICATE_KEY",
        ) from error
