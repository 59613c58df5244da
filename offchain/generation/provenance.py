"""The provenance record: how a generated work came to be, as canonical JSON whose sha256 goes on chain.

A record holds text, integers, truth values, lists and objects only. Fractions are decimal strings, since two
JSON writers need not agree on a float, and digests are `0x` and 64 hex digits. Its sections are described in
docs/decisions/0009.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeAlias

import rfc8785

from offchain import __version__
from offchain.errors import InputError, RefusedError
from offchain.generation.sampling import MAX_SEED

__all__ = [
    "SCHEMA",
    "SCHEMA_VERSION",
    "Generated",
    "Job",
    "Record",
    "Run",
    "Stated",
    "canonical",
    "code_section",
    "decimal_text",
    "disclose",
    "encoded_prompt",
    "make_record",
    "read_record",
    "record_digest",
    "require_same",
    "sha256_text",
]

SCHEMA: Final = "colophon/provenance"
SCHEMA_VERSION: Final = 2

MAX_RECORD: Final = 256 * 1024
"""Largest record in bytes, so that it is one raw IPFS block whose CID is its sha256."""

_PROMPT_REMEDY: Final = (
    "give it: --prompt TEXT (of a picture its class, of a piece its melody), or --identity FILE where it is encrypted"
)

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


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for.

    Attributes:
        prompt: UTF-8; empty where the kind needs none.
        parameters: as the record spells them, fractions as decimal strings.
        seed: 0 to 2⁵³ − 1.
        created: Unix seconds to state in the record.
    """

    prompt: bytes
    parameters: Record
    seed: int
    created: int


@dataclass(frozen=True, slots=True)
class Run:
    """What did it, and how narrowly.

    Attributes:
        model: `name`, `licence` (SPDX), `weights` and `tokenizer` (sha256, the second None where there is none),
            and `training`: sha256 of the training manifest, None where its maker states none.
        device: see `device_section`.
        dtype: numbers that weights and activations were kept in.
        libraries: distributions whose versions count.
        draws: `margin`, how far any draw may be off without changing it, `thin`, whether that is less than
            processors differ by, and how many draws there were, under the name of what was drawn.
        prompt_tokens: tokens that the prompt became; None where it became none.
        parents: `{"work": id, "relation": …}` of each work that this one derives from.
    """

    model: Record
    device: Record
    dtype: str
    libraries: Sequence[str]
    draws: Record
    prompt_tokens: int | None = None
    parents: Sequence[Record] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """What a record says came out, for the one who makes it again: sections as in the record."""

    model: Record
    device: Record
    dtype: str
    output: Record
    parents: Sequence[Record]


def make_record(kind: str, job: Job, run: Run, data: bytes, media_type: str) -> Record:
    """The record of `data`, of kind `text`, `music` or `image`."""
    tokens = {} if run.prompt_tokens is None else {"tokens": run.prompt_tokens}
    return {
        "schema": SCHEMA,
        "version": SCHEMA_VERSION,
        "kind": kind,
        "created": job.created,
        "model": dict(run.model),
        "code": code_section(),
        "libraries": libraries_section(run.libraries),
        "device": dict(run.device),
        "dtype": run.dtype,
        "prompt": {"sha256": sha256_text(job.prompt)} | tokens,
        "parameters": job.parameters,
        "seed": job.seed,
        "output": {"sha256": sha256_text(data), "bytes": len(data), "media_type": media_type},
        "draws": dict(run.draws),
        "parents": list(run.parents),
    }


def read_record(record: Record, kind: str, prompt: str | None = None) -> tuple[Job, Stated]:
    """What to make again, and what the record states about it.

    Args:
        record: of a work of this kind.
        kind: `text`, `music` or `image`.
        prompt: needed unless the record discloses it, or states that it was empty.

    Raises:
        InputError: `provenance-malformed`, or `prompt-missing`.
        RefusedError: `provenance-mismatch`: the prompt is not the one recorded.
    """
    try:
        if (record["schema"], record["version"], record["kind"]) != (SCHEMA, SCHEMA_VERSION, kind):
            raise ValueError(f"not a record of this version and of the kind {kind}")
        stated = Stated(
            {**record["model"]},
            {**record["device"]},
            str(record["dtype"]),
            {**record["output"]},
            tuple({**parent} for parent in record["parents"]),
        )
        digest, disclosed = record["prompt"]["sha256"], record["prompt"].get("text")
        parameters, seed, created = {**record["parameters"]}, *_recorded_numbers(record)
        _ = [{**record[name]} for name in ("code", "libraries", "draws")]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _malformed(f"this is not the record of a {kind}: {error!r}", "take a record made by Colophon") from error
    job = Job(_recorded_prompt(digest, disclosed, prompt), parameters, seed, created)
    return job, stated


def require_same(what: str, stated: object, found: object) -> None:
    """Compare a section of a record with what was found.

    Raises:
        RefusedError: `provenance-mismatch`, with both.
    """
    if stated != found:
        raise RefusedError(
            "provenance-mismatch",
            f"the {what} is not the one that the record states",
            f"use the {what} that was recorded; where only the output differs, on the kind of machine recorded",
            stated=stated,
            found=found,
        )


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


def encoded_prompt(prompt: str) -> bytes:
    """The prompt as UTF-8.

    Raises:
        InputError: `prompt-malformed`: lone surrogates.
    """
    try:
        return prompt.encode()
    except UnicodeEncodeError as error:
        raise InputError("prompt-malformed", "the prompt is not valid Unicode", "send it as UTF-8") from error


def sha256_text(data: bytes) -> str:
    """sha256 of `data`, `0x` and 64 hex digits."""
    return "0x" + hashlib.sha256(data).hexdigest()


def decimal_text(value: float) -> str:
    """The shortest plain decimal that reads back as `value`, such as `0.8`."""
    return format(Decimal(repr(value + 0.0)).normalize(), "f")


@lru_cache(maxsize=1)
def code_section() -> Record:
    """Colophon's version and a sha256 over this room's modules: path, length and bytes of each, by path."""
    digest, room = hashlib.sha256(), Path(__file__).parent
    for name in sorted(module.relative_to(room).as_posix() for module in room.rglob("*.py")):
        source = (room / name).read_bytes()
        digest.update(f"{name}\0{len(source)}\0".encode() + source)
    return {"version": __version__, "sha256": "0x" + digest.hexdigest()}


def libraries_section(names: Iterable[str]) -> Record:
    """Installed versions of Python and of the distributions named."""
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def _recorded_numbers(record: Record) -> tuple[int, int]:
    """The record's seed and time."""
    seed, created = record["seed"], record["created"]
    if type(seed) is not int or type(created) is not int or not 0 <= seed <= MAX_SEED:
        raise ValueError(f"seed {seed!r} or time {created!r} is none")
    return seed, created


def _recorded_prompt(digest: object, disclosed: object, given: str | None) -> bytes:
    prompt = given if given is not None else disclosed
    if prompt is None and digest == sha256_text(b""):
        return b""
    if prompt is None:
        raise InputError("prompt-missing", "the record does not disclose its prompt", _PROMPT_REMEDY)
    if not isinstance(prompt, str):
        raise _malformed("the disclosed prompt is not text", "take a record made by Colophon")
    encoded = encoded_prompt(prompt)
    require_same("prompt", digest, sha256_text(encoded))
    return encoded


def _has_float(value: object) -> bool:
    match value:
        case dict():
            return any(map(_has_float, value.values()))
        case list() | tuple():
            return any(map(_has_float, value))
    return isinstance(value, float)


def _malformed(message: str, remedy: str) -> InputError:
    return InputError("provenance-malformed", message, remedy)
