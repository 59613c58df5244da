"""Secret numbers from a key: which coefficients a mark uses, and with which signs.

SHAKE-256 (FIPS 202) of the key and a label, so that the same key gives the same mark on every machine and with every
version of numpy, whose own generators promise no such thing (NEP 19).
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["permutation", "phases", "signs"]


def signs(key: bytes, label: str, count: int) -> NDArray[np.float64]:
    """`count` signs, each −1 or 1."""
    return 1.0 - 2.0 * (_words(key, label, count) & np.uint64(1)).astype(np.float64)


def permutation(key: bytes, label: str, count: int) -> NDArray[np.intp]:
    """The numbers below `count` in an order of their own."""
    return np.argsort(_words(key, label, count), kind="stable")


def phases(key: bytes, label: str, count: int) -> NDArray[np.complex128]:
    """`count` points of the unit circle."""
    turns: NDArray[np.complex128] = np.exp(2j * np.pi * (_words(key, label, count) / 2.0**64))
    return turns


def _words(key: bytes, label: str, count: int) -> NDArray[np.uint64]:
    # The label's length keeps (key, label) pairs from running into each other.
    told = label.encode()
    data = hashlib.shake_256(len(told).to_bytes(1, "big") + told + key).digest(8 * count)
    return np.frombuffer(data, dtype="<u8")
