"""The relayers' keys, wherever the settings say that they lie."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from offchain.chain.signer import LocalSigner, RemoteSigner, Signer, unlock_keystore
from offchain.config import Settings
from offchain.errors import InputError

__all__ = ["relay_signers"]


def relay_signers(settings: Settings, chain_id: int) -> list[Signer]:
    """Every relayer: plain keys first, then keystores, then keys in a key service.

    Raises:
        InputError: `key-malformed`, `keystore-unreadable`, `signer-url-malformed`; `setting-missing`, a password or a
            token is not told.
        DeniedError: `wrong-password`, `signer-denied`.
        RefusedError: `development-key`.
        UnavailableError: `signer-down`, `signer-answer-malformed`.
    """
    signers: list[Signer] = [LocalSigner(key, chain_id) for key in _several(settings.relayer_key)]
    for path in _several(settings.relayer_keystore):
        if settings.relayer_password is None:
            raise _missing("RELAYER_PASSWORD", "the relayers' keystores")
        signers.append(unlock_keystore(Path(path), settings.relayer_password, chain_id))
    for url in _several(settings.relayer_kms):
        if settings.kms_token is None:
            raise _missing("KMS_TOKEN", "the key service")
        signers.append(RemoteSigner(url, partial(_token, settings.kms_token), chain_id))
    return signers


def _several(text: str | None) -> list[str]:
    return [each.strip() for each in re.split(r"[,\n]", text or "") if each.strip()]


def _token(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "setting-unreadable",
            f"COLOPHON_KMS_TOKEN_FILE names {path}, which cannot be read",
            "correct the path or unset the variable",
        ) from error


def _missing(name: str, what: str) -> InputError:
    return InputError(
        "setting-missing", f"{what} cannot be opened without COLOPHON_{name}_FILE", f"set COLOPHON_{name}_FILE"
    )
