"""Keys at rest: content keys as the store keeps them, encrypted under the service's one master key.

    wrapped = nonce 12 ‖ AES-256-GCM(master key, nonce, content key; associated: label ‖ work 32) = 12 + 32 + 16 bytes

The work is authenticated with its key, so a row moved to another work does not open there. The master key is 32
random bytes from `COLOPHON_CONTENT_KEY[_FILE]`; a backup of it and of the database opens everything, one alone nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from offchain.errors import InputError, UnavailableError

__all__ = ["MasterKey", "keep_master_key"]

_HEX: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")
_LABEL: Final = b"colophon content key 1"
_NONCE_SIZE: Final = 12


class MasterKey:
    """A master key; it is never shown.

    Args:
        text: 32 bytes in hex.

    Attributes:
        id: 16 hex digits that name the key and tell nothing about it.

    Raises:
        InputError: `content-key-malformed`.
    """

    def __init__(self, text: str) -> None:
        found = _HEX.fullmatch(text.strip())
        if found is None:
            raise InputError(
                "content-key-malformed", "the content key is not 32 bytes in hex", "openssl rand -hex 32 makes one"
            )
        key = bytes.fromhex(found[1])
        self.id = hmac.digest(key, b"colophon master key id", hashlib.sha256).hex()[:16]
        self._aead = AESGCM(key)

    def __repr__(self) -> str:
        return f"MasterKey({self.id})"

    def wrap(self, work: int, key: bytes) -> bytes:
        """Encrypt a work's content key."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._aead.encrypt(nonce, key, _bound(work))

    def unwrap(self, work: int, wrapped: bytes) -> bytes:
        """Decrypt a work's content key.

        Raises:
            UnavailableError: `content-key-damaged`, it was changed, or is another work's or master's.
        """
        try:
            return self._aead.decrypt(wrapped[:_NONCE_SIZE], wrapped[_NONCE_SIZE:], _bound(work))
        except (InvalidTag, ValueError) as error:  # ValueError: no whole nonce
            raise UnavailableError(
                "content-key-damaged",
                "a content key in the store does not open",
                "set COLOPHON_CONTENT_KEY to the key it was kept under, or restore the database",
            ) from error


def keep_master_key(path: Path) -> MasterKey:
    """The master key in a file; made, readable by its owner alone, where there is none.

    It outlives a power cut from then on, since what is wrapped under it may be committed at once.

    Raises:
        InputError: `content-key-malformed`.
        UnavailableError: `disk-failed`.
    """
    try:
        if not path.exists():
            _make(path)
        key = MasterKey(path.read_text("ascii"))
        # Whoever made it, perhaps just now, need not have come as far as this.
        _sync(path)
        _sync(path.parent)
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(
            "disk-failed", f"the content key {path} cannot be read or made", "make it readable, or name another"
        ) from error
    return key


def _make(path: Path) -> None:
    _make_folder(path.parent)
    written = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(32) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        # Of processes that start together one wins, and its key is whole when it appears.
        os.link(written, path)
    except FileExistsError:
        pass
    finally:
        written.unlink()


def _make_folder(folder: Path) -> None:
    """With every folder above it that is not there; a folder that is lost takes the key along."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)
        _sync(folder.parent)


def _sync(path: Path) -> None:
    """Bring a file's bytes, or the names in a folder, to the disk (fsync(2))."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _bound(work: int) -> bytes:
    return _LABEL + work.to_bytes(32, "big")
