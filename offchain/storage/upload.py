"""Sending a long file to a node in parts, so that an interrupted upload goes on where it stopped.

A part is 16 MiB of leaves under a node of their own, imported as one CAR file and pinned. The node's pins are the only
journal: whoever tries again, from whatever machine, asks which parts are there and sends the rest. When the file's own
root is pinned the pins that this upload made are given back; their leaves stay, held by the root. What was pinned
before stays so: a file of exactly one part has the root of that part, and somebody may keep it. What uploads that were
broken off leave, `part_cids` names: `offchain.workflows.sweeping` gives it back.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO, Final, Protocol

from offchain.errors import InputError, UnavailableError
from offchain.storage.cid import cid_digest, cid_text
from offchain.storage.dag_pb import Link
from offchain.storage.unixfs import CHUNK_SIZE, Outline, chunks, join

__all__ = ["PART_LEAVES", "BlockStore", "is_long", "part_cids", "upload"]

PART_LEAVES: Final = 64
"""Leaves of a part: what an interruption costs at most."""


class BlockStore(Protocol):
    """What an upload needs of a node; errors as of `IpfsNode`."""

    def is_pinned(self, cid: str) -> bool:
        """Whether this root is pinned."""

    def unpin(self, cid: str) -> None:
        """Give a root's pin back."""

    def import_blocks(self, root: Link, blocks: Iterable[tuple[bytes, bytes]]) -> None:
        """Store blocks and pin the tree that they complete."""


def is_long(tree: Outline) -> bool:
    """Whether a file has more than one part."""
    return len(tree.leaves) > PART_LEAVES


def part_cids(tree: Outline) -> tuple[str, ...]:
    """Roots of the parts that a long file is sent in; none for a file that is sent in one piece."""
    return tuple(cid_text(join(part)[0].cid) for part in _parts(tree)) if is_long(tree) else ()


def upload(node: BlockStore, stream: BinaryIO, tree: Outline) -> None:
    """Store and pin a file, sending only what the node lacks.

    Args:
        node: that keeps it.
        stream: the file; can seek.
        tree: its outline.

    Raises:
        InputError: `file-changed`, the file is no longer what was outlined.
        UnavailableError: as the node says.
    """
    if node.is_pinned(tree.cid):
        return
    parts = _parts(tree)
    roots = [join(part) for part in parts]
    # Parts are sent in order, so those that are there come first.
    there = bisect_left(range(len(parts)), x=True, key=lambda at: not node.is_pinned(cid_text(roots[at][0].cid)))
    made = _send(node, stream, parts, roots, range(there, len(parts)))
    try:
        node.import_blocks(tree.root, reversed(tree.nodes))
    except UnavailableError:
        if there == 0:
            raise
        # A node may have lost blocks of what it says is pinned.
        made += _send(node, stream, parts, roots, range(there))
        node.import_blocks(tree.root, reversed(tree.nodes))
    for cid in made:
        node.unpin(cid)


def _parts(tree: Outline) -> list[tuple[Link, ...]]:
    return [tree.leaves[at : at + PART_LEAVES] for at in range(0, len(tree.leaves), PART_LEAVES)]


def _send(
    node: BlockStore,
    stream: BinaryIO,
    parts: Sequence[Sequence[Link]],
    roots: Sequence[tuple[Link, bytes]],
    chosen: Iterable[int],
) -> list[str]:
    """Store and pin parts; those that nobody had pinned before."""
    made = []
    for at in chosen:
        root, block = roots[at]
        cid = cid_text(root.cid)
        if not node.is_pinned(cid):
            made.append(cid)
        stream.seek(at * PART_LEAVES * CHUNK_SIZE)
        node.import_blocks(root, chain([(root.cid, block)], _read(stream, parts[at])))
    return made


def _read(stream: BinaryIO, part: Sequence[Link]) -> Iterator[tuple[bytes, bytes]]:
    pieces = chunks(stream)
    for leaf in part:
        chunk = next(pieces, b"")
        if hashlib.sha256(chunk).digest() != cid_digest(leaf.cid):
            raise InputError("file-changed", "the file changed while it was being pinned", "pin it again")
        yield leaf.cid, chunk
