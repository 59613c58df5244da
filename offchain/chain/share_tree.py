"""Merkle-sum trees over a first distribution of royalty shares (contracts/libraries/MerkleSum.sol)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from eth_abi.abi import encode
from eth_utils.crypto import keccak

__all__ = ["Node", "ShareTree"]

Node: TypeAlias = tuple[bytes, int]
"""A hash, and the units below it."""

_NOTHING: Final[Node] = (bytes(32), 0)


class ShareTree:
    """The complete tree over (account, units); leaf i has index i.

    Empty places up to a power of two hold the zero hash, which no leaf has, so that no index names two leaves
    (docs/SPECIFICATION.md §2, large first distribution).

    Args:
        leaves: at least one; the contract takes a tree only whose units are 1,000,000 in all.
    """

    def __init__(self, leaves: Sequence[tuple[str, int]]) -> None:
        level = [_leaf(index, account, units) for index, (account, units) in enumerate(leaves)]
        level += [_NOTHING] * ((1 << (len(level) - 1).bit_length()) - len(level))
        self._levels = [level]
        while len(level) > 1:
            level = [_parent(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
            self._levels.append(level)

    @property
    def root(self) -> bytes:
        """Hash at the top."""
        return self._levels[-1][0][0]

    def proof(self, index: int) -> list[Node]:
        """Siblings of a leaf on the way up, leaf first."""
        return [level[(index >> height) ^ 1] for height, level in enumerate(self._levels[:-1])]


def _leaf(index: int, account: str, units: int) -> Node:
    return keccak(keccak(encode(["uint256", "address", "uint256"], [index, account, units]))), units


def _parent(left: Node, right: Node) -> Node:
    both = encode(["bytes32", "uint256", "bytes32", "uint256"], [*left, *right])
    return keccak(both), left[1] + right[1]
