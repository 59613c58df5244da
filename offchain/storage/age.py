"""Keys in transit: a content key as an age file (age-encryption.org/v1) that only its recipient opens.

A recipient is an X25519 public key, `age1…`; its identity, `AGE-SECRET-KEY-1…`, stays with whoever made it. What comes
out is an armored age file of the 32 key bytes, so the `age` program itself opens it: `age -d -i IDENTITY FILE`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # the library ships no types

from offchain.errors import DeniedError, InputError

__all__ = ["keep_identity", "new_identity", "normal_recipient"]
__all__ += ["read_identity", "recipient_of", "unwrap_key", "wrap_key"]


def new_identity() -> str:
    """A new secret identity, as `age-keygen` writes it."""
    return str(pyrage.x25519.Identity.generate())


def recipient_of(identity: str) -> str:
    """The recipient of an identity, which anybody may know.

    Raises:
        InputError: `identity-malformed`.
    """
    return str(_identity(identity).to_public())


def normal_recipient(text: str) -> str:
    """A recipient in the one form that it has.

    Raises:
        InputError: `recipient-malformed`, not an X25519 recipient; keys of SSH and plugins are none.
    """
    return str(_recipient(text))


def wrap_key(key: bytes, recipient: str) -> str:
    """Encrypt a content key to a recipient; an armored age file.

    Raises:
        InputError: `recipient-malformed`.
    """
    return str(pyrage.encrypt(key, [_recipient(recipient)], armored=True), "ascii")


def unwrap_key(wrapped: str, identity: str) -> bytes:
    """Decrypt a content key.

    Raises:
        InputError: `identity-malformed`, or `age-malformed` for what is no age file.
        DeniedError: `wrong-recipient`, it was made for somebody else.
    """
    secret = _identity(identity)
    try:
        return bytes(pyrage.decrypt(wrapped.encode("ascii", "replace"), [secret]))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):  # the library has one error for both
            raise DeniedError(
                "wrong-recipient", "this key was made for another age recipient", "ask for it with your own"
            ) from error
        raise InputError("age-malformed", "this is no undamaged age file", "ask for the key again") from error


def keep_identity(path: Path) -> str:
    """The identity in a file that `age-keygen` could have written; made, readable by its owner alone, where none is.

    Raises:
        InputError: `identity-malformed`, or `file-unreadable`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_identity(path)
    except OSError as error:
        raise _unreadable(path) from error
    identity = new_identity()
    with os.fdopen(handle, "w") as stream:
        stream.write(f"# public key: {recipient_of(identity)}\n{identity}\n")
    return identity


def read_identity(path: Path) -> str:
    """The identity in a file that `age-keygen` wrote.

    Raises:
        InputError: `identity-malformed`, or `file-unreadable`.
    """
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error
    identity = next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")
    _identity(identity)
    return identity


def _identity(text: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(text)
    except (pyrage.IdentityError, UnicodeEncodeError) as error:
        raise InputError(
            "identity-malformed", "this is no age identity", "give a file that age-keygen wrote"
        ) from error


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except (pyrage.RecipientError, UnicodeEncodeError) as error:
        raise InputError(
            "recipient-malformed", "this is no age recipient", "give an X25519 recipient, age1…"
        ) from error


def _unreadable(path: Path) -> InputError:
    return InputError("file-unreadable", f"the age identity {path} cannot be read or made", "correct the path")
