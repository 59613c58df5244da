"""Batches and narrow weights of the real model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.errors import InputError
from offchain.generation import TextParams, generate, generate_batch, reproduce

PARAMS = TextParams(max_tokens=8)
PROMPTS = ("What is a colophon? Answer in one sentence.", "Hello")
CREATED = 1_790_000_000


def test_generate_batch__real_model__texts_and_records_are_those_made_alone(runtime):
    alone = [generate(prompt, PARAMS, seed, created=CREATED, runtime=runtime) for seed, prompt in enumerate(PROMPTS)]
    together = generate_batch(PROMPTS, PARAMS, range(2), created=CREATED, runtime=runtime)

    assert not any(work.provenance["draws"]["thin"] for work in alone)
    assert [work.data for work in together] == [work.data for work in alone]
    kept = ("model", "prompt", "parameters", "seed", "output", "dtype")
    assert [{name: work.provenance[name] for name in kept} for work in together] == [
        {name: work.provenance[name] for name in kept} for work in alone
    ]


def test_reproduce__int8__runs_again_in_int8_and_says_so(runtime):
    work = generate("Hello", PARAMS, 1, created=CREATED, runtime=replace(runtime, dtype="int8"))

    again = reproduce(work.provenance, "Hello", runtime=runtime)
    assert again.data == work.data
    assert again.provenance["dtype"] == "int8"
    assert "numba" in again.provenance["libraries"]


def test_generate_batch__one_prompt_empty__is_refused_before_anything_is_drawn(runtime):
    drawn = []
    with pytest.raises(InputError) as caught:
        generate_batch(
            ["Hello", " "],
            PARAMS,
            [1, 2],
            created=CREATED,
            runtime=runtime,
            progress=lambda done, most: drawn.append((done, most)),
        )

    assert caught.value.code == "prompt-empty"
    assert drawn == []


def test_generate__megabytes_of_prompt__are_refused_by_their_characters(runtime):
    """No token of this vocabulary is longer than some hundred characters, so they need not be split to know."""
    with pytest.raises(InputError) as caught:
        generate("x" * 20_000_000, PARAMS, 7, created=CREATED, runtime=runtime)

    assert caught.value.code == "prompt-too-long"
    assert caught.value.facts["characters"] == 20_000_000
