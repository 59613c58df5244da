"""Damaged files from sound ones: what extractors meet in the wild and at the hands of somebody who means harm.

Bits, bytes and blocks change as in any mutation fuzzer; numbers become those at the edges of their types, since lengths
and offsets are what parsers trust. Packed documents are damaged inside, or every change would end at a checksum.
"""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Callable
from typing import Final

__all__ = ["mutated"]

_EDGES: Final = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_MAX_CHANGES: Final = 8
_MAX_BLOCK: Final = 256
_HEAD: Final = 512
"""Half of all changes fall into the first bytes, where headers are."""


def mutated(data: bytes, chance: random.Random, others: tuple[bytes, ...] = ()) -> bytes:
    """A damaged copy.

    Args:
        data: a sound file, or one damaged before.
        chance: equal states give equal copies.
        others: files of which pieces may be spliced in.
    """
    if data[:4] == b"PK\x03\x04" and chance.random() < 0.9:
        return _inside_archive(data, chance)
    if data[:4] == b"%PDF" and chance.random() < 0.5:
        return _inside_pdf(data, chance)
    changed = bytearray(data)
    for _ in range(chance.randint(1, _MAX_CHANGES)):
        if changed:
            chance.choice(_CHANGES)(changed, _place(changed, chance), chance)
    if others and chance.random() < 0.1:
        _splice(changed, chance.choice(others), chance)
    return bytes(changed)


def _place(data: bytearray, chance: random.Random) -> int:
    return chance.randrange(min(_HEAD, len(data)) if chance.random() < 0.5 else len(data))


def _turn_bit(data: bytearray, at: int, chance: random.Random) -> None:
    data[at] ^= 1 << chance.randrange(8)


def _replace_byte(data: bytearray, at: int, chance: random.Random) -> None:
    data[at] = chance.randrange(256)


def _put_edge(data: bytearray, at: int, chance: random.Random) -> None:
    size = chance.choice((1, 2, 4))
    value = chance.choice(_EDGES) % 256**size
    data[at : at + size] = value.to_bytes(size, chance.choice(("big", "little")))


def _delete(data: bytearray, at: int, chance: random.Random) -> None:
    del data[at : at + chance.randint(1, _MAX_BLOCK)]


def _repeat(data: bytearray, at: int, chance: random.Random) -> None:
    block = data[at : at + chance.randint(1, _MAX_BLOCK)]
    data[at:at] = block * chance.choice((1, 1, 2, 64))


def _noise(data: bytearray, at: int, chance: random.Random) -> None:
    size = chance.randint(1, _MAX_BLOCK)
    data[at : at + size] = chance.randbytes(size)


def _move(data: bytearray, at: int, chance: random.Random) -> None:
    block = data[at : at + chance.randint(1, _MAX_BLOCK)]
    to = chance.randrange(len(data))
    data[to : to + len(block)] = block


def _cut(data: bytearray, at: int, chance: random.Random) -> None:
    if chance.random() < 0.3:
        del data[at:]


_CHANGES: Final[tuple[Callable[[bytearray, int, random.Random], None], ...]] = (
    *(_turn_bit, _turn_bit, _replace_byte, _put_edge, _put_edge, _put_edge),
    *(_delete, _repeat, _noise, _move, _cut),
)


def _splice(data: bytearray, other: bytes, chance: random.Random) -> None:
    start = chance.randrange(max(1, len(other)))
    at = chance.randrange(len(data) + 1)
    data[at:at] = other[start : start + chance.randint(1, 4 * _MAX_BLOCK)]


def _inside_archive(data: bytes, chance: random.Random) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(member, archive.read(member)) for member in archive.infolist()]
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, zlib.error, ValueError):
        return mutated(b"PK\x03\x05" + data[4:], chance)
    chosen = chance.randrange(len(members)) if members else -1
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for at, (member, content) in enumerate(members):
            archive.writestr(member.filename, mutated(content, chance) if at == chosen else content)
    return written.getvalue()


def _inside_pdf(data: bytes, chance: random.Random) -> bytes:
    """Damage what a deflated stream holds."""
    starts = [at for at in range(len(data)) if data.startswith(b"stream\n", at) or data.startswith(b"stream\r\n", at)]
    if not starts:
        return data
    start = data.index(b"\n", chance.choice(starts)) + 1
    end = data.find(b"endstream", start)
    try:
        content = zlib.decompress(data[start:end].rstrip(b"\r\n"))
    except zlib.error:
        return data
    return data[:start] + zlib.compress(mutated(content, chance)) + data[end:]
