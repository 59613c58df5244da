"""The CID that a file will have on IPFS, computed here before anything is uploaded.

UnixFS as every node imports it with `--cid-version=1 --raw-leaves`: chunks of 256 KiB as raw leaves, joined by dag-pb
nodes of at most 174 links, all leaves at the same depth. A file of one chunk is that raw block.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

from offchain.storage.cid import DAG_PB, RAW, cid_bytes, cid_text
from offchain.storage.dag_pb import Link, encode_file

__all__ = ["CHUNK_SIZE", "LINKS_PER_NODE", "Outline", "chunks", "join", "local_cid", "outline"]

CHUNK_SIZE: Final = 262_144
LINKS_PER_NODE: Final = 174


@dataclass(frozen=True, slots=True)
class Outline:
    """The tree of a file without its content: some 200 bytes for each chunk.

    Attributes:
        root: the whole file.
        leaves: its chunks, in order.
        nodes: CID and block of every inner node, children before parents.
    """

    root: Link
    leaves: tuple[Link, ...]
    nodes: tuple[tuple[bytes, bytes], ...]

    @property
    def cid(self) -> str:
        """The file's CIDv1 in base32."""
        return cid_text(self.root.cid)


def local_cid(content: bytes | BinaryIO) -> str:
    """Compute the CIDv1 (base32) of a file's content, in memory that does not grow with it.

    Args:
        content: the bytes, or a binary stream that is read to its end.
    """
    stream = BytesIO(content) if isinstance(content, bytes) else content
    return cid_text(_root(map(_leaf, chunks(stream)), lambda _cid, _block: None).cid)


def outline(stream: BinaryIO) -> Outline:
    """Read a binary stream to its end and compute its tree."""
    leaves = tuple(map(_leaf, chunks(stream)))
    nodes: list[tuple[bytes, bytes]] = []
    root = _root(leaves, lambda cid, block: nodes.append((cid, block)))
    return Outline(root, leaves or (root,), tuple(nodes))


def join(children: Sequence[Link]) -> tuple[Link, bytes]:
    """The dag-pb node over `children`, and its block."""
    block = encode_file(children)
    file_size = sum(child.file_size for child in children)
    dag_size = len(block) + sum(child.dag_size for child in children)
    return Link(cid_bytes(DAG_PB, hashlib.sha256(block).digest()), file_size, dag_size), block


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Full chunks but for the last; raw streams may answer a read in smaller pieces."""
    while chunk := stream.read(CHUNK_SIZE):
        pieces, missing = [chunk], CHUNK_SIZE - len(chunk)
        while missing and (more := stream.read(missing)):
            pieces.append(more)
            missing -= len(more)
        yield chunk if len(pieces) == 1 else b"".join(pieces)


def _leaf(chunk: bytes) -> Link:
    return Link(cid_bytes(RAW, hashlib.sha256(chunk).digest()), len(chunk), len(chunk))


def _root(leaves: Iterable[Link], keep: Callable[[bytes, bytes], None]) -> Link:
    """Join leaves level by level as they come; `keep` is told every inner node.

    Only the unfinished node of each level is in memory.
    """
    levels: list[list[Link]] = [[]]

    def rise(level: int) -> None:
        node, block = join(levels[level])
        keep(node.cid, block)
        levels[level] = []
        if level + 1 == len(levels):
            levels.append([])
        levels[level + 1].append(node)

    for leaf in leaves:
        levels[0].append(leaf)
        level = 0
        while len(levels[level]) == LINKS_PER_NODE:
            rise(level)
            level += 1
    level = 0
    while level + 1 < len(levels) or len(levels[level]) > 1:
        if levels[level]:
            rise(level)
        level += 1
    return levels[level][0] if levels[level] else _leaf(b"")
