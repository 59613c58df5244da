"""Whose key signs: an account of the public test mnemonic, or a keystore."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from offchain.errors import InputError

if TYPE_CHECKING:
    from offchain.chain.signer import Signer
    from offchain.config import Settings

__all__ = ["Key", "pricing_signer", "require_signer", "signer_of"]

_PRICING_ACCOUNT = 2  # its role among the development accounts; see offchain.chain.signer.development


@dataclass(frozen=True, slots=True)
class Key:
    """What the user said about keys; `account` counts in the public test mnemonic."""

    account: int | None = None
    keystore: Path | None = None
    password_file: Path | None = None


def signer_of(key: Key, chain_id: int) -> Signer | None:
    """The signer that the user named, or None.

    Raises:
        InputError: two keys, or a keystore that cannot be read.
        DeniedError: `wrong-password`.
        RefusedError: `development-key`.
    """
    from offchain.chain.signer import development_signer, unlock_keystore

    # An explicit --as wins over a keystore from the environment; both on the command line cannot be told apart from
    # it, so the account wins there, too, and every result names the account that signed.
    if key.account is not None:
        return development_signer(key.account, chain_id)
    if key.keystore is None:
        return None
    return unlock_keystore(key.keystore, _password(key), chain_id)


def require_signer(key: Key, chain_id: int) -> Signer:
    """The signer that the user named.

    Raises:
        InputError: `key-missing`; else as `signer_of`.
    """
    signer = signer_of(key, chain_id)
    if signer is None:
        raise InputError(
            "key-missing",
            "this command signs, and no key was given",
            "--keystore FILE (or COLOPHON_KEYSTORE), or --as N on a local chain",
        )
    return signer


def pricing_signer(settings: Settings, chain_id: int, own: Signer | None) -> Signer | None:
    """Who signs quotes: the settings' pricing key, else account 2 of a local chain, else the user's own key."""
    from offchain.chain.signer import DEVELOPMENT_CHAINS, LocalSigner, development_signer

    if settings.pricing_key is not None:
        return LocalSigner(settings.pricing_key, chain_id)
    return development_signer(_PRICING_ACCOUNT, chain_id) if chain_id in DEVELOPMENT_CHAINS else own


def _password(key: Key) -> str:
    if key.password_file is not None:
        try:
            return key.password_file.read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            raise InputError(
                "password-unreadable", f"{key.password_file} cannot be read", "correct --password-file"
            ) from error
    if not sys.stdin.isatty():
        raise InputError("password-missing", "the keystore needs a password", "give --password-file FILE")
    return str(typer.prompt("Password of the keystore", hide_input=True, err=True))
