"""Which works look or sound alike, by the distance of their codes: whose demand a work without offers may borrow.

A likeness here decides nothing about rights; it only says where to look for a first guess of demand. This module
imports numpy; import it where it is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.chain import work_hex
from offchain.errors import InputError
from offchain.identity.matching.filing import features_from_bytes
from offchain.store import UnitOfWork
from offchain.workflows.similarity import FEATURES_KIND

__all__ = ["neighbours"]

_RADIUS: Final = 64
"""Bits. Codes of unrelated works differ in 128 ± 8 of 256, so chance reaches this in none of 10¹⁴ pairs."""


def neighbours(tx: UnitOfWork, works: Collection[int], among: Collection[int]) -> dict[int, Mapping[str, float]]:
    """Similar works of the same medium.

    Args:
        tx: a unit of work; only features that were computed here are compared.
        works: whose neighbours are wanted.
        among: works that may be neighbours.

    Returns:
        For each of `works`, the ids of its neighbours and their similarity: 1 for equal codes, 0 at 64 differing bits.
    """
    known: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
    for other, (medium, code) in _codes(tx, among).items():
        known[medium][other] = code
    words = {medium: _words(codes.values()) for medium, codes in known.items()}
    found: dict[int, Mapping[str, float]] = {}
    for work, (medium, code) in _codes(tx, works).items():
        if medium in known:
            bits = np.bitwise_count(words[medium] ^ _words([code])).sum(axis=1).tolist()
            near = zip(known[medium], bits, strict=True)
            found[work] = {
                work_hex(other): 1 - apart / _RADIUS for other, apart in near if apart < _RADIUS and other != work
            }
    return found


def _words(codes: Iterable[bytes]) -> NDArray[np.uint64]:
    """Codes × four words of 64 bits."""
    return np.frombuffer(b"".join(codes), dtype=np.uint64).reshape(-1, 4)


def _codes(tx: UnitOfWork, works: Collection[int]) -> dict[int, tuple[str, bytes]]:
    """Medium and first code, which is that of the whole work, of those that have features."""
    codes: dict[int, tuple[str, bytes]] = {}
    for work in works:
        data = tx.codes.find(work, FEATURES_KIND)
        try:
            features = None if data is None else features_from_bytes(data)
        except InputError:
            continue  # kept by another version; the index makes such features anew
        if features is not None and features.codes:
            codes[work] = features.medium, features.codes[0]
    return codes
