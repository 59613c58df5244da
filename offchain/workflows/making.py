"""Making works with their finished records: what a job and the command line do alike. Needs no node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from offchain.errors import ColophonError, InputError, RefusedError
from offchain.generation import Generated, Progress, Record, Runtime, generate, generate_batch
from offchain.generation.attribution.training_set import training_parent
from offchain.generation.text.watermark import creator_mark
from offchain.workflows.prompts import shown
from offchain.workflows.requests import GenerationRequest

__all__ = ["Made", "make_works", "require_markable", "with_training_set"]

_EMPTY: Final = "generation-empty"
"""Of a seed that the model made nothing from, as it always will."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a seed: either its work, or why there is none."""

    seed: int
    work: Generated | None
    error: ColophonError | None = None


def make_works(
    asked: GenerationRequest,
    seeds: Sequence[int],
    *,
    created: int,
    runtime: Runtime,
    progress: Progress | None = None,
) -> list[Made]:
    """Make the works of these seeds in one go; their records tell the prompt and name parents as wished.

    Where several works are asked for, a seed that gives an empty one (`generation-empty`) takes none of the others
    along; a single work that is empty is an error.

    Args:
        asked: what is made; of its count it matters only whether it is one; its own seed is left aside.
        seeds: one for each work.
        created: Unix seconds to state in the records.
        runtime: where it runs.
        progress: called as it goes; what it raises cancels and comes out here.

    Returns:
        what became of each seed, in their order.

    Raises:
        InputError: as `offchain.generation.generate`, or as `shown`.
        RefusedError: `no-training-set`.
    """
    made = _made(asked, seeds, created, runtime, progress)
    if asked.count == 1:
        for each in made:
            if each.error is not None:
                raise each.error
    return [_told(each, asked) for each in made]


def require_markable(asked: GenerationRequest) -> None:
    """Accept a watermark for texts alone: pictures and sound are marked in their previews, when they are registered.

    Raises:
        InputError: `mark-for-texts`, or `account-malformed`.
    """
    if asked.mark_for is None:
        return
    if asked.params.kind != "text":
        raise InputError(
            "mark-for-texts", f"no watermark goes into {asked.params.kind} here", "registering marks what all may see"
        )
    creator_mark(bytes(32), asked.mark_for)


def with_training_set(record: Record) -> Record:
    """A copy of the record that names the set that its model was taught with as a parent.

    The set's manifest is a work of its own, whose id is the digest that the record has of it.

    Raises:
        RefusedError: `no-training-set`: the model's maker states none.
    """
    parent = training_parent(record["model"])
    if parent is None:
        raise RefusedError(
            "no-training-set",
            f"whoever made the model {record['model'].get('name')} states no training set",
            "leave it unnamed, or use a model whose training set is stated",
        )
    return record | {"parents": [*(each for each in record["parents"] if each != parent), parent]}


def _made(
    asked: GenerationRequest, seeds: Sequence[int], created: int, runtime: Runtime, progress: Progress | None
) -> list[Made]:
    if len(seeds) > 1:
        prompts = [asked.prompt] * len(seeds)
        try:
            works = generate_batch(prompts, asked.params, seeds, created=created, runtime=runtime, progress=progress)
            return [Made(seed, work) for seed, work in zip(seeds, works, strict=True)]
        except InputError as error:
            if error.code != _EMPTY:
                raise
    # A batch does not say which of its works were empty.
    parts = ((seed, _part(progress, number, len(seeds))) for number, seed in enumerate(seeds))
    return [_one(asked, seed, created, runtime, part) for seed, part in parts]


def _one(asked: GenerationRequest, seed: int, created: int, runtime: Runtime, progress: Progress | None) -> Made:
    try:
        return Made(
            seed, generate(asked.prompt, asked.params, seed, created=created, runtime=runtime, progress=progress)
        )
    except InputError as error:
        if error.code != _EMPTY:
            raise
        return Made(seed, None, error)


def _part(progress: Progress | None, number: int, parts: int) -> Progress | None:
    """Tells how far all is, for the work of a number from 0."""
    if progress is None or parts == 1:
        return progress
    return lambda done, most: progress(number * most + done, parts * most)


def _told(made: Made, asked: GenerationRequest) -> Made:
    if made.work is None:
        return made
    record = made.work.provenance
    named = with_training_set(record) if asked.name_training_set else record
    record = shown(named, asked.prompt, disclosed=asked.disclose_prompt, recipient=asked.encrypt_prompt_to)
    return replace(made, work=replace(made.work, provenance=record))
