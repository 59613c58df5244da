"""Any causal model that transformers loads, from a folder without a manifest of ours or by its hub id."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from offchain.errors import InputError, RefusedError
from offchain.generation import Runtime, TextParams, generate, generate_batch, replay, reproduce
from offchain.generation.provenance import canonical, sha256_text
from offchain.generation.text.folder import WEIGHTS, file_digest
from offchain.generation.text.hub import tokenizer_file
from offchain.generation.text.model import _load, load_model

PARAMS = TextParams(max_tokens=8, temperature=1, top_p=0.9)
TEMPLATE_FILE = "chat_template.jinja"
PROMPTS = ("Hi", "Tell me more about it", "A")


def made(path, prompt="Hello", **runtime):
    return generate(prompt, PARAMS, 3, created=1, runtime=Runtime(path, device="cpu", **runtime))


def changed(path, change, file="config.json"):
    told = json.loads((path / file).read_text())
    (path / file).write_text(json.dumps(told | change))
    load_cleared()


def load_cleared():
    """A process loads a folder once: what lies there now must be read again."""
    _load.cache_clear()


def refusal_of(path, **runtime) -> InputError:
    with pytest.raises(InputError) as caught:
        made(path, **runtime)
    return caught.value


def test_generate__folder_without_manifest__record_names_its_bytes(llama_folder):
    model = made(llama_folder).provenance["model"]

    assert (model["name"], model["licence"]) == ("small-llama", "LicenseRef-unknown")
    assert model["weights"] == file_digest(llama_folder / WEIGHTS)
    assert model["tokenizer"] == file_digest(llama_folder / "tokenizer.json")


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: apache-2.0\ntags: []\n---\n# A model", "Apache-2.0"),
        ("---\nlicense: llama3\n---\n", "LicenseRef-llama3"),
        ("# A model\nlicense: mit", "LicenseRef-unknown"),
        ("---\ntags: []\n---\nlicense: mit\n", "LicenseRef-unknown"),
    ],
)
def test_generate__model_card__licence_is_read_from_its_header_only(llama_folder, card, licence):
    (llama_folder / "README.md").write_text(card)

    assert made(llama_folder).provenance["model"]["licence"] == licence


def test_generate__chat_template__frames_the_prompt_and_without_one_it_stands_alone(llama_folder, gpt2_folder):
    """Every byte is a token: `<Hello>` has seven."""
    assert made(llama_folder).provenance["prompt"]["tokens"] == len("<Hello>")
    assert made(gpt2_folder).provenance["prompt"]["tokens"] == len("Hello")


def test_reproduce__bfloat16__runs_again_in_bfloat16(llama_folder):
    work = made(llama_folder, dtype="bfloat16")

    again = reproduce(work.provenance, "Hello", runtime=Runtime(llama_folder))
    assert again.data == work.data
    assert again.provenance["dtype"] == "bfloat16"


@pytest.mark.parametrize(("dtype", "thin"), [("float32", False), ("bfloat16", True)])
def test_generate__dtype__thin_is_what_that_dtype_leaves_open(llama_folder, dtype, thin):
    """Of eight draws among 256 tokens some lie within 0.04 of a boundary, and none within 2e-5."""
    assert made(llama_folder, dtype=dtype).provenance["draws"]["thin"] is thin


def test_generate__weights_in_shards__same_text_and_all_shards_in_the_digest(llama_folder, tmp_path):
    shards = tmp_path / "shards"
    shutil.copytree(llama_folder, shards)
    load_model(Runtime(llama_folder, device="cpu")).network.save_pretrained(shards, max_shard_size="20KB")
    (shards / WEIGHTS).unlink(missing_ok=True)
    digests = {file.name: file_digest(file) for file in shards.glob("*.safetensors")}

    work = made(shards)

    assert len(digests) > 1
    assert work.data == made(llama_folder).data
    assert work.provenance["model"]["weights"] == sha256_text(canonical(digests))


def test_reproduce__other_weights_in_the_folder__is_refused(llama_folder, tmp_path):
    record = made(llama_folder).provenance
    other = tmp_path / "other"
    shutil.copytree(llama_folder, other)
    network = load_model(Runtime(llama_folder, device="cpu")).network
    tensors = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    tensors["model.norm.weight"] *= 1.01
    network.save_pretrained(other, state_dict=tensors)

    with pytest.raises(RefusedError) as caught:
        reproduce(record, "Hello", runtime=Runtime(other))
    assert caught.value.code == "provenance-mismatch"


def test_load_model__truncated_weights__are_refused(llama_folder):
    whole = (llama_folder / WEIGHTS).read_bytes()
    (llama_folder / WEIGHTS).write_bytes(whole[:-100])

    assert refusal_of(llama_folder).code == "model-unloadable"


def test_load_model__weights_of_another_model__are_refused_rather_than_drawn_at_random(llama_folder, gpt2_folder):
    shutil.copy(gpt2_folder / WEIGHTS, llama_folder / WEIGHTS)

    refused = refusal_of(llama_folder)
    assert refused.code == "model-unloadable"
    assert "lacks" in refused.message


def test_load_model__config_that_brings_code__runs_none_of_it(llama_folder, tmp_path):
    tripped = tmp_path / "tripped"
    (llama_folder / "modeling_own.py").write_text(f"open({str(tripped)!r}, 'w')\n")
    config = json.loads((llama_folder / "config.json").read_text())
    own = {"model_type": "own", "auto_map": {"AutoModelForCausalLM": "modeling_own.Own"}}
    (llama_folder / "config.json").write_text(json.dumps(config | own))

    assert refusal_of(llama_folder).code == "model-unloadable"
    assert not tripped.exists()


@pytest.mark.parametrize("where", ["attn_implementation", "experts_implementation"])
def test_load_model__config_that_names_a_kernel_of_the_hub__is_run_by_our_code(llama_folder, where):
    expected = made(llama_folder).data
    changed(llama_folder, {where: "somebody/kernels"})

    assert made(llama_folder).data == expected
    assert load_model(Runtime(llama_folder, device="cpu")).network.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("name", ["quantization_config", "compression_config"])
def test_load_model__quantised_weights__are_refused(llama_folder, name):
    changed(llama_folder, {name: {"quant_method": "gptq", "bits": 4}})

    assert refusal_of(llama_folder).code == "model-quantised"


@pytest.mark.parametrize(
    "odd",
    [
        {"num_attention_heads": 0},
        {"num_attention_heads": "4"},
        {"num_hidden_layers": None},
        {"rope_parameters": 7},
        {"model_type": []},
        {"max_position_embeddings": 2.5},
        {"max_position_embeddings": -1},
        {"hidden_act": "no such"},
    ],
)
def test_load_model__odd_config__is_refused_in_words(llama_folder, odd):
    changed(llama_folder, odd)

    assert refusal_of(llama_folder).code == "model-unloadable"


def test_load_model__tokenizer_that_is_none__is_refused_in_words(llama_folder):
    (llama_folder / "tokenizer.json").write_text('{"model": 7}')

    assert refusal_of(llama_folder).code == "model-unloadable"


@pytest.mark.parametrize("template", ["{{ raise_exception('no users here') }}", "{{ 1 / 0 }}", "{% if %}"])
def test_generate__chat_template_that_fails__is_refused_in_words(llama_folder, template):
    (llama_folder / "chat_template.jinja").write_text(template)

    assert refusal_of(llama_folder).code == "template-unusable"


@pytest.mark.parametrize(
    ("file", "change"),
    [("config.json", {"rms_norm_eps": 0.5}), ("tokenizer_config.json", {"add_bos_token": True}), (TEMPLATE_FILE, None)],
)
def test_reproduce__same_weights_beside_another_file__is_refused(llama_folder, file, change):
    record = made(llama_folder).provenance
    if change is None:
        (llama_folder / file).write_text("{{ messages[0].content }}")
    else:
        changed(llama_folder, change, file)
    load_cleared()

    with pytest.raises(RefusedError) as caught:
        reproduce(record, "Hello", runtime=Runtime(llama_folder))
    assert caught.value.code == "provenance-mismatch"


def test_reproduce__record_from_before_all_files_were_named__is_held_to_weights_and_tokenizer(llama_folder):
    work = made(llama_folder)
    older = work.provenance | {"model": {n: v for n, v in work.provenance["model"].items() if n != "files"}}

    assert reproduce(older, "Hello", runtime=Runtime(llama_folder)).data == work.data


def test_generate__manifest_pins_weights_and_tokenizer_alone__record_still_names_all_files(llama_folder):
    whole = made(llama_folder).provenance["model"]["files"]
    pins = {name: file_digest(llama_folder / name) for name in (WEIGHTS, "tokenizer.json")}
    told = {"name": "small", "licence": "CC0-1.0", "files": pins}
    (llama_folder / "colophon-model.json").write_text(json.dumps(told))
    load_cleared()

    model = made(llama_folder).provenance["model"]
    assert (model["name"], model["files"]) == ("small", whole)


def test_load_model__int8_and_a_gpu_that_nobody_asked_for__runs_on_the_cpu(llama_folder, monkeypatch):
    """The one fault here that no machine without a GPU can cause: there is one."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    assert load_model(Runtime(llama_folder, dtype="int8")).network.device.type == "cpu"
    with pytest.raises(InputError) as caught:
        load_model(Runtime(llama_folder, dtype="int8", device="cuda"))
    assert caught.value.code == "dtype-unknown"


def test_generate__int8__record_names_the_processor_that_was_compiled_for(llama_folder, monkeypatch):
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")

    assert made(llama_folder, dtype="int8").provenance["device"]["compiled_for"] == "generic"
    assert "compiled_for" not in made(llama_folder).provenance["device"]


def test_replay__bfloat16__is_not_judged_at_float32s_tolerance(llama_folder):
    """Its rounding moves draws by far more than a forger would have to."""
    work = made(llama_folder, dtype="bfloat16")

    with pytest.raises(InputError) as caught:
        replay(work.provenance, work.data, "Hello", runtime=Runtime(llama_folder, device="cpu"))
    assert caught.value.code == "replay-unsuited"
    assert "reproduce" in caught.value.remedy


def test_generate__hub_id__record_names_the_revision(llama_folder, tmp_path, monkeypatch):
    """From the hub client's cache, as a fetch leaves it."""
    revision = "0" * 40
    kept = tmp_path / "hub" / "models--nobody--small"
    shutil.copytree(llama_folder, kept / "snapshots" / revision)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(revision)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    model = made(Path("nobody/small")).provenance["model"]
    assert (model["name"], model["revision"]) == ("nobody/small", revision)
    assert tokenizer_file(Path("nobody/small")).read_bytes() == (llama_folder / "tokenizer.json").read_bytes()


def test_load_model__no_tokenizer__is_refused(llama_folder):
    (llama_folder / "tokenizer.json").unlink()

    assert refusal_of(llama_folder).code == "model-incomplete"


def test_load_model__unknown_dtype__names_those_there_are(llama_folder):
    refused = refusal_of(llama_folder, dtype="float8")

    assert refused.code == "dtype-unknown"
    assert "bfloat16" in refused.remedy


def test_load_model__hub_id_and_no_hub__says_so(tmp_path):
    """In a process of its own, since the hub's client reads its environment when it is imported."""
    command = "from pathlib import Path; from offchain.generation.text.hub import fetched; fetched('nobody/nothing')"
    alone = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", command], check=False, env=alone, capture_output=True, text=True, timeout=60
    )

    assert "UnavailableError: there is no folder nobody/nothing here" in run.stderr


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_generate_batch__prompts_of_many_lengths__each_text_is_the_one_it_gives_alone(request, kind, dtype):
    """Draws with margins below the rounding of sums would be exempt; these seeds have none."""
    runtime = Runtime(request.getfixturevalue(f"{kind}_folder"), device="cpu", dtype=dtype)
    seeds = range(5, 5 + len(PROMPTS))
    alone = [generate(*asked, created=1, runtime=runtime) for asked in zip(PROMPTS, [PARAMS] * 3, seeds, strict=True)]
    together = generate_batch(PROMPTS, PARAMS, seeds, created=1, runtime=runtime)

    assert [float(work.provenance["draws"]["margin"]) > 1e-5 for work in alone] == [True] * len(PROMPTS)
    assert [work.data for work in together] == [work.data for work in alone]
    assert [work.provenance["output"] for work in together] == [work.provenance["output"] for work in alone]


def test_generate_batch__some_texts_end_early__the_others_go_on_as_alone(llama_folder):
    """The likeliest tokens of the first text are made to end texts: it leaves the batch, the others stay themselves."""
    runtime = Runtime(llama_folder, device="cpu")
    network = load_model(runtime).network
    network.generation_config.eos_token_id = list(range(100, 140))
    alone = [generate(prompt, PARAMS, seed, created=1, runtime=runtime) for seed, prompt in enumerate(PROMPTS)]
    together = generate_batch(PROMPTS, PARAMS, range(len(PROMPTS)), created=1, runtime=runtime)

    lengths = {work.provenance["draws"]["tokens"] for work in alone}
    assert len(lengths) > 1
    assert [work.data for work in together] == [work.data for work in alone]


def test_generate_batch__more_than_a_batch__progress_runs_through_all_of_them(llama_folder):
    seen = []
    count = 9  # one more than a CPU's batch of 8
    works = generate_batch(
        ["Hello"] * count,
        PARAMS,
        [3] * count,
        created=1,
        runtime=Runtime(llama_folder, device="cpu"),
        progress=lambda done, most: seen.append((done, most)),
    )

    assert len({work.data for work in works}) == 1
    assert len(works) == count
    assert seen == [(done, 2 * PARAMS.max_tokens) for done in range(1, 2 * PARAMS.max_tokens + 1)]


def test_generate__no_memory_on_the_gpu__falls_back_only_where_nobody_asked_for_it(llama_folder, monkeypatch):
    """The one fault here that no machine without a GPU can cause: the first forward pass runs out of memory."""
    runtime = Runtime(llama_folder)
    network, calls = load_model(replace(runtime, device="cpu")).network, []

    def exhausted(*_args, **_kwargs):
        calls.append(1)
        if len(calls) == 1:
            raise torch.cuda.OutOfMemoryError
        return whole(*_args, **_kwargs)

    whole = network.model.forward
    monkeypatch.setattr(network.model, "forward", exhausted)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (10**9, 8 * 10**9))

    assert generate("Hello", PARAMS, 3, created=1, runtime=runtime).data
    calls.clear()
    with pytest.raises(InputError) as caught:
        generate("Hello", PARAMS, 3, created=1, runtime=replace(runtime, device="cpu"))
    assert caught.value.code == "memory-short"
    assert caught.value.facts == {"free": 1000, "whole": 8000}
