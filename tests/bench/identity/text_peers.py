"""What texts are compared by elsewhere: each a signature of a text and the likeness of two, pair by pair.

MinHash is datasketch's, with 128 permutations over runs of five words; containment is the exact share of the smaller
text's runs of five words in the other one, what a plagiarism checker computes that can afford every pair.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import iscc_lib
import numpy as np

__all__ = ["FALSE_POSITIVES", "PEERS", "Peer"]

FALSE_POSITIVES: Final = 1e-3
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True)
class Peer:
    """One method.

    Attributes:
        name: as in the table.
        sign: what it keeps of a text.
        likeness: of two signatures; more is liker.
    """

    name: str
    sign: Callable[[str], object]
    likeness: Callable[[object, object], float]


def iscc(bits: int) -> Peer:
    def sign(text: str) -> object:
        return int.from_bytes(iscc_lib.iscc_decode(iscc_lib.gen_text_code_v0(text, bits).iscc)[-1], "big")

    return Peer(f"ISCC Text-Code {bits}", sign, lambda one, other: -(one ^ other).bit_count())  # type: ignore[operator]


def runs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


def minhash(text: str) -> object:
    from datasketch import MinHash  # noqa: PLC0415  # a peer: no part of the product's environment

    signature = MinHash(num_perm=128)
    signature.update_batch([" ".join(run).encode() for run in runs(text)])
    return signature.hashvalues


def containment(one: set[object], other: set[object]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


PEERS: Final = (
    iscc(64),
    iscc(256),
    Peer("MinHash-128, every pair", minhash, lambda one, other: float(np.mean(one == other))),
    Peer("5-gram containment, every pair", runs, containment),  # type: ignore[arg-type]
)
