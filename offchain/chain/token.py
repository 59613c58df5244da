"""An ERC-20 token with ERC-2612 permits; play money on local chains can also be minted."""

from __future__ import annotations

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.eip712 import Domain, TypedData, permit_typed
from offchain.chain.structs import Call, Permit

__all__ = ["Token"]


class Token:
    """Typed views and unsigned calls of the token at `address`; amounts are minor units."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, "TestDollar", address)
        self.address = self.contract.address

    def symbol(self) -> str:
        """As the token states it."""
        return str(self.contract.read("symbol"))

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

    def approve(self, spender: str, value: int) -> Call:
        """Let `spender` take `value` from the sender."""
        return self.contract.call("approve", spender, value)

    def transfer(self, receiver: str, value: int) -> Call:
        """Send `value` from the sender."""
        return self.contract.call("transfer", receiver, value)

    def mint(self, receiver: str, value: int) -> Call:
        """Make play money; TestDollar only."""
        return self.contract.call("mint", receiver, value)
