"""A text's tokens as its record carries them: readable by whoever has the text, and by nobody else.

A text does not tell in which tokens it was drawn, and reading it again often gives others. A record is published where
the text may not be, so the tokens are masked with a keystream that only the text itself gives: SHAKE-256 (FIPS 202)
over its bytes. The record's sha256 of the text says as much to one who guesses it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

from offchain.errors import InputError

__all__ = ["MOST", "open_tokens", "seal_tokens"]

MOST: Final = 2**15
"""Most tokens that a record carries, 128 KiB of base64; a longer text can be reproduced, but not replayed."""

_LABEL: Final = b"colophon tokens of "
_WIDTH: Final = 3  # bytes a token: vocabularies stay below 16 million


def seal_tokens(tokens: Sequence[int], data: bytes) -> str | None:
    """The tokens that spell the text `data`, masked, as base64; None where there are more than `MOST`."""
    if len(tokens) > MOST:
        return None
    return base64.b64encode(_masked(b"".join(each.to_bytes(_WIDTH, "big") for each in tokens), data)).decode()


def open_tokens(sealed: str, data: bytes) -> list[int]:
    """The tokens that `seal_tokens` was given; any numbers where `data` is another text.

    Raises:
        InputError: `provenance-malformed`.
    """
    try:
        told = base64.b64decode(sealed, validate=True)
        if len(told) % _WIDTH:
            raise ValueError("a token is cut")
    except (ValueError, TypeError) as error:
        raise InputError(
            "provenance-malformed", f"its tokens cannot be read: {error}", "take a record made by Colophon"
        ) from error
    plain = _masked(told, data)
    return [int.from_bytes(plain[at : at + _WIDTH], "big") for at in range(0, len(plain), _WIDTH)]


def _masked(told: bytes, data: bytes) -> bytes:
    stream = hashlib.shake_256(_LABEL + data).digest(len(told))
    return bytes(a ^ b for a, b in zip(told, stream, strict=True))
