"""Content identifiers: CIDv1 in base32, the one form that Colophon writes.

A CID here is `0x01 ‖ codec ‖ 0x12 0x20 ‖ sha256`, multibase `b` (CID specification; multicodec table: raw 0x55, dag-pb
0x70, sha2-256 0x12). What other nodes write differently is converted, never compared as text.
"""

from __future__ import annotations

import base64
from typing import Final

from multiformats import CID

from offchain.errors import InputError

__all__ = [
    "DAG_PB",
    "RAW",
    "cid_bytes",
    "cid_codec",
    "cid_digest",
    "cid_text",
    "is_file_cid",
    "normal_cid",
    "parse_cid",
    "raw_cid",
]

RAW: Final = 0x55
DAG_PB: Final = 0x70

_VERSION: Final = 1
_SHA2_256: Final = b"\x12\x20"
_DIGEST_SIZE: Final = 32
_SIZE: Final = 36


def raw_cid(digest: bytes) -> str:
    """The CID of a single raw block, e.g. of canonical JSON.

    Args:
        digest: sha256 of the block, 32 bytes.

    Raises:
        InputError: `digest-malformed`.
    """
    if len(digest) != _DIGEST_SIZE:
        raise InputError("digest-malformed", f"a sha256 has 32 bytes, this has {len(digest)}", "pass the raw digest")
    return cid_text(cid_bytes(RAW, digest))


def cid_bytes(codec: int, digest: bytes) -> bytes:
    """The 36 bytes of a CIDv1, as blocks link to each other; `digest` is a sha256."""
    return bytes((_VERSION, codec)) + _SHA2_256 + digest


def cid_text(cid: bytes) -> str:
    """Write the bytes of a CIDv1 in base32."""
    return "b" + base64.b32encode(cid).decode().rstrip("=").lower()


def parse_cid(text: str) -> bytes:
    """The 36 bytes of a CID, of any version and base, as CIDv1.

    Raises:
        InputError: `cid-malformed`, or `cid-unsupported`: neither a raw block nor a dag-pb node, or no sha2-256.
    """
    normal = normal_cid(text)
    digits = normal[1:].upper()
    cid = base64.b32decode(digits + "=" * (-len(digits) % 8))
    if not is_file_cid(cid):
        raise InputError(
            "cid-unsupported",
            f"{normal} is not the CID of a file",
            "name a raw block or a UnixFS file, hashed with sha2-256",
        )
    return cid


def is_file_cid(cid: bytes) -> bool:
    """Whether these are the bytes of a CIDv1 of a raw block or a dag-pb node, hashed with sha2-256."""
    return len(cid) == _SIZE and cid in (cid_bytes(codec, cid_digest(cid)) for codec in (RAW, DAG_PB))


def cid_codec(cid: bytes) -> int:
    """`RAW` or `DAG_PB`, of the bytes of a CIDv1."""
    return cid[1]


def cid_digest(cid: bytes) -> bytes:
    """The sha256 of the block, of the bytes of a CIDv1."""
    return cid[4:]


def normal_cid(text: str) -> str:
    """Rewrite a CID of any version and base as CIDv1 in base32.

    Raises:
        InputError: `cid-malformed`.
    """
    try:
        return str(CID.decode(text).set(base="base32", version=_VERSION))
    except (ValueError, KeyError, IndexError) as error:
        raise InputError("cid-malformed", f"{text!r} is not a CID", "copy the whole CID, bafk… or bafy…") from error
