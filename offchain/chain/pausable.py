"""What WorkRegistry and Licensing share: an admin and a guardian who stop registrations and sales (Pausable.sol)."""

from __future__ import annotations

from offchain.chain.contract import BoundContract
from offchain.chain.structs import Call

__all__ = ["Pausable"]


class Pausable:
    """Views and unsigned calls of a contract that can be stopped; no payment ever is."""

    contract: BoundContract

    def paused(self) -> bool:
        """Whether registrations, or sales, are stopped."""
        return bool(self.contract.read("paused"))

    def guardian(self) -> str:
        """Who may stop, but not resume, beside the admin; zero for nobody."""
        return str(self.contract.read("guardian"))

    def set_paused(self, paused: bool) -> Call:
        """Stop or resume; the admin, or to stop the guardian."""
        return self.contract.call("setPaused", paused)

    def set_guardian(self, guardian: str) -> Call:
        """Name who may stop beside the admin; admin only."""
        return self.contract.call("setGuardian", guardian)
