"""A key held in this process's memory."""

from __future__ import annotations

import re
from typing import Any, Final, cast

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_keys.datatypes import PrivateKey
from web3.types import TxParams

from offchain.chain.eip712 import TypedData, digest
from offchain.chain.signer.development import development_key, refuse_development_key
from offchain.errors import InputError

__all__ = ["LocalSigner", "development_signer"]

_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")
_ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Order of secp256k1's group (SEC 2, section 2.4.1); keys are smaller."""


class LocalSigner:
    """Signs with a private key.

    Args:
        key: 32 bytes in hex, with or without `0x`.
        chain_id: chain on which it will sign.

    Raises:
        InputError: `key-malformed`; the key itself is not shown.
        RefusedError: `development-key`.
    """

    def __init__(self, key: str, chain_id: int) -> None:
        # Parsed here: the library's own errors would show the key, and it takes zero for one.
        digits = key.strip().removeprefix("0x")
        if not _HEX.fullmatch(digits) or not 0 < int(digits, 16) < _ORDER:
            raise InputError("key-malformed", "this is not a private key", "give 32 bytes in hex")
        self._account: LocalAccount = Account.from_key("0x" + digits)
        # Kept beside it: at each signature eth-account derives the public key anew, which takes as long as signing.
        self._key = PrivateKey(bytes.fromhex(digits))
        refuse_development_key(self._account.address, chain_id)

    @property
    def address(self) -> str:
        """EIP-55 address of the account."""
        return self._account.address

    def sign_typed(self, typed: TypedData) -> bytes:
        """65 bytes r ‖ s ‖ v over EIP-712 typed data."""
        return self.sign_digest(digest(typed))

    def sign_digest(self, hashed: bytes) -> bytes:
        """65 bytes r ‖ s ‖ v over the digest of EIP-712 typed data."""
        v, r, s = self._key.sign_msg_hash(hashed).vrs
        return int(r).to_bytes(32, "big") + int(s).to_bytes(32, "big") + bytes([27 + v])

    def sign_transaction(self, transaction: TxParams) -> bytes:
        """The raw signed transaction."""
        return bytes(self._account.sign_transaction(cast("dict[str, Any]", transaction)).raw_transaction)

    def __repr__(self) -> str:
        return f"LocalSigner({self.address})"


def development_signer(index: int, chain_id: int) -> LocalSigner:
    """Account `index` (0 to 19) of the public test mnemonic.

    Raises:
        RefusedError: `development-key`, the chain is not a local one.
    """
    return LocalSigner(development_key(index), chain_id)
