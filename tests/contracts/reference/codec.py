"""The contract ABI as closures: an encoder or decoder is built once per signature and then only joins bytes.

Source: "Contract ABI Specification", Solidity documentation, sections "Formal specification of the encoding" and
"Errors". Values are ints, bools, bytes, `0x` addresses in lower case, and tuples for structs and arrays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from eth_utils import keccak

__all__ = ["Coder", "coder_of", "selector", "signature"]

WORD = 32


class Coder(NamedTuple):
    """One ABI type.

    Attributes:
        encode: value → bytes of its head, or of its tail where it is dynamic.
        decode: (data, offset) → value.
        head: bytes in the head, 32 for everything dynamic.
        dynamic: whether the head holds an offset.
    """

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes, int], Any]
    head: int
    dynamic: bool


def signature(entry: dict[str, Any]) -> str:
    """`name(type,…)` of a function, event or error of an ABI."""
    return f"{entry['name']}({','.join(_canonical(parameter) for parameter in entry['inputs'])})"


def selector(entry: dict[str, Any]) -> bytes:
    """First four bytes of the signature's hash."""
    return keccak(signature(entry).encode())[:4]


def coder_of(parameters: Sequence[dict[str, Any]]) -> Coder:
    """Coder of a whole argument or return list."""
    return _sequence(tuple(_coder(_canonical(parameter)) for parameter in parameters))


def _canonical(parameter: dict[str, Any]) -> str:
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    inner = ",".join(_canonical(member) for member in parameter["components"])
    return f"({inner}){parameter['type'].removeprefix('tuple')}"


@cache
def _coder(kind: str) -> Coder:
    if kind.endswith("[]"):
        return _array(_coder(kind[:-2]))
    if kind.startswith("("):
        return _sequence(tuple(map(_coder, _members(kind))))
    return _blob() if kind in {"bytes", "string"} else _word(*re.fullmatch(r"([a-z]+)(\d*)", kind).groups())


def _word(family: str, size: str) -> Coder:
    encode, decode = {
        "uint": (_encode_uint, _decode_uint),
        "int": (_encode_int, _decode_int),
        "address": (_encode_address, _decode_address),
        "bool": (_encode_uint, lambda data, at: data[at + 31] != 0),
        "bytes": (lambda value: value.ljust(WORD, b"\0"), lambda data, at: data[at : at + int(size)]),
    }[family]
    return Coder(encode, decode, WORD, dynamic=False)


def _members(kind: str) -> list[str]:
    members, depth, start = [], 0, 1
    for i, sign in enumerate(kind):
        depth += (sign == "(") - (sign == ")")
        if (sign == "," and depth == 1) or (sign == ")" and depth == 0):
            members.append(kind[start:i])
            start = i + 1
    return [member for member in members if member]


def _sequence(coders: tuple[Coder, ...]) -> Coder:
    head = sum(coder.head for coder in coders)
    dynamic = any(coder.dynamic for coder in coders)
    encoders = [coder.encode for coder in coders]

    def encode_static(values: Sequence[Any]) -> bytes:
        return b"".join([encode(value) for encode, value in zip(encoders, values, strict=True)])

    def encode_dynamic(values: Sequence[Any]) -> bytes:
        heads, tails, offset = [], [], head
        for coder, value in zip(coders, values, strict=True):
            encoded = coder.encode(value)
            if coder.dynamic:
                heads.append(_encode_uint(offset))
                tails.append(encoded)
                offset += len(encoded)
            else:
                heads.append(encoded)
        return b"".join(heads + tails)

    def decode(data: bytes, at: int) -> tuple[Any, ...]:
        values, place = [], at
        for coder in coders:
            start = at + int.from_bytes(data[place : place + WORD], "big") if coder.dynamic else place
            values.append(coder.decode(data, start))
            place += coder.head
        return tuple(values)

    return Coder(encode_dynamic if dynamic else encode_static, decode, WORD if dynamic else head, dynamic)


def _array(item: Coder) -> Coder:
    def encode(values: Sequence[Any]) -> bytes:
        return _encode_uint(len(values)) + _sequence((item,) * len(values)).encode(values)

    def decode(data: bytes, at: int) -> tuple[Any, ...]:
        count = int.from_bytes(data[at : at + WORD], "big")
        return tuple(_sequence((item,) * count).decode(data, at + WORD))

    return Coder(encode, decode, WORD, dynamic=True)


def _blob() -> Coder:
    def encode(value: bytes) -> bytes:
        return _encode_uint(len(value)) + value + bytes(-len(value) % WORD)

    def decode(data: bytes, at: int) -> bytes:
        return data[at + WORD : at + WORD + int.from_bytes(data[at : at + WORD], "big")]

    return Coder(encode, decode, WORD, dynamic=True)


def _encode_uint(value: int) -> bytes:
    return value.to_bytes(WORD, "big")


def _decode_uint(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + WORD], "big")


def _encode_int(value: int) -> bytes:
    return value.to_bytes(WORD, "big", signed=True)


def _decode_int(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + WORD], "big", signed=True)


def _encode_address(value: str) -> bytes:
    return bytes.fromhex(value[2:]).rjust(WORD, b"\0")


def _decode_address(data: bytes, at: int) -> str:
    return "0x" + data[at + 12 : at + WORD].hex()
