"""One interface over every kind of work: text, music, image.

Each kind is a room of its own (`offchain.generation.text`, …) with the same functions, `generate`,
`generate_batch`, `reproduce` and `replay`; these here choose the room, by the parameters' type or by the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final, Protocol, cast

from offchain.errors import InputError
from offchain.generation.provenance import Generated, Record
from offchain.generation.replaying import Replay
from offchain.generation.runtime import Progress, Runtime

__all__ = ["KINDS", "Params", "generate", "generate_batch", "replay", "reproduce"]

KINDS: Final = ("text", "music", "image")


class Params(Protocol):
    """What a kind of work is asked to be: TextParams, MusicParams or ImageParams."""

    @property
    def kind(self) -> str: ...  # noqa: D102  # one of KINDS


class _Room(Protocol):
    def generate(
        self, prompt: str, params: Params, seed: int, *, created: int, runtime: Runtime, progress: Progress | None
    ) -> Generated: ...
    def generate_batch(
        self,
        prompts: Sequence[str],
        params: Params,
        seeds: Sequence[int],
        *,
        created: int,
        runtime: Runtime,
        progress: Progress | None,
    ) -> list[Generated]: ...
    def reproduce(
        self, record: Record, prompt: str | None, *, runtime: Runtime, progress: Progress | None
    ) -> Generated: ...
    def replay(self, record: Record, data: bytes, prompt: str | None, *, runtime: Runtime) -> Replay: ...


def generate(
    prompt: str, params: Params, seed: int, *, created: int, runtime: Runtime, progress: Progress | None = None
) -> Generated:
    """Make one work.

    Args:
        prompt: what is asked of a language model, the melody of a piece (may be empty), the class of an image.
        params: of the kind wanted.
        seed: 0 to 2⁵³ − 1; the same seed gives the same bytes.
        created: Unix seconds to state in the record.
        runtime: where it runs.
        progress: called as it goes; what it raises cancels and comes out here.

    Raises:
        InputError: the prompt or a parameter does not fit, or the model is missing or not the pinned one.
    """
    return _room(params.kind).generate(prompt, params, seed, created=created, runtime=runtime, progress=progress)


def generate_batch(
    prompts: Sequence[str],
    params: Params,
    seeds: Sequence[int],
    *,
    created: int,
    runtime: Runtime,
    progress: Progress | None = None,
) -> list[Generated]:
    """Make many works in one go, one per (prompt, seed); each has the record that it would have alone.

    Raises:
        InputError: `batch-uneven`: not as many prompts as seeds; else as `generate`.
    """
    if len(prompts) != len(seeds):
        raise InputError(
            "batch-uneven", f"{len(prompts)} prompts and {len(seeds)} seeds do not pair", "give one seed a prompt"
        )
    room = _room(params.kind)
    return room.generate_batch(prompts, params, seeds, created=created, runtime=runtime, progress=progress)


def reproduce(
    record: Record, prompt: str | None = None, *, runtime: Runtime, progress: Progress | None = None
) -> Generated:
    """Make a recorded work again and compare it with the record.

    Args:
        record: of any kind.
        prompt: needed unless the record discloses it, or it was empty.
        runtime: where it runs; a device of None takes the kind that the record names.
        progress: as in `generate`.

    Returns:
        the work with the record of this run, which differs from `record` in machine and libraries at most.

    Raises:
        RefusedError: `provenance-mismatch`: the prompt, the model or the bytes are not those recorded.
        InputError: the record is malformed or its prompt is missing; else as `generate`.
    """
    return _room_of(record).reproduce(record, prompt, runtime=runtime, progress=progress)


def replay(record: Record, data: bytes, prompt: str | None = None, *, runtime: Runtime) -> Replay:
    """Whether a model with this record could have made these bytes: one pass over them, on any device.

    Raises:
        RefusedError, InputError: as `reproduce`.
    """
    return _room_of(record).replay(record, data, prompt, runtime=runtime)


def _room_of(record: Record) -> _Room:
    kind = record.get("kind") if isinstance(record, dict) else None
    if kind not in KINDS:
        raise InputError("provenance-malformed", f"it is a record of no kind ({kind!r})", "take one made by Colophon")
    return _room(kind)


def _room(kind: str) -> _Room:
    return cast(_Room, import_module(f"offchain.generation.{kind}"))
