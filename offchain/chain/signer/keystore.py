"""Keystores: a private key encrypted with a password (Web3 Secret Storage Definition, version 3)."""

from __future__ import annotations

import json
from pathlib import Path

from eth_account import Account

from offchain.chain.signer.local import LocalSigner
from offchain.errors import DeniedError, InputError

__all__ = ["open_keystore", "unlock_keystore"]


def open_keystore(path: Path, password_path: Path, chain_id: int) -> LocalSigner:
    """Decrypt a keystore with the password that stands in another file.

    Raises:
        InputError: `keystore-unreadable`, a file is missing or is not a keystore of version 3.
        DeniedError: `wrong-password`.
        RefusedError: `development-key`.
    """
    return unlock_keystore(path, _read(password_path).rstrip("\r\n"), chain_id)


def unlock_keystore(path: Path, password: str, chain_id: int) -> LocalSigner:
    """Decrypt a keystore with a password that its owner typed.

    Raises:
        InputError: `keystore-unreadable`, the file is missing or is not a keystore of version 3.
        DeniedError: `wrong-password`.
        RefusedError: `development-key`.
    """
    try:
        keystore = json.loads(_read(path))
    except ValueError as error:
        raise _not_a_keystore(path) from error
    if not isinstance(keystore, dict) or keystore.get("version") != 3:
        raise _not_a_keystore(path)
    try:
        key = bytes(Account.decrypt(keystore, password))
    except (ValueError, KeyError, TypeError) as error:
        raise DeniedError("wrong-password", f"the password does not open {path}", "give the right password") from error
    return LocalSigner(key.hex(), chain_id)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise InputError("keystore-unreadable", f"{path} cannot be read", "correct the path") from error


def _not_a_keystore(path: Path) -> InputError:
    return InputError("keystore-unreadable", f"{path} is not a keystore of version 3", "export the key again")
