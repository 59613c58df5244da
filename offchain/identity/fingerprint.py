"""What a file is: its id, its media type and its ISCC (ISO 24138).

The 64-bit Meta-, Content-, Data- and Instance-Codes and the ISCC-CODE composed of them are the standard identity of
the work and go on chain. Beside them stands the 256-bit Content-Code: same algorithm, same first 64 bits, four times
the resolution. A work without enough to fingerprint (a blank image, silence, a few words) has no Content-Code at all:
it is registered by hash and never resembles anything.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import BinaryIO, Final

import iscc_lib

from offchain.errors import InputError
from offchain.identity.digest import blocks
from offchain.identity.media_type import Mode, mode_of

__all__ = ["Identity", "compose", "require_content_code", "unit_bytes"]

_HEADER_SIZE: Final = 2
_CONTENT_SIZE: Final = 32
_CONTENT_HEADERS: Final = tuple(bytes((0x20 | medium, 0x07)) for medium in range(4))
"""ISCC unit headers: Content-Code, of text, image, audio, video; version 0, 256 bits."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything about a master that its bytes and its title decide.

    Attributes:
        work_id: `uint256(sha256(master))`.
        size: bytes.
        media_type: by content, e.g. `image/png`.
        mode: how it is fingerprinted.
        iscc: the composite ISCC-CODE, `ISCC:…`.
        units: its 64-bit units in the order META, CONTENT, DATA, INSTANCE, each `ISCC:…`; no CONTENT if featureless.
        content_code: the 256-bit Content-Code, `ISCC:…`, or None if featureless.
    """

    work_id: int
    size: int
    media_type: str
    mode: Mode
    iscc: str
    units: tuple[str, ...]
    content_code: str | None

    @property
    def featureless(self) -> bool:
        """True when there is too little to fingerprint: registered by hash only, resembles nothing."""
        return self.content_code is None

    @property
    def iscc_bytes(self) -> bytes:
        """The units as they go on chain: header and body of each, concatenated (10 bytes a unit)."""
        return b"".join(unit_bytes(unit) for unit in self.units)


def compose(stream: BinaryIO, title: str, kind: str, content_code: str | None) -> Identity:
    """The identity of a master whose content has been looked at; of its bytes this only computes hashes.

    Args:
        stream: the master.
        title: from which the Meta-Code is made.
        kind: its media type.
        content_code: the 256-bit Content-Code, or None if featureless.

    Raises:
        InputError: `title-empty`.
    """
    meta = _meta_code(title)
    stream.seek(0)
    digest, size, data_units = _hash(stream)
    units = (meta, *_shortened(content_code), *data_units)
    return Identity(
        work_id=int.from_bytes(digest, "big"),
        size=size,
        media_type=kind,
        mode=mode_of(kind),
        iscc=iscc_lib.gen_iscc_code_v0(list(units)).iscc,
        units=units,
        content_code=content_code,
    )


def unit_bytes(unit: str) -> bytes:
    """Header and body of an ISCC unit: RFC 4648 base32 without padding after the `ISCC:` prefix."""
    code = unit.removeprefix("ISCC:")
    return base64.b32decode(code + "=" * (-len(code) % 8))


def require_content_code(code: str) -> str:
    """The code, if it is a 256-bit Content-Code (ISO 24138) of a medium that is known here.

    Raises:
        InputError: `content-code-malformed`.
    """
    try:
        unit = unit_bytes(code)
    except ValueError:
        unit = b""
    if unit[:_HEADER_SIZE] not in _CONTENT_HEADERS or len(unit) != _HEADER_SIZE + _CONTENT_SIZE:
        raise InputError(
            "content-code-malformed", f"{code!r} is not a 256-bit Content-Code", "take the code from identify()"
        )
    return code


def _hash(stream: BinaryIO) -> tuple[bytes, int, tuple[str, ...]]:
    """One pass: sha256, size in bytes, Data-Code and Instance-Code."""
    sha256 = hashlib.sha256()
    codes = iscc_lib.SumHasher()
    for block in blocks(stream):
        sha256.update(block)
        codes.update(block)
    result = codes.finalize(add_units=True)
    return sha256.digest(), result.filesize, tuple(result.units or ())


def _meta_code(title: str) -> str:
    try:
        return iscc_lib.gen_meta_code_v0(title).iscc
    except ValueError as error:
        raise InputError("title-empty", f"{title!r} is not a title", "give the work a title") from error


def _shortened(content_code: str | None) -> tuple[str, ...]:
    """The 64-bit unit that the 256-bit Content-Code extends."""
    if content_code is None:
        return ()
    main, sub, version, _, digest = iscc_lib.iscc_decode(content_code)
    return ("ISCC:" + iscc_lib.encode_component(main, sub, version, 64, digest[:8]),)
