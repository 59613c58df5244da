"""Which works look or sound alike, by the distance of their codes: whose demand a work without offers may borrow.

A likeness here decides nothing about rights; it only says where to look for a first guess of demand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

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
    known = _codes(tx, among)
    found: dict[int, Mapping[str, float]] = {}
    for work, (medium, code) in _codes(tx, works).items():
        near = (
            (other, (code ^ its).bit_count())
            for other, (its_medium, its) in known.items()
            if its_medium == medium and other != work
        )
        found[work] = {work_hex(other): 1 - bits / _RADIUS for other, bits in near if bits < _RADIUS}
    return found


def _codes(tx: UnitOfWork, works: Collection[int]) -> dict[int, tuple[str, int]]:
    """Medium and first code, which is that of the whole work, of those that have features."""
    codes: dict[int, tuple[str, int]] = {}
    for work in works:
        data = tx.codes.find(work, FEATURES_KIND)
        try:
            features = None if data is None else features_from_bytes(data)
        except InputError:
            continue  # kept by another version; the index makes such features anew
        if features is not None and features.codes:
            codes[work] = features.medium, int.from_bytes(features.codes[0], "big")
    return codes
