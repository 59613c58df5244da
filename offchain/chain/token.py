"""An ERC-20 token with ERC-2612 permits and ERC-3009 authorizations; play money on local chains can also be minted."""

from __future__ import annotations

from typing import Final

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.eip712 import Domain, TypedData, authorization_typed, permit_typed
from offchain.chain.structs import Authorization, Call, Permit

__all__ = ["Token"]

_SYMBOL: Final = 32


class Token:
    """Typed views and unsigned calls of the token at `address`; amounts are minor units."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, "TestDollar", address)
        self.address = self.contract.address

    def symbol(self) -> str:
        """As the token states it, up to 32 printable characters: terminals and pictures show it as it is."""
        return "".join(filter(str.isprintable, str(self.contract.read("symbol"))))[:_SYMBOL]

    def decimals(self) -> int:
        """Digits of the minor unit."""
        return int(self.contract.read("decimals"))

    def balance(self, account: str) -> int:
        """What the account holds."""
        return int(self.contract.read("balanceOf", account))

    def allowance(self, owner: str, spender: str) -> int:
        """What `spender` may take from `owner`."""
        return int(self.contract.read("allowance", owner, spender))

    def nonce(self, owner: str) -> int:
        """Nonce of the owner's next ERC-2612 permit."""
        return int(self.contract.read("nonces", owner))

    def domain(self) -> Domain:
        """The token's EIP-712 domain, as it states it (ERC-5267)."""
        _, name, version, chain_id, contract, _, _ = self.contract.read("eip712Domain")
        return Domain(name, version, chain_id, contract)

    def permit_typed(self, owner: str, spender: str, value: int, deadline: int) -> TypedData:
        """What the owner's wallet signs so that `spender` may take `value` until `deadline` (Unix seconds)."""
        return permit_typed(self.domain(), owner, spender, value, self.nonce(owner), deadline)

    @staticmethod
    def permit(value: int, deadline: int, signature: bytes) -> Permit:
        """A signature over `permit_typed` in the parts that ERC-2612 wants."""
        return Permit(value, deadline, signature[64], signature[:32], signature[32:64])

    def authorization_typed(self, payer: str, receiver: str, value: int, valid_before: int, nonce: bytes) -> TypedData:
        """What the payer's wallet signs so that `receiver` may take `value` before `valid_before` (Unix seconds).

        Args:
            payer: account that signs.
            receiver: contract that takes the money; the ledger for an order.
            value: minor units, neither more nor less.
            valid_before: Unix seconds from which it is void.
            nonce: 32 bytes that the payer has not used with this token; the order's digest for an order.
        """
        return authorization_typed(self.domain(), payer, receiver, value, valid_before, nonce)

    @staticmethod
    def authorization(valid_before: int, signature: bytes) -> Authorization:
        """A signature over `authorization_typed` in the parts that ERC-3009 wants."""
        return Authorization(0, valid_before, signature[64], signature[:32], signature[32:64])

    def approve(self, spender: str, value: int) -> Call:
        """Let `spender` take `value` from the sender."""
        return self.contract.call("approve", spender, value)

    def transfer(self, receiver: str, value: int) -> Call:
        """Send `value` from the sender."""
        return self.contract.call("transfer", receiver, value)

    def mint(self, receiver: str, value: int) -> Call:
        """Make play money; TestDollar only."""
        return self.contract.call("mint", receiver, value)
