"""Making works with their finished records: what a job and the command line do alike. Needs no node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from offchain.errors import InputError, RefusedError
from offchain.generation import Generated, Progress, Record, Runtime, generate, generate_batch
from offchain.generation.attribution.training_set import training_parent
from offchain.generation.text.watermark import creator_mark
from offchain.workflows.prompts import shown
from offchain.workflows.requests import GenerationRequest

__all__ = ["make_works", "require_markable", "with_training_set"]


def make_works(
    asked: GenerationRequest,
    seeds: Sequence[int],
    *,
    created: int,
    runtime: Runtime,
    progress: Progress | None = None,
) -> list[Generated]:
    """Make the works of these seeds in one go; their records tell the prompt and name parents as wished.

    Args:
        asked: what is made; its own seed and count are left aside.
        seeds: one for each work.
        created: Unix seconds to state in the records.
        runtime: where it runs.
        progress: called as it goes; what it raises cancels and comes out here.

    Raises:
        InputError: as `offchain.generation.generate`, or as `shown`.
        RefusedError: `no-training-set`.
    """
    if len(seeds) == 1:
        made = [generate(asked.prompt, asked.params, seeds[0], created=created, runtime=runtime, progress=progress)]
    else:
        prompts = [asked.prompt] * len(seeds)
        made = generate_batch(prompts, asked.params, seeds, created=created, runtime=runtime, progress=progress)
    return [replace(each, provenance=_told(each.provenance, asked)) for each in made]


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


def _told(record: Record, asked: GenerationRequest) -> Record:
    named = with_training_set(record) if asked.name_training_set else record
    return shown(named, asked.prompt, disclosed=asked.disclose_prompt, recipient=asked.encrypt_prompt_to)
