"""The inner nodes of a UnixFS file: dag-pb, as every node writes them with `--cid-version=1 --raw-leaves`.

Encodings: DAG-PB and UnixFS specifications (protobuf; links before data, a link's empty name present). A node is read
strictly: bytes that are not what would be written here for the same links are refused, so one file has one tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from offchain.errors import InputError
from offchain.storage.cid import is_file_cid
from offchain.storage.varint import encode_varint, read_varint

__all__ = ["Link", "decode_file", "encode_file", "unreadable"]

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

_WIRE_TYPE: Final = 0x07


@dataclass(frozen=True, slots=True)
class Link:
    """What a parent needs to know of a block.

    Attributes:
        cid: the bytes of its CIDv1.
        file_size: bytes of file below it.
        dag_size: bytes of blocks below it, itself included.
    """

    cid: bytes
    file_size: int
    dag_size: int


def encode_file(children: Sequence[Link]) -> bytes:
    """The dag-pb block over `children`, which stand in the order of the file."""
    links = b"".join(_delimited(_NODE_LINK, _link(child)) for child in children)
    return links + _delimited(_NODE_DATA, _file(children))


def decode_file(block: bytes) -> tuple[Link, ...]:
    """The children of a dag-pb block.

    Raises:
        InputError: `content-unreadable`, it is no inner node of a file in our layout.
    """
    try:
        fields = list(_fields(block))
        data = [value for key, value in _fields(_bytes_of(fields[-1], _NODE_DATA)) if key == _FILE_BLOCKSIZE]
        links = [dict(_fields(_bytes_of(field, _NODE_LINK))) for field in fields[:-1]]
        children = tuple(
            Link(_bytes(link[_LINK_HASH]), _whole(size), _whole(link[_LINK_TSIZE]))
            for link, size in zip(links, data, strict=True)
        )
    except (ValueError, LookupError) as error:
        raise unreadable() from error
    # Empty children would let a small tree stand for endless work.
    whole = all(child.file_size > 0 and is_file_cid(child.cid) for child in children)
    if not children or not whole or encode_file(children) != block:
        raise unreadable()
    return children


def unreadable() -> InputError:
    """The error for what is no file of ours."""
    return InputError(
        "content-unreadable",
        "this is not a file in the layout that Colophon pins",
        "name the CID of a file imported with --cid-version=1 --raw-leaves and chunks of 256 KiB",
    )


def _link(child: Link) -> bytes:
    return _delimited(_LINK_HASH, child.cid) + _delimited(_LINK_NAME, b"") + _number(_LINK_TSIZE, child.dag_size)


def _file(children: Sequence[Link]) -> bytes:
    size = sum(child.file_size for child in children)
    parts = [_number(_FILE_TYPE, _TYPE_FILE), _number(_FILE_SIZE, size)]
    return b"".join(parts + [_number(_FILE_BLOCKSIZE, child.file_size) for child in children])


def _delimited(key: int, value: bytes) -> bytes:
    return bytes((key,)) + encode_varint(len(value)) + value


def _number(key: int, value: int) -> bytes:
    return bytes((key,)) + encode_varint(value)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(key, value) of a protobuf message's fields.

    Raises:
        ValueError: it ends in the middle of a field.
    """
    at = 0
    while at < len(message):
        key, at = read_varint(message, at)
        value, at = read_varint(message, at)
        if key & _WIRE_TYPE == 0:
            yield key, value
            continue
        if at + value > len(message):
            raise ValueError("the message ends in the middle of a field")
        yield key, message[at : at + value]
        at += value


def _bytes_of(field: tuple[int, int | bytes], key: int) -> bytes:
    if field[0] != key:
        raise ValueError("a field stands where another should")
    return _bytes(field[1])


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    raise ValueError("a number stands where bytes should")


def _whole(value: int | bytes) -> int:
    if isinstance(value, int):
        return value
    raise ValueError("bytes stand where a number should")
