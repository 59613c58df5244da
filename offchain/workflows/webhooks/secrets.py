"""Signing secrets of webhooks, at rest under the service's master key."""

from __future__ import annotations

import base64
import hashlib
import secrets

from offchain.errors import UnavailableError
from offchain.storage.master_key import MasterKey

__all__ = ["new_secret", "open_secret", "opens", "seal_secret"]


def new_secret() -> str:
    """32 random bytes, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def seal_secret(key: MasterKey, webhook: str, secret: str) -> bytes:
    """Encrypt a secret; it opens for the same webhook alone."""
    return key.wrap(_bound(webhook), secret.encode())


def open_secret(key: MasterKey, webhook: str, sealed: bytes) -> str:
    """Decrypt a secret.

    Raises:
        UnavailableError: `content-key-damaged`, another master key, or another webhook's.
    """
    return key.unwrap(_bound(webhook), sealed).decode()


def opens(key: MasterKey, webhook: str, sealed: bytes) -> bool:
    """Whether the secret is encrypted under this key."""
    try:
        open_secret(key, webhook, sealed)
    except UnavailableError:
        return False
    return True


def _bound(webhook: str) -> int:
    """A number that no work has but by chance of 2^-256: what the encryption is bound to beside the key."""
    return int.from_bytes(hashlib.sha256(b"colophon webhook " + webhook.encode()).digest(), "big")
