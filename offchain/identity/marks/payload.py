"""The payload of a mark: a work's reference, guarded against false reading and spread over many weak chips.

A reference is the first 64 bits of a work id. Behind it stand 32 bits of HMAC-SHA256 under the service's key, so that a
read is false, or forged without the key, once in 2³² tries. The 96 bits go out as 12 symbols of 8 bits, each a codeword
of the first-order Reed–Muller code RM(1, 7) (the biorthogonal code of Mariner 9), 128 chips long: at many weak chips
and few bits, soft decoding by a Hadamard transform is within about 1 dB of what longer codes reach, and is one matrix
product. Chips are permuted and signed under the key: local damage spreads over all symbols, and without the key a mark
is noise.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.identity.marks.keystream import permutation, signs

__all__ = ["CHIPS", "REFERENCE_BITS", "Payload", "payload", "reference_of"]

REFERENCE_BITS: Final = 64
"""Leading bits of the work id that a mark carries."""

_CHECK_BYTES: Final = 4
_SYMBOLS: Final = REFERENCE_BITS // 8 + _CHECK_BYTES
_LENGTH: Final = 128

CHIPS: Final = _SYMBOLS * _LENGTH
"""Length of an encoded reference."""

_INDEX = np.arange(_LENGTH)
_HADAMARD: Final = 1.0 - 2.0 * (np.bitwise_count(_INDEX[:, None] & _INDEX) & 1)
"""Sylvester's Hadamard matrix of order 128: rows are the codewords, their negatives the other half of the code."""


def reference_of(work: int) -> int:
    """The part of a work id (256 bits) that its mark carries."""
    return work >> (256 - REFERENCE_BITS)


@dataclass(frozen=True, slots=True)
class Payload:
    """The code under one key; `payload` makes it."""

    key: bytes
    order: NDArray[np.intp]
    scramble: NDArray[np.float64]

    def encode(self, reference: int) -> NDArray[np.float64]:
        """The chips of a reference, `CHIPS` values of −1 or 1."""
        told = reference.to_bytes(REFERENCE_BITS // 8, "big")
        symbols = np.frombuffer(told + self._check(told), dtype=np.uint8).astype(np.intp)
        words = _HADAMARD[symbols & (_LENGTH - 1)] * np.where(symbols < _LENGTH, 1.0, -1.0)[:, None]
        chips = np.empty(CHIPS)
        chips[self.order] = words.ravel()
        return chips * self.scramble

    def decode(self, soft: NDArray[np.float64]) -> int | None:
        """The reference that `CHIPS` measured values stand for, or None where there is none under this key."""
        likeness = (soft * self.scramble)[self.order].reshape(_SYMBOLS, _LENGTH) @ _HADAMARD
        rows = np.abs(likeness).argmax(axis=1)
        negative = likeness[np.arange(_SYMBOLS), rows] < 0
        told = (rows + _LENGTH * negative).astype(np.uint8).tobytes()
        reference, check = told[:-_CHECK_BYTES], told[-_CHECK_BYTES:]
        return int.from_bytes(reference, "big") if hmac.compare_digest(check, self._check(reference)) else None

    def _check(self, reference: bytes) -> bytes:
        return hmac.new(self.key, b"colophon mark" + reference, hashlib.sha256).digest()[:_CHECK_BYTES]


@lru_cache(maxsize=8)
def payload(key: bytes) -> Payload:
    """The code under a key of the service; any length, 32 secret bytes are meant."""
    return Payload(key, permutation(key, "chip order", CHIPS), signs(key, "chip signs", CHIPS))
