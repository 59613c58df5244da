"""What a signer is, wherever its key lives."""

from __future__ import annotations

from typing import Protocol

from web3.types import TxParams

from offchain.chain.eip712 import TypedData

__all__ = ["Signer"]


class Signer(Protocol):
    """One account that signs."""

    @property
    def address(self) -> str:
        """EIP-55 address of the account."""

    def sign_typed(self, typed: TypedData) -> bytes:
        """65 bytes r ‖ s ‖ v over EIP-712 typed data."""

    def sign_digest(self, hashed: bytes) -> bytes:
        """65 bytes r ‖ s ‖ v over typed data whose `eip712.digest` is at hand, which saves encoding it again."""

    def sign_transaction(self, transaction: TxParams) -> bytes:
        """The raw signed transaction; every field must be filled in, chain id included."""
