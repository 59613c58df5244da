"""The provenance record: how a generated work came to be, as canonical JSON whose sha256 goes on chain.

A record holds text, integers, truth values, lists and objects only. Fractions are decimal strings, since two
JSON writers need not agree on a float, and digests are `0x` and 64 hex digits. Its sections are described in
docs/decisions/0009.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeAlias

import rfc8785

from offchain import __version__
from offchain.errors import InputError, RefusedError

__all__ = [
    "SCHEMA",
    "SCHEMA_VERSION",
    "Generated",
    "Record",
    "canonical",
    "code_section",
    "decimal_text",
    "disclose",
    "libraries_section",
    "record_digest",
    "sha256_text",
]

SCHEMA: Final = "colophon/provenance"
SCHEMA_VERSION: Final = 1

MAX_RECORD: Final = 256 * 1024
"""Largest record in bytes, so that it is one raw IPFS block whose CID is its sha256."""

Record: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Generated:
    """A generated work.

    Attributes:
        data: the master's bytes.
        media_type: IANA media type of `data`.
        provenance: how it came to be; `output.sha256` is the work's id.
    """

    data: bytes
    media_type: str
    provenance: Record


def canonical(record: Record) -> bytes:
    """The record's one spelling (RFC 8785), the bytes that are pinned.

    Raises:
        InputError: it holds a float, an integer above 2⁵³ − 1 or what JSON cannot carry, or is too large.
    """
    if _has_float(record):
        raise _malformed("the record holds a float", "write fractions as decimal strings")
    try:
        data = rfc8785.dumps(record)
    except rfc8785.CanonicalizationError as error:
        raise _malformed(f"the record has no canonical form: {error}", "see RFC 8785 §3.2") from error
    if len(data) > MAX_RECORD:
        raise _malformed(f"the record has {len(data)} bytes, of at most {MAX_RECORD}", "leave the prompt undisclosed")
    return data


def record_digest(record: Record) -> str:
    """sha256 of the canonical record: what goes on chain.

    Raises:
        InputError: as `canonical`.
    """
    return sha256_text(canonical(record))


def disclose(record: Record, prompt: str) -> Record:
    """A copy of the record that carries the prompt itself and not only its sha256; its digest is another.

    Raises:
        RefusedError: the record is of another prompt.
        InputError: the record has no prompt.
    """
    section = record.get("prompt")
    if not isinstance(section, dict):
        raise _malformed("the record names no prompt", "take a record made by Colophon")
    if section.get("sha256") != sha256_text(prompt.encode()):
        raise RefusedError("provenance-mismatch", "the record is of another prompt", "give the prompt as it was")
    return record | {"prompt": section | {"text": prompt}}


def sha256_text(data: bytes) -> str:
    """sha256 of `data`, `0x` and 64 hex digits."""
    return "0x" + hashlib.sha256(data).hexdigest()


def decimal_text(value: float) -> str:
    """The shortest plain decimal that reads back as `value`, such as `0.8`."""
    return format(Decimal(repr(value + 0.0)).normalize(), "f")


@lru_cache(maxsize=1)
def code_section() -> Record:
    """Colophon's version and a sha256 over this room's modules: name, length and bytes of each, by name."""
    digest = hashlib.sha256()
    for module in sorted(Path(__file__).parent.glob("*.py")):
        source = module.read_bytes()
        digest.update(f"{module.name}\0{len(source)}\0".encode() + source)
    return {"version": __version__, "sha256": "0x" + digest.hexdigest()}


def libraries_section(names: Iterable[str]) -> Record:
    """Installed versions of Python and of the distributions named."""
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def _has_float(value: object) -> bool:
    match value:
        case dict():
            return any(map(_has_float, value.values()))
        case list() | tuple():
            return any(map(_has_float, value))
    return isinstance(value, float)


def _malformed(message: str, remedy: str) -> InputError:
    return InputError("provenance-malformed", message, remedy)
