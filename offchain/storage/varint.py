"""Unsigned LEB128: the variable-length integers of protobuf, multiformats and CAR files."""

from __future__ import annotations

from typing import Final

__all__ = ["encode_varint", "read_varint"]

_MAX_BITS: Final = 63
"""As the unsigned-varint specification limits them: nine bytes."""


def encode_varint(value: int) -> bytes:
    """Write a non-negative integer."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The integer that begins at `at`, and where the next byte is.

    Raises:
        ValueError: it does not end in `data`, or has more than nine bytes.
    """
    value = 0
    for shift in range(0, _MAX_BITS, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number does not end")
