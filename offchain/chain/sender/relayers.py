"""The accounts that share the work of relaying, and whose turn it is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from offchain.chain.signer import Signer

__all__ = ["Relayers"]


class Relayers:
    """One or more accounts, any of which may send what the service relays.

    Args:
        signers: at least one; one that is named twice counts once.
    """

    def __init__(self, signers: Sequence[Signer]) -> None:
        self.signers: dict[str, Signer] = {each.address: each for each in signers}
        self._turns = itertools.count()

    @property
    def address(self) -> str:
        """EIP-55 address of the first, which stands for all where a call is only tried."""
        return next(iter(self.signers))

    def by_load(self, waiting: Mapping[str, int]) -> list[Signer]:
        """Everybody, whoever has the fewest transactions on their way first; equals take turns."""
        everybody = list(self.signers.values())
        turn = next(self._turns) % len(everybody)
        return sorted(everybody[turn:] + everybody[:turn], key=lambda each: waiting.get(each.address, 0))

    def __repr__(self) -> str:
        return f"Relayers({', '.join(self.signers)})"
