"""Canonical JSON (RFC 8785): one text for one value, so that a record and its hash cannot drift apart.

Metadata, provenance and terms are pinned in this form as one raw block, so the sha256 of the bytes is the digest that
goes on chain and `raw_cid` of it is where they are found.
"""

from __future__ import annotations

from typing import Final

import rfc8785

from offchain.errors import InputError

__all__ = ["MAX_SIZE", "canonical_json"]

MAX_SIZE: Final = 262_144
"""Bytes that fit in one raw block; the contracts build CIDs on that promise."""


def canonical_json(value: object) -> bytes:
    """Write a value of JSON types as canonical UTF-8.

    Raises:
        InputError: `json-not-canonical` for anything JSON cannot hold exactly (integers beyond 2⁵³ − 1, NaN, keys that
            are not strings, other types), `json-oversized` above `MAX_SIZE`.
    """
    try:
        # The package checks types itself, value by value; its signature names a recursive type.
        text = rfc8785.dumps(value)  # type: ignore[arg-type]
    except rfc8785.CanonicalizationError as error:
        raise InputError(
            "json-not-canonical", f"this cannot be written as canonical JSON: {error}", "write large numbers as strings"
        ) from error
    if len(text) > MAX_SIZE:
        raise InputError(
            "json-oversized",
            f"the record has {len(text)} bytes, more than the {MAX_SIZE} of one block",
            "pin long parts as files and put their CIDs into the record",
        )
    return text
