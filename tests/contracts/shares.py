"""Merkle-sum trees over a first distribution of shares, or over the money of an epoch.

Written from docs/SPECIFICATION.md: leaf keccak256(bytes.concat(keccak256(abi.encode(index, to, amount)))), node
keccak256(abi.encode(left hash, left sum, right hash, right sum)); the path follows the bits of the index, lowest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils import keccak

__all__ = ["Node", "Tree", "tree"]

Node = tuple[bytes, int]
NOTHING: Node = (b"\0" * 32, 0)


@dataclass(frozen=True)
class Tree:
    """Levels of nodes, leaves first; every level but the last has an even number."""

    levels: list[list[Node]]

    @property
    def root(self) -> bytes:
        """Hash at the top."""
        return self.levels[-1][0][0]

    @property
    def total(self) -> int:
        """Sum at the top."""
        return self.levels[-1][0][1]

    def proof(self, index: int) -> list[Node]:
        """Siblings on the way up from leaf `index`."""
        path = []
        for level in self.levels[:-1]:
            path.append(level[index ^ 1])
            index >>= 1
        return path


def tree(leaves: Sequence[tuple[str | int, int]]) -> Tree:
    """The tree over (account or work, amount); leaf i has index i."""
    level = [(keccak(keccak(_words(i, to, amount))), amount) for i, (to, amount) in enumerate(leaves)]
    levels = []
    while len(level) > 1:
        level += [NOTHING] * (len(level) % 2)
        levels.append(level)
        level = [_parent(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return Tree([*levels, level])


def _parent(left: Node, right: Node) -> Node:
    return keccak(left[0] + left[1].to_bytes(32, "big") + right[0] + right[1].to_bytes(32, "big")), left[1] + right[1]


def _words(index: int, to: str | int, amount: int) -> bytes:
    number = to if isinstance(to, int) else int(str(to), 16)
    return b"".join(value.to_bytes(32, "big") for value in (index, number, amount))
