"""Texts: one call makes one with its provenance record, one call proves a record by making it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.errors import InputError, RefusedError
from offchain.generation.decoding import Decoded, Progress, decode, torch_threads
from offchain.generation.model import DTYPE, TOKENIZER, WEIGHTS, Manifest, Runtime, TextModel, load_model
from offchain.generation.provenance import (
    SCHEMA,
    SCHEMA_VERSION,
    Generated,
    Record,
    code_section,
    decimal_text,
    libraries_section,
    sha256_text,
)
from offchain.generation.sampling import TextParams, check_seed

__all__ = ["MEDIA_TYPE", "THIN_MARGIN", "generate", "reproduce"]

MEDIA_TYPE: Final = "text/plain"

THIN_MARGIN: Final = 2e-5
"""Below this, at temperature 1, a record says that another processor may draw another token. Between 1 and 2
threads and between AVX-512, AVX2 and baseline code, probabilities differed by at most 3.1e-5 of themselves,
which moves a cumulative probability by half of that at most; 3.4e-6 was seen."""

_LIBRARIES: Final = ("torch", "transformers", "tokenizers", "safetensors", "numpy")


@dataclass(frozen=True, slots=True)
class _Job:
    prompt: bytes
    params: TextParams
    seed: int
    created: int


def generate(
    prompt: str, params: TextParams, seed: int, *, created: int, runtime: Runtime, progress: Progress | None = None
) -> Generated:
    """Let the model answer `prompt`, as UTF-8 text.

    Args:
        prompt: what the user says; the model's chat template frames it.
        params: how tokens are drawn.
        seed: 0 to 2⁵³ − 1; the same seed gives the same text.
        created: Unix seconds to state in the record.
        runtime: which model, and where it runs.
        progress: called after every token; what it raises cancels and comes out here.

    Raises:
        InputError: the prompt is empty or too long, a parameter out of range, the answer empty, or the model
            is missing or not the pinned one.
    """
    check_seed(seed)
    job = _Job(_encoded(prompt), params, seed, created)
    model = load_model(runtime)
    tokens = _prompt_tokens(model, prompt, params)
    with torch_threads(runtime.threads):
        decoded = decode(model.network, tokens, params, seed, progress)
    data = _text(model, decoded).encode()
    if not data:
        raise InputError("generation-empty", "the model answered nothing", "choose another seed or prompt")
    return Generated(data, MEDIA_TYPE, _record(job, model, runtime, (len(tokens), decoded), data))


def reproduce(
    record: Record, prompt: str | None = None, *, runtime: Runtime, progress: Progress | None = None
) -> Generated:
    """Make a recorded text again and compare it with the record.

    Args:
        record: of a text.
        prompt: needed unless the record discloses it.
        runtime: which model, and where it runs; a device of None takes the kind that the record names.
        progress: as in `generate`.

    Returns:
        the text with the record of this run, which differs from `record` in machine and libraries at most.

    Raises:
        RefusedError: `provenance-mismatch`: the prompt, the model or the bytes are not those recorded.
        InputError: the record is malformed or its prompt is missing; else as `generate`.
    """
    job, stated = _read_job(record, prompt)
    device = runtime.device or str(stated["device"])
    here = Runtime(runtime.model_path, runtime.threads, device)
    _compare("model", stated["model"], _hashes(load_model(here).manifest))
    again = generate(job.prompt.decode(), job.params, job.seed, created=job.created, runtime=here, progress=progress)
    _compare("output", stated["output"], again.provenance["output"])
    return again


def _encoded(prompt: str) -> bytes:
    if not prompt.strip():
        raise InputError("prompt-empty", "the prompt is empty", "say what the text shall be about")
    try:
        return prompt.encode()
    except UnicodeEncodeError as error:
        raise InputError("prompt-malformed", "the prompt is not valid Unicode", "send it as UTF-8") from error


def _prompt_tokens(model: TextModel, prompt: str, params: TextParams) -> list[int]:
    said = [{"role": "user", "content": prompt}]
    framed = model.tokenizer.apply_chat_template(said, add_generation_prompt=True, return_dict=True)
    tokens: list[int] = framed["input_ids"]
    if len(tokens) + params.max_tokens > model.context:
        raise InputError(
            "prompt-too-long",
            f"the prompt has {len(tokens)} tokens and the answer may have {params.max_tokens}, "
            f"but {model.manifest.name} holds {model.context} together",
            "shorten the prompt or lower max_tokens",
            tokens=len(tokens),
            limit=model.context - params.max_tokens,
        )
    return tokens


def _text(model: TextModel, decoded: Decoded) -> str:
    text: str = model.tokenizer.decode(decoded.tokens, skip_special_tokens=True)
    return text.strip().rstrip("\ufffd")  # the last token may end inside a character


def _record(job: _Job, model: TextModel, runtime: Runtime, run: tuple[int, Decoded], data: bytes) -> Record:
    prompt_tokens, decoded = run
    return {
        "schema": SCHEMA,
        "version": SCHEMA_VERSION,
        "kind": "text",
        "created": job.created,
        "model": {"name": model.manifest.name, "licence": model.manifest.licence} | _hashes(model.manifest),
        "code": code_section(),
        "libraries": libraries_section(_LIBRARIES),
        "device": _device(model, runtime.threads),
        "dtype": DTYPE,
        "prompt": {"sha256": sha256_text(job.prompt), "tokens": prompt_tokens},
        "parameters": {
            "max_tokens": job.params.max_tokens,
            "temperature": decimal_text(job.params.temperature),
            "top_p": decimal_text(job.params.top_p),
        },
        "seed": job.seed,
        "output": {"sha256": sha256_text(data), "bytes": len(data), "media_type": MEDIA_TYPE},
        "draws": {
            "tokens": len(decoded.tokens),
            "margin": decimal_text(float(f"{decoded.margin:.2e}")),
            "thin": _is_thin(decoded.margin, job.params.temperature),
        },
        "parents": [],
    }


def _is_thin(margin: float, temperature: float) -> bool:
    # Errors of logits count 1 / temperature times in the probabilities; temperature 0 compares them at 1.
    return margin * min(temperature or 1.0, 1.0) < THIN_MARGIN


def _hashes(manifest: Manifest) -> Record:
    return {"weights": manifest.files[WEIGHTS], "tokenizer": manifest.files[TOKENIZER]}


def _device(model: TextModel, threads: int) -> Record:
    import torch

    if model.network.device.type == "cuda":
        return {"kind": "cuda", "name": torch.cuda.get_device_name(model.network.device)}
    return {"kind": "cpu", "isa": torch.backends.cpu.get_cpu_capability(), "threads": threads}


def _read_job(record: Record, prompt: str | None) -> tuple[_Job, Record]:
    """What to make again, and what the record states about it."""
    try:
        if (record["schema"], record["version"], record["kind"]) != (SCHEMA, SCHEMA_VERSION, "text"):
            raise ValueError("not a text's record of this version")
        given = record["parameters"]
        params = TextParams(int(given["max_tokens"]), float(given["temperature"]), float(given["top_p"]))
        text = prompt if prompt is not None else record["prompt"].get("text")
        stated = {
            "model": {key: record["model"][key] for key in ("weights", "tokenizer")},
            "device": record["device"]["kind"],
            "output": record["output"],
        }
        job = _Job(b"" if text is None else _encoded(text), params, int(record["seed"]), int(record["created"]))
        digest = record["prompt"]["sha256"]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(
            "provenance-malformed", f"this is not the record of a text: {error!r}", "take a record made by Colophon"
        ) from error
    if text is None:
        raise InputError("prompt-missing", "the record does not disclose its prompt", "give the prompt beside it")
    _compare("prompt", digest, sha256_text(job.prompt))
    return job, stated


def _compare(what: str, stated: object, found: object) -> None:
    if stated != found:
        raise RefusedError(
            "provenance-mismatch",
            f"the {what} is not the one that the record states",
            f"use the {what} that was recorded; where only the output differs, on the kind of machine recorded",
            stated=stated,
            found=found,
        )
