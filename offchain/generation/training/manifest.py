"""The training manifest: every file that a model was taught with, who made it, and under which licence.

Its canonical spelling (RFC 8785) is a work of its own, the training set: anybody who holds the manifest can compute
the id under which its makers are paid. Schema: docs/schemas/training-manifest.json.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import rfc8785

from offchain.errors import InputError
from offchain.generation.provenance import sha256_text

__all__ = ["SCHEMA", "TrainingFile", "TrainingManifest", "parse_manifest", "read_manifest", "training_file"]

SCHEMA: Final = "colophon/training"
_VERSION: Final = 1

_DIGEST = re.compile(r"0x[0-9a-f]{64}")
_ACCOUNT = re.compile(r"0x[0-9a-fA-F]{40}")
_MEMBERS: Final = ("schema", "version", "name", "statement", "files")
_FIELDS: Final = ("path", "sha256", "author", "source", "licence", "title", "account")


@dataclass(frozen=True, slots=True)
class TrainingFile:
    """A file that a model was taught with.

    Attributes:
        path: inside its source, with `/`.
        sha256: of its bytes, `0x` and 64 hex digits: its work id.
        author: who made it, as the source names them.
        source: where it can be had, such as a package with its version.
        licence: SPDX identifier or `LicenseRef-…`, several joined by ` AND `; see `licences`.
        title: may be empty.
        account: EIP-55 address to which the author's part is paid; None where nobody is to be paid.
    """

    path: str
    sha256: str
    author: str
    source: str
    licence: str
    title: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class TrainingManifest:
    """All files that a model was taught with, by path.

    Attributes:
        name: of the set.
        files: in any order; the canonical spelling has them by path.
        statement: what is known and what is not about their rights, in plain words.
    """

    name: str
    files: tuple[TrainingFile, ...]
    statement: str

    def __post_init__(self) -> None:
        _check_files(self.files)

    def canonical(self) -> bytes:
        """The one spelling: RFC 8785, files by path, no account where there is none; the set's master bytes."""
        files = [_spelled(file) for file in sorted(self.files, key=lambda file: file.path)]
        document: dict[str, Any] = {"schema": SCHEMA, "version": _VERSION, "files": files}
        return rfc8785.dumps(document | {"name": self.name, "statement": self.statement})

    @property
    def digest(self) -> str:
        """sha256 of `canonical()`: the work id of the training set."""
        return sha256_text(self.canonical())


def training_file(folder: Path, path: str, about: Mapping[str, str | None]) -> TrainingFile:
    """The entry of a file on this disk, hashed.

    Args:
        folder: that `path` is relative to.
        path: with `/`.
        about: `author`, `source`, `licence`, `title` and perhaps `account`.

    Raises:
        InputError: `training-file-missing`.
    """
    try:
        with (folder / path).open("rb") as file:
            digest = "0x" + hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            "training-file-missing", f"{folder / path} cannot be read: {error.strerror}", "name the folder of the data"
        ) from error
    return _entry({"path": path, "sha256": digest, **about})


def read_manifest(path: Path) -> TrainingManifest:
    """Read a manifest in any spelling of its JSON.

    Raises:
        InputError: `manifest-malformed`: no file, no JSON, or not a training manifest of this version.
    """
    try:
        return parse_manifest(path.read_bytes())
    except OSError as error:
        raise _malformed(f"{path} cannot be read: {error.strerror}") from error


def parse_manifest(data: bytes) -> TrainingManifest:
    """The manifest that these bytes spell.

    Raises:
        InputError: as `read_manifest`.
    """
    try:
        document = json.loads(data)
        if (document["schema"], document["version"]) != (SCHEMA, _VERSION):
            raise _malformed("it is not a training manifest of this version")
        _refuse_unknown(document, _MEMBERS)
        files = tuple(map(_entry, document["files"]))
        return TrainingManifest(_text(document, "name"), files, _text(document, "statement"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _malformed(f"it is not a training manifest: {error!r}") from error


def _entry(fields: Mapping[str, Any]) -> TrainingFile:
    _refuse_unknown(fields, _FIELDS)
    return TrainingFile(
        path=_text(fields, "path"),
        sha256=_text(fields, "sha256"),
        author=_text(fields, "author"),
        source=_text(fields, "source"),
        licence=_text(fields, "licence"),
        title=_text(fields, "title"),
        account=None if fields.get("account") is None else _text(fields, "account"),
    )


def _refuse_unknown(fields: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """What is not known would be lost in the canonical spelling, and the digest be another."""
    unknown = sorted(set(fields) - set(known))
    if unknown:
        raise _malformed(f"there are unknown fields: {', '.join(unknown)}")


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise _malformed(f"the {name} {value!r} is not text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _malformed(f"the {name} {value!r} is not valid Unicode") from error
    return value


def _check_files(files: Iterable[TrainingFile]) -> None:
    seen: set[str] = set()
    for file in files:
        if not file.path or file.path in seen:
            raise _malformed(f"the path {file.path!r} is empty or stands twice")
        if not _DIGEST.fullmatch(file.sha256):
            raise _malformed(f"the sha256 of {file.path} is {file.sha256!r}")
        if file.account is not None and not _ACCOUNT.fullmatch(file.account):
            raise _malformed(f"the account of {file.path} is {file.account!r}")
        seen.add(file.path)


def _spelled(file: TrainingFile) -> dict[str, str]:
    values = {name: getattr(file, name) for name in _FIELDS}
    return {name: value for name, value in values.items() if value is not None}


def _malformed(message: str) -> InputError:
    return InputError("manifest-malformed", message, "write it as docs/schemas/training-manifest.json describes")
