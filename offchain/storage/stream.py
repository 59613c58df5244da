"""The STREAM construction over AES-256-GCM: a long secret as chunks, none of which can be moved, left out or repeated.

    file  = header ‖ chunk₀ ‖ … ‖ chunkₙ            header = magic 15 ‖ version 1 ‖ salt 16 ‖ commitment 32
    chunk = AES-256-GCM(payload key, nonce)          64 KiB of plaintext each, the last may be shorter, ‖ tag 16
    nonce = counter 11, big-endian ‖ 1 if last       so a chunk opens only in its place, and only the last as the last
    payload key 32 ‖ commitment 32 = HKDF-SHA-256(content key, salt, magic ‖ version)

Sources: Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance" (2015), figure 10 (nOAE2 by STREAM); the payload of age v1, which does the same with
ChaCha20-Poly1305; RFC 5869 (HKDF). Every byte of the header is authenticated: magic, version and salt by the key that
they lead to, the commitment by comparison. It also binds the file to one key, which GCM alone does not.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from offchain.errors import DeniedError, InputError

__all__ = [
    "CHUNK_SIZE",
    "HEADER_SIZE",
    "KEY_SIZE",
    "SALT_SIZE",
    "TAG_SIZE",
    "Header",
    "StreamCipher",
    "cipher_of",
    "damaged",
    "derive",
]

KEY_SIZE: Final = 32
SALT_SIZE: Final = 16
TAG_SIZE: Final = 16
CHUNK_SIZE: Final = 65_536
"""Bytes of plaintext in a chunk: below it each call's overhead shows, above it a seek reads more than it needs."""

_MAGIC: Final = b"colophon sealed"
_VERSION: Final = 1
_PREFIX: Final = _MAGIC + bytes((_VERSION,))
_COMMITMENT_SIZE: Final = 32
HEADER_SIZE: Final = len(_PREFIX) + SALT_SIZE + _COMMITMENT_SIZE

_COUNTER_SIZE: Final = 11


@dataclass(frozen=True, slots=True)
class Header:
    """What a sealed file begins with.

    Attributes:
        salt: 16 bytes, random for every file.
        commitment: 32 bytes that only the right content key leads to.
    """

    salt: bytes
    commitment: bytes

    def __bytes__(self) -> bytes:
        """As it stands in the file, `HEADER_SIZE` bytes."""
        return _PREFIX + self.salt + self.commitment

    @classmethod
    def parse(cls, data: bytes) -> Header:
        """Read the first bytes of a file.

        Raises:
            InputError: `sealed-malformed`, this is no sealed file; `sealed-version`, one of another version.
        """
        if len(data) < HEADER_SIZE or not data.startswith(_MAGIC):
            raise InputError("sealed-malformed", "this is no sealed content", "fetch the work's sealed rendition")
        version = data[len(_MAGIC)]
        if version != _VERSION:
            raise InputError(
                "sealed-version",
                f"this content is sealed in version {version}, and only {_VERSION} is known here",
                "update Colophon",
                version=version,
            )
        at = len(_PREFIX)
        return cls(data[at : at + SALT_SIZE], data[at + SALT_SIZE : HEADER_SIZE])


class StreamCipher:
    """Seals and opens the chunks of one file; see `derive`.

    Args:
        payload_key: 32 bytes that serve this file alone, so that counters can be nonces.
    """

    def __init__(self, payload_key: bytes) -> None:
        self._aead = AESGCM(payload_key)

    def seal(self, index: int, chunk: bytes, *, last: bool) -> bytes:
        """Encrypt the `index`-th chunk, at most `CHUNK_SIZE` bytes; `TAG_SIZE` more come out."""
        return self._aead.encrypt(_nonce(index, last=last), chunk, None)

    def open(self, index: int, sealed: bytes, *, last: bool) -> bytes:
        """Decrypt the `index`-th chunk.

        Raises:
            InputError: `sealed-damaged`, these are not the bytes that were sealed at this place.
        """
        try:
            return self._aead.decrypt(_nonce(index, last=last), sealed, None)
        except InvalidTag as error:
            raise damaged(index) from error


def derive(key: bytes, salt: bytes) -> tuple[Header, StreamCipher]:
    """The header and the cipher of a file.

    Args:
        key: content key, `KEY_SIZE` bytes.
        salt: `SALT_SIZE` bytes that were never used with this key for other content.

    Raises:
        InputError: `key-malformed`, of another length.
    """
    if len(key) != KEY_SIZE or len(salt) != SALT_SIZE:
        raise InputError("key-malformed", "a content key has 32 bytes and a salt 16", "ask for the key again")
    derived = HKDF(SHA256(), KEY_SIZE + _COMMITMENT_SIZE, salt, _PREFIX).derive(key)
    return Header(salt, derived[KEY_SIZE:]), StreamCipher(derived[:KEY_SIZE])


def cipher_of(header: Header, key: bytes) -> StreamCipher:
    """The cipher of a file that exists.

    Raises:
        DeniedError: `key-wrong`, the file was sealed with another key.
        InputError: `key-malformed`.
    """
    expected, cipher = derive(key, header.salt)
    if not hmac.compare_digest(expected.commitment, header.commitment):
        raise DeniedError("key-wrong", "this key does not open this content", "ask for the key of this very work")
    return cipher


def damaged(index: int) -> InputError:
    """The error of a chunk that does not open."""
    return InputError(
        "sealed-damaged", f"the sealed content is damaged or cut at chunk {index}", "fetch it again", chunk=index
    )


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(_COUNTER_SIZE, "big") + bytes((last,))
