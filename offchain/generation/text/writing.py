"""Texts: one call makes one with its provenance record, one call proves a record by making it again."""

from __future__ import annotations

from typing import Any, Final

from offchain.errors import InputError
from offchain.generation.provenance import (
    Generated,
    Job,
    Record,
    Run,
    decimal_text,
    encoded_prompt,
    make_record,
    read_record,
    require_same,
)
from offchain.generation.runtime import Progress, Runtime, device_section, torch_threads
from offchain.generation.sampling import check_seed
from offchain.generation.text.decoding import Decoded, decode
from offchain.generation.text.model import DTYPE, TOKENIZER, WEIGHTS, Manifest, TextModel, load_model
from offchain.generation.text.params import TextParams

__all__ = ["MEDIA_TYPE", "THIN_MARGIN", "generate", "reproduce"]

MEDIA_TYPE: Final = "text/plain"

THIN_MARGIN: Final = 2e-5
"""Below this, at temperature 1, a record says that another processor may draw another token. Between 1 and 2
threads and between AVX-512, AVX2 and baseline code, probabilities differed by at most 3.1e-5 of themselves,
which moves a cumulative probability by half of that at most; 3.4e-6 was seen."""

_HASHES: Final = ("weights", "tokenizer")
_LIBRARIES: Final = ("torch", "transformers", "tokenizers", "safetensors", "numpy")


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
    job = Job(_required(prompt), _spelled(params), seed, created)
    model = load_model(runtime)
    tokens = _prompt_tokens(model, prompt, params)
    with torch_threads(runtime.threads):
        decoded = decode(model.network, tokens, params, seed, progress)
    data = _text(model, decoded).encode()
    if not data:
        raise InputError("generation-empty", "the model answered nothing", "choose another seed or prompt")
    run = _run(model, runtime, decoded, len(tokens), params)
    return Generated(data, MEDIA_TYPE, make_record("text", job, run, data, MEDIA_TYPE))


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
    job, stated = read_record(record, "text", prompt)
    here = Runtime(runtime.model_path, runtime.threads, runtime.device or str(stated.device.get("kind")))
    found = _model_section(load_model(here).manifest)
    require_same("model", {name: stated.model.get(name) for name in _HASHES}, {name: found[name] for name in _HASHES})
    params = _read(job.parameters)
    again = generate(job.prompt.decode(), params, job.seed, created=job.created, runtime=here, progress=progress)
    require_same("output", stated.output, again.provenance["output"])
    return again


def _required(prompt: str) -> bytes:
    if not prompt.strip():
        raise InputError("prompt-empty", "the prompt is empty", "say what the text shall be about")
    return encoded_prompt(prompt)


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


def _run(model: TextModel, runtime: Runtime, decoded: Decoded, prompt_tokens: int, params: TextParams) -> Run:
    draws = {
        "tokens": len(decoded.tokens),
        "margin": decimal_text(float(f"{decoded.margin:.2e}")),
        "thin": _is_thin(decoded.margin, params.temperature),
    }
    device = device_section(model.network.device.type, runtime.threads)
    return Run(_model_section(model.manifest), device, DTYPE, _LIBRARIES, draws, prompt_tokens)


def _is_thin(margin: float, temperature: float) -> bool:
    # Errors of logits count 1 / temperature times in the probabilities; temperature 0 compares them at 1.
    return margin * min(temperature or 1.0, 1.0) < THIN_MARGIN


def _model_section(manifest: Manifest) -> Record:
    hashes = {"weights": manifest.files[WEIGHTS], "tokenizer": manifest.files[TOKENIZER]}
    return {"name": manifest.name, "licence": manifest.licence, "training": None} | hashes


def _spelled(params: TextParams) -> Record:
    return {
        "max_tokens": params.max_tokens,
        "temperature": decimal_text(params.temperature),
        "top_p": decimal_text(params.top_p),
    }


def _read(parameters: dict[str, Any]) -> TextParams:
    try:
        return TextParams(int(parameters["max_tokens"]), float(parameters["temperature"]), float(parameters["top_p"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            "provenance-malformed", f"its parameters are not a text's: {error!r}", "take a record made by Colophon"
        ) from error
