"""EIP-721 as titles and licences use it: owners, one approval a token, operators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.contracts.reference.rules import Room

__all__ = ["Tokens"]

NOBODY = "0x" + "0" * 40


@dataclass
class Tokens(Room):
    """Who owns which token, and who else may move it. Errors are Solady's."""

    STATE = ("owners", "approved", "operators")

    owners: dict[int, str] = field(default_factory=dict)
    approved: dict[int, str] = field(default_factory=dict)
    operators: set[tuple[str, str]] = field(default_factory=set)

    def may_move(self, mover: str, token: int) -> bool:
        """Owner, operator of the owner, or the approved account."""
        owner = self.owners.get(token)
        return owner is not None and (
            mover == owner or (owner, mover) in self.operators or self.approved.get(token) == mover
        )

    def approval_reasons(self, caller: str, token: int) -> Iterator[str]:
        """Only the owner and its operators approve."""
        owner = self.owners.get(token)
        if owner is None:
            yield "TokenDoesNotExist"
        elif caller != owner and (owner, caller) not in self.operators:
            yield "NotOwnerNorApproved"

    def transfer_reasons(self, caller: str, sender: str, receiver: str, token: int) -> Iterator[str]:
        """Why `caller` cannot move a token."""
        if token not in self.owners:
            yield "TokenDoesNotExist"
        elif self.owners[token] != sender:
            yield "TransferFromIncorrectOwner"
        if receiver == NOBODY:
            yield "TransferToZeroAddress"
        if token in self.owners and not self.may_move(caller, token):
            yield "NotOwnerNorApproved"

    def move(self, token: int, receiver: str) -> None:
        """Mint or transfer; an approval ends with the ownership that gave it."""
        self.owners[token] = receiver
        self.approved.pop(token, None)

    def burn(self, token: int) -> None:
        """Forget a token."""
        self.owners.pop(token)
        self.approved.pop(token, None)
