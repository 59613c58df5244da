"""Merkle-sum trees over a first distribution of shares, and the check of a leaf (docs/SPECIFICATION.md §2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from eth_utils import keccak

from tests.contracts.reference.rules import UNITS
from tests.contracts.shares import Node, Tree, tree

__all__ = ["Leaves", "climbed", "leaves_of", "plant"]

Leaves = tuple[tuple[str, int], ...]
"""(account, units); the place of a leaf is its index."""
_planted: dict[bytes, Leaves] = {}


@cache
def plant(leaves: Leaves) -> Tree:
    """The tree over some leaves, whose root is recognised from now on."""
    planted = tree(leaves)
    _planted[planted.root] = leaves
    return planted


def leaves_of(root: bytes) -> Leaves | None:
    """What can be activated under a root: nothing, unless its sum is exactly a million."""
    leaves = _planted.get(root)
    return leaves if leaves is not None and sum(units for _, units in leaves) == UNITS else None


def climbed(index: int, account: str, units: int, proof: Sequence[Node]) -> tuple[bytes, int, int]:
    """(hash, sum, what is left of the index) at the top of a path."""
    words = (index, int(account, 16), units)
    node = keccak(keccak(b"".join(word.to_bytes(32, "big") for word in words)))
    total = units
    for beside, amount in proof:
        sums = total.to_bytes(32, "big"), amount.to_bytes(32, "big")
        node = keccak(beside + sums[1] + node + sums[0] if index & 1 else node + sums[0] + beside + sums[1])
        total += amount
        index >>= 1
    return node, total, index
