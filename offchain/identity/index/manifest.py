"""Which files are the index. One small file, always replaced whole: what it does not name does not exist."""

from __future__ import annotations

import json
import secrets
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from offchain.identity.durable import damaged, replace_file

__all__ = ["Manifest", "publish", "read_manifest", "remove_strays"]

_NAME: Final = "manifest.json"
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of an index at one moment.

    Attributes:
        birth: random, so that no file of a rebuilt index is taken for one of its predecessor.
        next_file: number of the next file.
        segments: names of the segments.
        tail: name of the tail.
    """

    birth: str
    next_file: int
    segments: tuple[str, ...]
    tail: str

    @classmethod
    def new(cls) -> Manifest:
        """Of an index without files."""
        return cls(secrets.token_hex(8), 0, (), "")

    def named(self, kind: str) -> tuple[str, Manifest]:
        """A name for a new file, and the manifest that will not give it again."""
        return f"{self.birth}-{self.next_file}.{kind}", replace(self, next_file=self.next_file + 1)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an index.

    Raises:
        FileNotFoundError: the folder holds no index.
        UnavailableError: `index-damaged`.
    """
    return _parsed(folder / _NAME, (folder / _NAME).read_bytes())


@lru_cache(maxsize=16)
def _parsed(path: Path, content: bytes) -> Manifest:
    text, _, crc = content.partition(b"\n")
    if crc.strip() != _crc(text):
        raise damaged(path, "its checksum is wrong")
    fields = json.loads(text)
    if fields.pop("format") != _FORMAT:
        raise damaged(path, "another version of Colophon wrote it")
    return Manifest(**{**fields, "segments": tuple(fields["segments"])})


def publish(folder: Path, manifest: Manifest) -> None:
    """Make these files the index, at once.

    Raises:
        OSError: the folder cannot be written.
    """
    content = {
        "format": _FORMAT,
        "birth": manifest.birth,
        "next_file": manifest.next_file,
        "segments": manifest.segments,
        "tail": manifest.tail,
    }
    text = json.dumps(content, separators=(",", ":")).encode()
    replace_file(folder / _NAME, text + b"\n" + _crc(text) + b"\n")


def remove_strays(folder: Path, manifest: Manifest) -> None:
    """Remove what was merged away, or written by a process that died before it could publish."""
    named = {*manifest.segments, manifest.tail}
    for path in folder.iterdir():
        if path.suffix in {".segment", ".tail"} and path.name not in named:
            with suppress(OSError):  # the next writer tries again
                path.unlink()


def _crc(text: bytes) -> bytes:
    return f"{zlib.crc32(text):08x}".encode()
