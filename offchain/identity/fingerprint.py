"""What a file is: its id, its media type and its ISCC (ISO 24138).

The 64-bit Meta-, Content-, Data- and Instance-Codes and the ISCC-CODE composed of them are the standard identity of
the work and go on chain. Beside them stands the 256-bit Content-Code, which `similarity` compares: same algorithm,
same first 64 bits, four times the resolution. A work without enough to fingerprint (a blank image, a few words) has no
Content-Code at all: it is registered by hash and never resembles anything.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import iscc_lib

from offchain.errors import InputError
from offchain.identity.digest import blocks, open_master
from offchain.identity.image import image_code, open_image
from offchain.identity.media_type import HEAD_SIZE, media_type
from offchain.identity.text import decode_text, text_code

__all__ = ["Identity", "identify", "unit_bytes"]

Mode = Literal["text", "image"]


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


def identify(source: bytes | Path, *, title: str, limit: int, name: str | None = None) -> Identity:
    """Identify a file.

    Args:
        source: the master's bytes, or its path.
        title: the work's title, from which the Meta-Code is made.
        limit: largest accepted size, in bytes.
        name: file name of `source` where it is bytes; it only tells Markdown from plain text.

    Raises:
        InputError: `file-unreadable`, `file-empty`, `file-oversized`, `media-unsupported`, `text-malformed`,
            `image-malformed`, `image-oversized` or `title-empty`.
    """
    with open_master(source, limit) as stream:
        kind = media_type(stream.read(HEAD_SIZE), source.name if isinstance(source, Path) else name)
        stream.seek(0)
        content_code = _content_code(stream, kind)
        stream.seek(0)
        digest, size, data_units = _hash(stream)
    units = (_meta_code(title), *_shortened(content_code), *data_units)
    return Identity(
        work_id=int.from_bytes(digest, "big"),
        size=size,
        media_type=kind,
        mode="image" if kind.startswith("image/") else "text",
        iscc=_composed(units),
        units=units,
        content_code=content_code,
    )


def unit_bytes(unit: str) -> bytes:
    """Header and body of an ISCC unit: RFC 4648 base32 without padding after the `ISCC:` prefix."""
    code = unit.removeprefix("ISCC:")
    return base64.b32decode(code + "=" * (-len(code) % 8))


def _content_code(stream: BinaryIO, kind: str) -> str | None:
    return image_code(open_image(stream)) if kind.startswith("image/") else text_code(decode_text(stream.read()))


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


def _composed(units: tuple[str, ...]) -> str:
    return iscc_lib.gen_iscc_code_v0(list(units)).iscc
