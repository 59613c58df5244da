"""Times of blocks, and blocks by time."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from offchain.chain.client import Client
from offchain.errors import UnavailableError

__all__ = ["first_block_since", "time_of"]

_REMEMBERED: Final = 100_000
"""Block times kept in a process; a block's time never changes."""


@lru_cache(maxsize=_REMEMBERED)
def time_of(client: Client, block_hash: bytes) -> int:
    """Unix seconds of a block.

    Raises:
        UnavailableError: `chain-unstable`, the chain dropped that block meanwhile.
    """
    block = client.block(block_hash)
    if block is None:
        raise UnavailableError(
            "chain-unstable", "a block that was read before is gone", "try again when the chain has settled"
        )
    return block.timestamp


def first_block_since(client: Client, seconds: int, first: int, last: int) -> int:
    """The first of the blocks `first` to `last` whose time is not before `seconds`; `last + 1` when there is none.

    Blocks' times never fall, so this halves the range: some thirty questions for a whole chain.
    """
    low, high = first, last + 1
    while low < high:
        middle = (low + high) // 2
        block = client.block(middle)
        if block is None or block.timestamp >= seconds:
            high = middle
        else:
            low = middle + 1
    return low
