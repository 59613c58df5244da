"""The CID that a file will have on IPFS, computed here before anything is uploaded.

UnixFS as every node imports it with `--cid-version=1 --raw-leaves`: chunks of 256 KiB as raw leaves, joined by dag-pb
nodes of at most 174 links, all leaves at the same depth. A file of one chunk is that raw block. Encodings: DAG-PB and
UnixFS specifications (protobuf; links before data, a link's empty name present). Streams: one chunk is in memory at a
time, and of the others some 200 bytes each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

from offchain.storage.cid import DAG_PB, RAW, cid_bytes, cid_text

__all__ = ["CHUNK_SIZE", "LINKS_PER_NODE", "local_cid"]

CHUNK_SIZE: Final = 262_144
LINKS_PER_NODE: Final = 174

# Protobuf field keys: number << 3 | wire type (0 varint, 2 length-delimited).
_NODE_DATA: Final = 0x0A
_NODE_LINK: Final = 0x12
_LINK_HASH: Final = 0x0A
_LINK_NAME: Final = 0x12
_LINK_TSIZE: Final = 0x18
_FILE_TYPE: Final = 0x08
_FILE_SIZE: Final = 0x18
_FILE_BLOCKSIZE: Final = 0x20
_TYPE_FILE: Final = 2


@dataclass(frozen=True, slots=True)
class _Block:
    """What a parent needs to know of a block: its CID, the bytes of file below it, the bytes of blocks below it."""

    cid: bytes
    file_size: int
    dag_size: int


def local_cid(content: bytes | BinaryIO) -> str:
    """Compute the CIDv1 (base32) of a file's content.

    Args:
        content: the bytes, or a binary stream that is read to its end.
    """
    stream = BytesIO(content) if isinstance(content, bytes) else content
    blocks = [_leaf(chunk) for chunk in _chunks(stream)] or [_leaf(b"")]
    while len(blocks) > 1:
        blocks = [_join(blocks[first : first + LINKS_PER_NODE]) for first in range(0, len(blocks), LINKS_PER_NODE)]
    return cid_text(blocks[0].cid)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Full chunks but for the last; raw streams may answer a read in smaller pieces."""
    while chunk := stream.read(CHUNK_SIZE):
        while len(chunk) < CHUNK_SIZE and (more := stream.read(CHUNK_SIZE - len(chunk))):
            chunk += more
        yield chunk


def _leaf(chunk: bytes) -> _Block:
    return _Block(cid_bytes(RAW, hashlib.sha256(chunk).digest()), len(chunk), len(chunk))


def _join(children: list[_Block]) -> _Block:
    """Make the dag-pb node over `children`."""
    file_size = sum(child.file_size for child in children)
    links = b"".join(_delimited(_NODE_LINK, _link(child)) for child in children)
    node = links + _delimited(_NODE_DATA, _file(file_size, [child.file_size for child in children]))
    dag_size = len(node) + sum(child.dag_size for child in children)
    return _Block(cid_bytes(DAG_PB, hashlib.sha256(node).digest()), file_size, dag_size)


def _link(child: _Block) -> bytes:
    return _delimited(_LINK_HASH, child.cid) + _delimited(_LINK_NAME, b"") + _number(_LINK_TSIZE, child.dag_size)


def _file(size: int, block_sizes: list[int]) -> bytes:
    parts = [_number(_FILE_TYPE, _TYPE_FILE), _number(_FILE_SIZE, size)]
    return b"".join(parts + [_number(_FILE_BLOCKSIZE, block_size) for block_size in block_sizes])


def _delimited(key: int, value: bytes) -> bytes:
    return bytes((key,)) + _varint(len(value)) + value


def _number(key: int, value: int) -> bytes:
    return bytes((key,)) + _varint(value)


def _varint(value: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
