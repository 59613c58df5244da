"""The key that signs certificates: from the settings, or one that this home makes once, readable by its user alone.

A key that was replaced and never leaked can be named as retired: what it signed counts on, here and for whoever reads
the DID document. Methods are named by their keys, so that no later key ever stands under an earlier one's name.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from multiformats import multibase

from offchain.config import Settings
from offchain.errors import InputError, UnavailableError

__all__ = ["Issuer", "issuer_of"]

_HEX_KEY: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")
_MULTIKEY: Final = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{40,60}")
_ED25519_PUBLIC: Final = b"\xed\x01"
"""Multicodec `ed25519-pub` (Controlled Identifiers 1.0, §2.2.2 Multikey)."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs certificates.

    Attributes:
        did: did:web of the service's own URL.
        key: its Ed25519 key; never shown.
        retired: keys that sign no more, and whose certificates still count.
    """

    did: str
    key: Ed25519PrivateKey = field(repr=False)
    retired: tuple[Ed25519PublicKey, ...] = ()

    @property
    def method(self) -> str:
        """Id of the verification method that signs now: the key's place in the DID document."""
        return next(iter(self.methods))

    @property
    def methods(self) -> Mapping[str, Ed25519PublicKey]:
        """Keys whose certificates count, by the ids of their methods; the one that signs now comes first."""
        return {f"{self.did}#{_multikey(key)}": key for key in (self.key.public_key(), *self.retired)}

    def document(self) -> dict[str, Any]:
        """The DID document, for /.well-known/did.json (did:web, §2.3)."""
        methods = [
            {"id": name, "type": "Multikey", "controller": self.did, "publicKeyMultibase": _multikey(key)}
            for name, key in self.methods.items()
        ]
        return {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": self.did,
            "verificationMethod": methods,
            "assertionMethod": list(self.methods),
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
    retired = [_public(each.strip()) for each in (settings.certificate_retired or "").split(",") if each.strip()]
    return Issuer(f"did:web:{place}", Ed25519PrivateKey.from_private_bytes(bytes.fromhex(found[1])), tuple(retired))


def _multikey(key: Ed25519PublicKey) -> str:
    return str(multibase.encode(_ED25519_PUBLIC + key.public_bytes_raw(), "base58btc"))


def _public(text: str) -> Ed25519PublicKey:
    """The key of a `publicKeyMultibase`."""
    try:
        if not _MULTIKEY.fullmatch(text):
            raise ValueError(text)
        data = bytes(multibase.decode(text))
        if not data.startswith(_ED25519_PUBLIC):
            raise ValueError(text)
        return Ed25519PublicKey.from_public_bytes(data.removeprefix(_ED25519_PUBLIC))
    except (ValueError, KeyError) as error:
        raise InputError(
            "certificate-key-malformed",
            f"COLOPHON_CERTIFICATE_RETIRED names {text[:60]!r}, which is no Ed25519 public key",
            "write the publicKeyMultibase, z6Mk…, that /.well-known/did.json told of it",
        ) from error


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
