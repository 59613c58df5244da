"""Examining a file: its identity, and what it is found and compared by, from one guarded look.

What money hangs on, the hashes, is computed here; a confined process (`sandbox`) parses the file and answers with
plain data, which is checked. So a file that takes a decoder over can at worst misstate what it looks like.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import iscc_lib
import numpy as np

from offchain.errors import InputError
from offchain.identity import extraction
from offchain.identity.digest import open_master
from offchain.identity.fingerprint import Identity, compose
from offchain.identity.matching.features import CODE_BYTES, Features, Probe
from offchain.identity.media_type import SUPPORTED, is_recording, mode_of
from offchain.identity.sandbox import guarded

__all__ = ["MAX_MEMORY", "MAX_RECORDING_SECONDS", "MAX_SECONDS", "Examination", "examine", "identify"]

MAX_MEMORY: Final = 3 * 2**29
"""Bytes of address space that looking at one file may take; an image of 50 megapixels takes up to 1.1 GiB."""

MAX_SECONDS: Final = 60
"""CPU seconds that looking at one file may take."""

MAX_RECORDING_SECONDS: Final = 1_800
"""The same for the largest sound and moving pictures; their decoder, a process of its own, may take as much again.

A minute of film at 1080p takes about 7.5 CPU seconds.
"""

_RECORDING_BYTES: Final = 100_000
"""Bytes of a recording that earn a CPU second beyond `MAX_SECONDS`: a small file cannot claim to be a long film."""

_CONTENT_CODES: Final = {"text": 0, "image": 1, "audio": 2, "video": 3}
_CONTENT: Final = 2


@dataclass(frozen=True, slots=True)
class Examination:
    """What one look at a file gave.

    Attributes:
        identity: of the file.
        features: what it is filed under if it is registered; None if featureless or not wanted.
        probe: what it is looked up by; None if featureless or not wanted.
    """

    identity: Identity
    features: Features | None
    probe: Probe | None


def identify(source: bytes | Path, *, title: str, limit: int, name: str | None = None) -> Identity:
    """Identify a file; see `examine`."""
    return examine(source, title=title, limit=limit, name=name).identity


def examine(
    source: bytes | Path,
    *,
    title: str,
    limit: int,
    name: str | None = None,
    wanted: Sequence[Literal["features", "probe"]] = (),
) -> Examination:
    """Look at a file once, in a confined process.

    Args:
        source: the master's bytes, or its path.
        title: the work's title, from which the Meta-Code is made.
        limit: largest accepted size, in bytes.
        name: file name where `source` is bytes; it only tells kinds of text apart.
        wanted: what matching needs, beside the identity.

    Raises:
        InputError: `file-unreadable`, `file-empty`, `file-oversized`, `title-empty`, `media-unsupported`; `-malformed`
            or `-oversized` after `text`, `image`, `document`, `audio` or `video`; `document-encrypted`; or
            `decoding-too-large`, `decoding-too-long`, `decoding-failed`.
        UnavailableError: `decoder-away`, `decoder-busy`, `ffmpeg-missing`.
    """
    with open_master(source, limit) as stream, _on_disk(source) as path:
        called = path.name if name is None else name
        found = guarded(extraction.extract, path, called, list(wanted), memory=MAX_MEMORY, seconds=_seconds(stream))
        try:
            kind, code = _checked(found["kind"], found["code"])
            features, probe = _features(kind, found.get("features")), _probe(kind, found.get("probe"))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                "decoding-failed", "the decoder answered nonsense", "export the file again with another program"
            ) from error
        return Examination(compose(stream, title, kind, code), features, probe)


def _seconds(stream: BinaryIO) -> int:
    """CPU seconds that a file may take, by what it starts like and its size."""
    if not is_recording(stream.read(12)):
        return MAX_SECONDS
    return min(MAX_RECORDING_SECONDS, MAX_SECONDS + stream.seek(0, 2) // _RECORDING_BYTES)


@contextmanager
def _on_disk(source: bytes | Path) -> Iterator[Path]:
    if isinstance(source, Path):
        yield source
        return
    with tempfile.NamedTemporaryFile(prefix="colophon-") as file:
        file.write(source)
        file.flush()
        yield Path(file.name)


def _checked(kind: str, code: str | None) -> tuple[str, str | None]:
    """Only what a sound decoder can say."""
    if kind not in SUPPORTED:
        raise ValueError(kind)
    if code is not None:
        main, sub, _, length, body = iscc_lib.iscc_decode(code)
        if (main, sub, len(body)) != (_CONTENT, _CONTENT_CODES[mode_of(kind)], CODE_BYTES):
            raise ValueError((code, length))
    return kind, code


def _features(kind: str, found: dict[str, Any] | None) -> Features | None:
    return None if found is None else Features(mode_of(kind), *_filed(found), _bytes(found["evidence"]))


def _probe(kind: str, found: dict[str, Any] | None) -> Probe | None:
    if found is None:
        return None
    codes, terms = _filed(found)
    radius, least = _number(found["radius"]), _number(found["min_terms"])
    return Probe(mode_of(kind), codes, radius, terms, least, _bytes(found["evidence"]))


def _filed(found: dict[str, Any]) -> tuple[tuple[bytes, ...], Any]:
    codes = tuple(_bytes(code) for code in found["codes"])
    if any(len(code) != CODE_BYTES for code in codes):
        raise ValueError("codes of another length")
    return codes, np.frombuffer(_bytes(found["terms"]), dtype="<u8").astype(np.uint64)


def _bytes(value: object) -> bytes:
    """No conversion: `bytes(10**10)` is ten billion of them."""
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value).__name__} in the place of bytes")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} in the place of a whole number")
    return value
