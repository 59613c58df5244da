"""CAR files, version 1: a file's blocks in one archive that any IPFS tool reads.

    header  = varint(length) ‖ DAG-CBOR {roots: [CID …], version: 1}
    section = varint(length) ‖ CID ‖ block, one after the other to the end

Format: CARv1 specification (IPLD). Blocks are hashed as they are read, since nodes do not all do so (js-ipfs does not).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from offchain.errors import InputError
from offchain.storage.cid import DAG_PB, cid_bytes, cid_digest, cid_text, is_file_cid
from offchain.storage.reading import MAX_BLOCK
from offchain.storage.varint import encode_varint, read_varint

__all__ = ["CarFile", "read_car", "write_car"]

Block = tuple[bytes, bytes]
"""CID and content."""

_CID_SIZE: Final = 36
_OLD_CID_SIZE: Final = 34
_OLD_CID: Final = b"\x12\x20"
_MAX_HEADER: Final = 2**16
_MAX_SECTION: Final = _CID_SIZE + MAX_BLOCK
_MAX_COUNT: Final = 9
"""Bytes of the longest length."""

# DAG-CBOR has one form for a value: map of two, text keys by length, CIDs under tag 42 behind a zero byte.
_HEADER: Final = re.compile(
    rb"\xa2\x65roots(?:[\x81-\x97]|\x98.|\x99..)"
    rb"(?P<roots>(?:\xd8\x2a\x58\x25\x00.{36}|\xd8\x2a\x58\x23\x00.{34})+)\x67version\x01",
    re.DOTALL,
)
_ROOT: Final = re.compile(rb"\xd8\x2a\x58(?:\x25\x00(.{36})|\x23\x00(.{34}))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CarFile:
    """A CAR file that is being read.

    Attributes:
        roots: CIDs of what it was made for, CIDv1.
        blocks: verified blocks in the order of the file; reading them raises what `read_car` raises.
    """

    roots: tuple[bytes, ...]
    blocks: Iterator[Block]


def write_car(roots: Sequence[bytes], blocks: Iterable[Block]) -> Iterator[bytes]:
    """The pieces of a CAR file, each block once.

    Args:
        roots: at least one CIDv1, at most 23.
        blocks: CIDs and contents, best in the order in which a tree is walked.
    """
    listed = b"".join(b"\xd8\x2a\x58\x25\x00" + root for root in roots)
    header = b"\xa2\x65roots" + bytes((0x80 | len(roots),)) + listed + b"\x67version\x01"
    yield encode_varint(len(header)) + header
    written: set[bytes] = set()
    for cid, block in blocks:
        if cid not in written:
            written.add(cid)
            yield encode_varint(len(cid) + len(block)) + cid
            yield block


def read_car(stream: BinaryIO) -> CarFile:
    """Read a CAR file of raw and dag-pb blocks, one block in memory at a time.

    Raises:
        InputError: `car-malformed` for what is no CAR file, is cut short, or holds a block that is not its CID's;
            `car-unsupported` for CIDs of other kinds and blocks above 2 MiB.
    """
    header = _read_part(stream, _MAX_HEADER)
    match = _HEADER.fullmatch(header or b"")
    if match is None:
        raise _malformed("it does not begin with the header of CAR version 1")
    roots = tuple(_new_form(new or old) for new, old in _ROOT.findall(match["roots"]))
    return CarFile(roots, _blocks(stream))


def _blocks(stream: BinaryIO) -> Iterator[Block]:
    while (section := _read_part(stream, _MAX_SECTION)) is not None:
        size = _OLD_CID_SIZE if section.startswith(_OLD_CID) else _CID_SIZE
        cid, block = _new_form(section[:size]), section[size:]
        if hashlib.sha256(block).digest() != cid_digest(cid):
            raise _malformed(f"its block {cid_text(cid)} has another content")
        yield cid, block


def _new_form(cid: bytes) -> bytes:
    """A CIDv1; a CIDv0 is the bare hash of a dag-pb node."""
    new = cid_bytes(DAG_PB, cid[len(_OLD_CID) :]) if cid.startswith(_OLD_CID) else cid
    if not is_file_cid(new):
        raise InputError(
            "car-unsupported",
            "the CAR file holds other than raw and dag-pb blocks hashed with sha2-256",
            "import it with the node's own tool",
        )
    return new


def _read_part(stream: BinaryIO, limit: int) -> bytes | None:
    """The next length-prefixed part, None at the end of the file."""
    prefix = bytearray()
    while not prefix or prefix[-1] >= 0x80:
        byte = stream.read(1)
        if not byte and not prefix:
            return None
        if not byte or len(prefix) == _MAX_COUNT:
            raise _malformed("it is cut short")
        prefix += byte
    size, _ = read_varint(bytes(prefix), 0)
    if size > limit:
        raise InputError("car-unsupported", f"the CAR file has a part of {size} bytes", "pack it with smaller blocks")
    part = stream.read(size)
    if len(part) < size:
        raise _malformed("it is cut short")
    return part


def _malformed(why: str) -> InputError:
    return InputError("car-malformed", f"this is not a sound CAR file: {why}", "export it again")
