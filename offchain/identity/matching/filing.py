"""The file of a work's features: pinned beside its metadata, so that anybody can rebuild the similarity index.

    magic `CLPF` ‖ version u8 ‖ medium u8 ‖ codes u16 ‖ terms u32 ‖ evidence u32      16 bytes, big-endian
    codes × 32 bytes ‖ terms × 8 bytes, big-endian, ascending ‖ evidence

It comes from strangers: what does not hold together to the last byte is refused.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from offchain.errors import InputError
from offchain.identity.matching.features import CODE_BYTES, Features, Medium

__all__ = ["MAX_FEATURES_SIZE", "features_from_bytes", "features_to_bytes"]

MAX_FEATURES_SIZE: Final = 2**18
"""Longest file of features, in bytes."""

_MAGIC: Final = b"CLPF"
_VERSION: Final = 1
_HEAD: Final = struct.Struct(">4sBBHII")
_MEDIA: Final[tuple[Medium, ...]] = ("text", "image", "audio", "video")
_TERM_BYTES: Final = 8

_MOST: Final[dict[Medium, tuple[int, int, int]]] = {
    "text": (0, 16_384, 65_536),
    "image": (16, 0, 24_576),
    "audio": (0, 4_096, 20_480),
    "video": (300, 0, 49_152),
}
"""Codes, terms and bytes of evidence that a work's features have at most, as its matcher makes them; and a little."""


def features_to_bytes(features: Features) -> bytes:
    """Write features; the same features give the same bytes."""
    medium = _MEDIA.index(features.medium)
    counts = len(features.codes), len(features.terms), len(features.evidence)
    head = _HEAD.pack(_MAGIC, _VERSION, medium, *counts)
    return b"".join((head, *features.codes, features.terms.astype(">u8").tobytes(), features.evidence))


def features_from_bytes(data: bytes) -> Features:
    """Read features.

    Raises:
        InputError: `features-malformed`.
    """
    if not _HEAD.size <= len(data) <= MAX_FEATURES_SIZE:
        raise _malformed(f"{len(data)} bytes")
    magic, version, medium, codes, terms, evidence = _HEAD.unpack_from(data)
    if (magic, version) != (_MAGIC, _VERSION) or medium >= len(_MEDIA):
        raise _malformed("another format or version")
    counts = codes, terms, evidence
    if any(count > most for count, most in zip(counts, _MOST[_MEDIA[medium]], strict=True)):
        raise _malformed(f"more than a work of its medium has: {codes} codes, {terms} terms, {evidence} bytes")
    terms_at = _HEAD.size + codes * CODE_BYTES
    evidence_at = terms_at + terms * _TERM_BYTES
    if len(data) != evidence_at + evidence:
        raise _malformed(f"{len(data)} bytes where its head promises {evidence_at + evidence}")
    ascending = np.frombuffer(data, ">u8", terms, terms_at).astype(np.uint64)
    if np.any(ascending[1:] <= ascending[:-1]):
        raise _malformed("its terms do not ascend")
    rows = (data[at : at + CODE_BYTES] for at in range(_HEAD.size, terms_at, CODE_BYTES))
    return Features(_MEDIA[medium], tuple(rows), ascending, data[evidence_at:])


def _malformed(why: str) -> InputError:
    return InputError(
        "features-malformed", f"this is no file of features: {why}", "make it anew from the work's master"
    )
