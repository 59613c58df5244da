"""Bloom filters of blocks: who may have emitted a log there (yellow paper §4.3.1)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, reduce
from operator import or_
from typing import Final

from eth_utils.crypto import keccak

__all__ = ["may_hold"]

_BITS: Final = 2_048


def may_hold(bloom: int, addresses: Iterable[str]) -> bool:
    """Whether a block with this filter may hold logs of one of these accounts; False is certain, True is not."""
    return any(bloom & mask == mask for mask in map(_mask, addresses))


@lru_cache(maxsize=64)
def _mask(address: str) -> int:
    """The three bits of an account: the low 11 bits of the first three pairs of bytes of its Keccak-256."""
    digest = keccak(hexstr=address)
    bits = (1 << int.from_bytes(digest[at : at + 2]) % _BITS for at in (0, 2, 4))
    return reduce(or_, bits)
