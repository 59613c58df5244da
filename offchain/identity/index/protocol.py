"""What every index of codes does, wherever it keeps them, and the form of what goes in and comes out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from offchain.errors import InputError
from offchain.identity.index.bands import CODE_BITS, CODE_BYTES

__all__ = ["CodeIndex", "Codes", "Found", "check_radius", "code_rows", "group", "key_rows"]

Codes: TypeAlias = Sequence[bytes] | NDArray[np.uint8]
"""Codes of 32 bytes each, or an array (codes, 32)."""

_MAX_KEY: Final = 2**63 - 1
_DISTANCE_BITS: Final = np.uint64(9)
_DISTANCE_MASK: Final = np.uint64(2**9 - 1)
_KEY_BITS: Final = np.uint64(46)
_KEY_MASK: Final = np.uint64(2**46 - 1)
_QUERY_AT: Final = np.uint64(9 + 46)


class Found(NamedTuple):
    """Keys within the radius, nearest first, equally near ones by key; each once, at its nearest code.

    Attributes:
        keys: uint64.
        distances: uint16, bits that differ, of 256.
    """

    keys: NDArray[np.uint64]
    distances: NDArray[np.uint16]


class CodeIndex(Protocol):
    """Exact search of 256-bit codes by Hamming distance.

    A key is a number of the caller's for what a code belongs to, e.g. a work's sequence in the store; it may have many
    codes. Adding a code again under its key changes no answer.
    """

    def add(self, codes: Codes, keys: Sequence[int] | NDArray[np.uint64]) -> None:
        """File codes, the n-th under the n-th key; all of them or, if it fails, none."""

    def search(self, code: bytes, radius: int) -> Found:
        """Every key with a code at most `radius` bits from this one."""

    def search_many(self, codes: Codes, radius: int) -> list[Found]:
        """What `search` finds for each code, at a fraction of the time."""

    def keys(self) -> NDArray[np.uint64]:
        """Every key, ascending: what a store holds beside these is still to be added."""

    def __len__(self) -> int:
        """Codes filed."""

    def refresh(self) -> None:
        """Let searches see what other processes have added."""

    def flush(self) -> None:
        """Return when everything added is safe from a power cut."""

    def close(self) -> None:
        """Give back files and connections; nothing may be asked afterwards."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def code_rows(codes: Codes) -> NDArray[np.uint64]:
    """Codes as (codes, 4) little-endian words, in memory of their own.

    Raises:
        InputError: `codes-malformed`.
    """
    if isinstance(codes, np.ndarray):
        if codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != CODE_BYTES:
            raise _malformed(f"an array of {codes.dtype} of shape {codes.shape}")
        return np.array(codes, order="C").view("<u8")
    for code in codes:
        if len(code) != CODE_BYTES:
            raise _malformed(f"{len(code)} bytes")
    return np.frombuffer(bytearray(b"".join(codes)), dtype="<u8").reshape(len(codes), -1 if codes else 4)


def key_rows(keys: Sequence[int] | NDArray[np.uint64], count: int) -> NDArray[np.uint64]:
    """Keys as uint64.

    Raises:
        InputError: `keys-malformed`, not `count` whole numbers of 63 bits.
    """
    rows = np.asarray(keys)
    whole = rows.dtype.kind in "iu" or not rows.size
    if not whole or rows.shape != (count,) or (rows.size and not 0 <= int(rows.min()) <= int(rows.max()) <= _MAX_KEY):
        raise InputError(
            "keys-malformed",
            f"{count} codes need {count} keys, whole numbers from 0 to 2^63 - 1",
            "give every code the key of its work",
        )
    return rows.astype("<u8")


def check_radius(radius: int) -> int:
    """The radius.

    Raises:
        InputError: `radius-out-of-range`.
    """
    if not 0 <= radius <= CODE_BITS:
        raise InputError(
            "radius-out-of-range", f"a radius of {radius} bits", f"choose one from 0 to {CODE_BITS}", radius=radius
        )
    return radius


def group(queries: int, at: NDArray[np.uint64], keys: NDArray[np.uint64], distances: NDArray[np.uint64]) -> list[Found]:
    """Hits in any order, as what each of `queries` has found.

    Args:
        queries: how many were asked, 256 at most.
        at: query of each hit.
        keys: key of each hit.
        distances: bits of each hit.
    """
    names = None
    if len(keys) and keys.max() >> _KEY_BITS:
        names, ranks = np.unique(keys, return_inverse=True)
        keys = ranks.astype(np.uint64)
    # Sorted as single words, 8 + 46 + 9 bits: some ten times faster than by three columns.
    by_key = np.sort(at << _QUERY_AT | keys << _DISTANCE_BITS | distances)
    nearest = np.ones(len(by_key), dtype=np.bool_)
    nearest[1:] = by_key[1:] >> _DISTANCE_BITS != by_key[:-1] >> _DISTANCE_BITS
    kept = by_key[nearest]
    key, distance = kept >> _DISTANCE_BITS & _KEY_MASK, kept & _DISTANCE_MASK
    by_distance = np.sort(kept >> _QUERY_AT << _QUERY_AT | distance << _KEY_BITS | key)
    key, distance = by_distance & _KEY_MASK, (by_distance >> _KEY_BITS & _DISTANCE_MASK).astype(np.uint16)
    key = key if names is None else names[key]
    bounds = np.searchsorted(by_distance >> _QUERY_AT, np.arange(queries + 1, dtype=np.uint64)).tolist()
    return [Found(key[start:stop], distance[start:stop]) for start, stop in pairwise(bounds)]


def _malformed(what: str) -> InputError:
    return InputError(
        "codes-malformed", f"a code has {CODE_BYTES} bytes; this is {what}", "take the codes from the work's features"
    )
