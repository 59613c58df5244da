"""Texts by the real model: the same record gives the same bytes, and a false record is found out."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import replace

import pytest
import torch

from offchain.errors import InputError, RefusedError
from offchain.generation import TextParams, canonical, disclose, generate, reproduce
from offchain.generation.text.model import load_model

PROMPT = "Write a short story about a bookbinder who finds a hidden colophon."
PARAMS = TextParams(max_tokens=16, temperature=0.8, top_p=0.95)
CREATED = 1_790_000_000


class CancelledByTestError(Exception):
    """What a caller's progress callback raises."""


@pytest.fixture(scope="session")
def work(runtime):
    return generate(PROMPT, PARAMS, 7, created=CREATED, runtime=runtime)


def test_generate__same_seed__same_bytes_and_record(runtime, work):
    assert generate(PROMPT, PARAMS, 7, created=CREATED, runtime=runtime) == work


def test_generate__other_seed__other_bytes(runtime, work):
    assert generate(PROMPT, PARAMS, 8, created=CREATED, runtime=runtime).data != work.data


def test_generate__two_threads__same_bytes(runtime, work):
    again = generate(PROMPT, PARAMS, 7, created=CREATED, runtime=replace(runtime, threads=2))

    assert again.data == work.data
    assert again.provenance["device"]["threads"] == 2


def test_generate__record__states_what_went_in_and_what_came_out(runtime, work):
    record = work.provenance

    assert record["output"]["sha256"] == "0x" + hashlib.sha256(work.data).hexdigest()
    assert record["output"]["bytes"] == len(work.data) > 0
    assert record["prompt"]["sha256"] == "0x" + hashlib.sha256(PROMPT.encode()).hexdigest()
    assert record["parameters"] == {"max_tokens": 16, "temperature": "0.8", "top_p": "0.95"}
    assert (record["seed"], record["created"], record["parents"]) == (7, CREATED, [])
    assert record["draws"]["tokens"] <= PARAMS.max_tokens
    weights = hashlib.sha256((runtime.model_path / "model.safetensors").read_bytes()).hexdigest()
    assert record["model"]["weights"] == "0x" + weights
    assert PROMPT.encode() not in canonical(record)


def test_generate__temperature_zero__agrees_with_the_decoder_of_transformers(runtime):
    """An independent decoder proves template, cache and positions."""
    params = TextParams(max_tokens=16, temperature=0)
    model = load_model(runtime)
    said = [{"role": "user", "content": PROMPT}]
    ids = model.tokenizer.apply_chat_template(said, add_generation_prompt=True, return_dict=True, return_tensors="pt")
    theirs = model.network.generate(**ids, do_sample=False, max_new_tokens=16)[0, ids["input_ids"].shape[1] :]

    ours = generate(PROMPT, params, 1, created=CREATED, runtime=runtime)
    assert ours.data.decode() == model.tokenizer.decode(theirs, skip_special_tokens=True).strip()
    assert generate(PROMPT, params, 2, created=CREATED, runtime=runtime).data == ours.data


def test_generate__model_ends_its_answer__text_stops_there_without_the_end_mark(runtime):
    steps = []
    params = TextParams(max_tokens=60, temperature=0)
    work = generate(
        "What is 2 + 2? Answer in one word.",
        params,
        0,
        created=CREATED,
        runtime=runtime,
        progress=lambda done, most: steps.append((done, most)),
    )

    assert work.provenance["draws"]["tokens"] < 60
    assert steps == [(done, 60) for done in range(1, work.provenance["draws"]["tokens"] + 1)]
    assert b"<|" not in work.data


def test_generate__progress_raises__is_cancelled_there_and_the_next_call_is_whole(runtime, work):
    seen = []
    before = torch.get_num_threads()

    def stop_at_third(done, most):
        seen.append(done)
        if done == 3:
            raise CancelledByTestError

    with pytest.raises(CancelledByTestError):
        generate(PROMPT, PARAMS, 7, created=CREATED, runtime=replace(runtime, threads=2), progress=stop_at_third)

    assert seen == [1, 2, 3]
    assert torch.get_num_threads() == before
    assert generate(PROMPT, PARAMS, 7, created=CREATED, runtime=runtime) == work


@pytest.mark.parametrize(
    ("prompt", "code"), [("", "prompt-empty"), (" \n", "prompt-empty"), ("\ud800", "prompt-malformed")]
)
def test_generate__prompt_that_is_none__is_refused(runtime, prompt, code):
    with pytest.raises(InputError) as caught:
        generate(prompt, PARAMS, 7, created=CREATED, runtime=runtime)

    assert caught.value.code == code


def test_generate__hundred_thousand_tokens__names_tokens_and_limit(runtime):
    """The context of SmolLM2 holds 8192 tokens (Allal et al. 2025, §4.1, extended context)."""
    with pytest.raises(InputError) as caught:
        generate("x " * 100_000, PARAMS, 7, created=CREATED, runtime=runtime)

    assert caught.value.code == "prompt-too-long"
    assert caught.value.facts["tokens"] > 100_000
    assert caught.value.facts["limit"] == 8192 - PARAMS.max_tokens


def test_generate__prompt_and_answer_just_fill_the_context__is_accepted(runtime, work):
    def stop(done, most):
        raise CancelledByTestError

    room = 8192 - work.provenance["prompt"]["tokens"]
    with pytest.raises(CancelledByTestError):
        generate(PROMPT, TextParams(max_tokens=room), 7, created=CREATED, runtime=runtime, progress=stop)
    with pytest.raises(InputError, match="8192 together"):
        generate(PROMPT, TextParams(max_tokens=room + 1), 7, created=CREATED, runtime=runtime)


def test_reproduce__true_record__gives_the_same_work(runtime, work):
    assert reproduce(work.provenance, PROMPT, runtime=runtime) == work


def test_reproduce__disclosed_prompt__needs_no_other(runtime, work):
    assert reproduce(disclose(work.provenance, PROMPT), runtime=runtime).data == work.data


def test_reproduce__undisclosed_prompt_and_none_given__is_refused(runtime, work):
    with pytest.raises(InputError) as caught:
        reproduce(work.provenance, runtime=runtime)

    assert caught.value.code == "prompt-missing"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("seed",), 8),
        (("parameters", "temperature"), "1.5"),
        (("parameters", "max_tokens"), 15),
        (("output", "sha256"), "0x" + "00" * 32),
        (("output", "media_type"), "text/html"),
        (("model", "weights"), "0x" + "00" * 32),
        (("model", "tokenizer"), "0x" + "00" * 32),
        (("prompt", "sha256"), "0x" + "00" * 32),
    ],
)
def test_reproduce__tampered_record__is_found_out(runtime, work, path, value):
    with pytest.raises(RefusedError) as caught:
        reproduce(_changed(work.provenance, path, value), PROMPT, runtime=runtime)

    assert caught.value.code == "provenance-mismatch"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "other"),
        (("version",), 1),
        (("kind",), "sculpture"),
        (("parameters",), {}),
        (("parameters", "top_p"), "many"),
        (("prompt",), "text"),
        (("seed",), float("inf")),
        (("device",), None),
    ],
)
def test_reproduce__malformed_record__is_refused(runtime, work, path, value):
    with pytest.raises(InputError) as caught:
        reproduce(_changed(work.provenance, path, value), PROMPT, runtime=runtime)

    assert caught.value.code == "provenance-malformed"


def _changed(record, path, value):
    changed = copy.deepcopy(record)
    section = changed
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    return changed
