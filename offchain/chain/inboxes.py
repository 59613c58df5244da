"""RoyaltyInboxes: an address for every work that anybody may pay (contracts/interfaces/IRoyaltyInboxes.sol)."""

from __future__ import annotations

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.structs import Call

__all__ = ["RoyaltyInboxes"]


class RoyaltyInboxes:
    """Typed views and unsigned calls of the inboxes at `address`."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, "RoyaltyInboxes", address)
        self.address = self.contract.address

    def inbox(self, work: int) -> str:
        """Address of a work's inbox, whether or not anything was deployed there."""
        return str(self.contract.read("inboxOf", work))

    def sweep(self, work: int, currency: int) -> Call:
        """Move what an inbox holds of one of the ledger's currencies into the ledger; anybody may."""
        return self.contract.call("sweep", work, currency)
