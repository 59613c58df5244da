"""Texts: one call makes one with its provenance record, one call proves a record by making it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from offchain.errors import InputError
from offchain.generation.provenance import (
    Generated,
    Job,
    Record,
    Run,
    Stated,
    decimal_text,
    make_record,
    read_record,
    require_same,
)
from offchain.generation.runtime import Progress, Runtime, device_section, memory_checked, torch_threads, where_it_fits
from offchain.generation.sampling import check_seed
from offchain.generation.text.decoding import Ask, Decoded, decode
from offchain.generation.text.model import DTYPES, Manifest, TextModel, load_model
from offchain.generation.text.params import TextParams
from offchain.generation.text.prompting import prompt_tokens, required
from offchain.generation.text.sealed_tokens import seal_tokens
from offchain.generation.text.watermark import Marking, check_markable, recorded_mark

__all__ = [
    "BATCH",
    "MEDIA_TYPE",
    "THIN_MARGINS",
    "generate",
    "generate_batch",
    "read_params",
    "recorded_runtime",
    "reproduce",
    "require_recorded",
    "spelled",
]

MEDIA_TYPE: Final = "text/plain"

THIN_MARGINS: Final = {"float32": 2e-5, "int8": 2e-5, "bfloat16": 4e-2}
"""Below this, at temperature 1, a record says that another processor may draw another token. In float32, between 1 and
2 threads and between AVX-512, AVX2 and baseline code, probabilities differed by at most 3.1e-5 of themselves, which
moves a cumulative probability by half of that at most; 3.4e-6 was seen. int8 has float32's arithmetic; in
bfloat16, cumulative probabilities differed by 3.6e-2."""

_HASHES: Final = ("weights", "tokenizer", "files")
_LIBRARIES: Final[tuple[str, ...]] = ("torch", "transformers", "tokenizers", "safetensors", "numpy")


BATCH: Final = {"cpu": 8, "cuda": 256}
"""Texts decoded together: more only take memory on a CPU, where arithmetic then is all that counts."""


def generate(
    prompt: str, params: TextParams, seed: int, *, created: int, runtime: Runtime, progress: Progress | None = None
) -> Generated:
    """Let the model answer `prompt`, as UTF-8 text.

    Args:
        prompt: what the user says; the model's chat template frames it, where it has one.
        params: how tokens are drawn.
        seed: 0 to 2⁵³ − 1; the same seed gives the same text.
        created: Unix seconds to state in the record.
        runtime: which model, where it runs, and whose watermark the text shall carry; the record names that mark.
        progress: called after every token; what it raises cancels and comes out here.

    Raises:
        InputError: the prompt is empty or too long, a parameter out of range, the answer empty, or the model
            is missing, not the pinned one, or larger than the memory; or `mark-needs-chance`.
        UnavailableError: the model is named by a hub id and cannot be fetched.
    """
    return generate_batch([prompt], params, [seed], created=created, runtime=runtime, progress=progress)[0]


def generate_batch(
    prompts: Sequence[str],
    params: TextParams,
    seeds: Sequence[int],
    *,
    created: int,
    runtime: Runtime,
    progress: Progress | None = None,
) -> list[Generated]:
    """Answer many prompts, `BATCH` of them at a time; each text is the one that its prompt and seed give alone.

    In a batch sums are added up in another order, so that a draw whose margin is thin may fall otherwise.

    Raises:
        InputError, UnavailableError: as `generate`; nothing comes out where any prompt or answer is refused.
    """
    for seed in seeds:
        check_seed(seed)
    check_markable(params, runtime.mark)
    encoded = [required(prompt) for prompt in prompts]
    jobs = [Job(prompt, _spelled(params), seed, created) for prompt, seed in zip(encoded, seeds, strict=True)]
    return where_it_fits(runtime, lambda here: _written(jobs, params, here, progress))


def reproduce(
    record: Record, prompt: str | None = None, *, runtime: Runtime, progress: Progress | None = None
) -> Generated:
    """Make a recorded text again and compare it with the record.

    Args:
        record: of a text.
        prompt: needed unless the record discloses it.
        runtime: which model, and where it runs; a device of None takes the kind that the record names. Its mark is
            needed where the record names one.
        progress: as in `generate`.

    Returns:
        the text with the record of this run, which differs from `record` in machine and libraries at most.

    Raises:
        RefusedError: `provenance-mismatch`: the prompt, the model, the mark's key or the bytes are not those recorded.
        InputError: the record is malformed, its prompt or `mark-key-missing`; else as `generate`.
    """
    job, stated = read_record(record, "text", prompt)
    here = recorded_runtime(record, stated, runtime)
    here = replace(here, device=here.device or str(stated.device.get("kind")))
    require_recorded(load_model(here), stated)
    params = read_params(job.parameters)
    again = generate(job.prompt.decode(), params, job.seed, created=job.created, runtime=here, progress=progress)
    require_same("output", stated.output, again.provenance["output"])
    return again


def recorded_runtime(record: Record, stated: Stated, runtime: Runtime) -> Runtime:
    """How to run again: with the numbers recorded, and with the mark, if there is one.

    Raises:
        InputError: `provenance-malformed` or `mark-key-missing`.
        RefusedError: `provenance-mismatch`: the mark has another key.
    """
    if stated.dtype not in DTYPES:
        raise InputError("provenance-malformed", f"texts have no dtype {stated.dtype}", "take a record of Colophon's")
    return replace(runtime, dtype=stated.dtype, mark=recorded_mark(record.get("mark"), runtime.mark))


def require_recorded(model: TextModel, stated: Stated) -> None:
    """Accept the model that a record states; one from before records named `files` is held to weights and tokenizer.

    Raises:
        RefusedError: `provenance-mismatch`.
    """
    found = _model_section(model.manifest)
    named = {name: stated.model.get(name) for name in _HASHES if name != "files" or name in stated.model}
    require_same("model", named, {name: found[name] for name in named})


def _written(
    jobs: Sequence[Job], params: TextParams, runtime: Runtime, progress: Progress | None = None
) -> list[Generated]:
    model, mark = load_model(runtime), runtime.mark
    prompts = [prompt_tokens(model, job.prompt.decode(), params) for job in jobs]
    markings = [None if mark is None else Marking(mark) for _ in jobs]
    asks = [Ask(prompt, job.seed, each) for prompt, job, each in zip(prompts, jobs, markings, strict=True)]
    size = BATCH[model.network.device.type]
    decoded: list[Decoded] = []
    with torch_threads(runtime.threads), memory_checked(f"{min(size, len(asks))} texts of {model.manifest.name}"):
        for first in range(0, len(asks), size):
            told = _shifted(progress, first // size, -(-len(asks) // size))
            decoded += decode(model.network, asks[first : first + size], params, told)
    done = zip(jobs, asks, decoded, strict=True)
    works = [_work(model, runtime, job, len(ask.prompt), text, params) for job, ask, text in done]
    named = {} if mark is None else {"mark": mark.section()}
    return [replace(each, provenance=each.provenance | named) for each in works]


def _shifted(progress: Progress | None, before: int, batches: int) -> Progress | None:
    """Progress of one batch among many, told as that of all."""
    if progress is None or batches == 1:
        return progress
    return lambda done, most: progress(before * most + done, batches * most)


def _work(
    model: TextModel, runtime: Runtime, job: Job, prompted: int, decoded: Decoded, params: TextParams
) -> Generated:
    data = spelled(model, decoded.tokens).encode()
    if not data:
        raise InputError("generation-empty", "the model answered nothing", "choose another seed or prompt")
    run = _run(model, runtime, decoded, prompted, params, data)
    return Generated(data, MEDIA_TYPE, make_record("text", job, run, data, MEDIA_TYPE))


def spelled(model: TextModel, tokens: Sequence[int]) -> str:
    """The text that an answer's tokens make."""
    text: str = model.tokenizer.decode(tokens, skip_special_tokens=True)
    return text.strip().rstrip("\ufffd")  # the last token may end inside a character


def _run(model: TextModel, runtime: Runtime, decoded: Decoded, prompted: int, params: TextParams, data: bytes) -> Run:
    draws = {
        "tokens": len(decoded.tokens),
        "margin": decimal_text(float(f"{decoded.margin:.2e}")),
        "thin": _is_thin(decoded.margin, params.temperature, model.dtype),
        "sealed": seal_tokens(decoded.tokens, data),
    }
    device, libraries = device_section(model.network.device.type, runtime.threads), _LIBRARIES
    if model.dtype == "int8":
        from offchain.generation.text.int8 import compiled_for

        device, libraries = device | {"compiled_for": compiled_for()}, (*_LIBRARIES, "numba")
    return Run(_model_section(model.manifest), device, model.dtype, libraries, draws, prompted)


def _is_thin(margin: float, temperature: float, dtype: str) -> bool:
    # Errors of logits count 1 / temperature times in the probabilities; temperature 0 compares them at 1.
    return margin * min(temperature or 1.0, 1.0) < THIN_MARGINS[dtype]


def _model_section(manifest: Manifest) -> Record:
    hashes = {"weights": manifest.weights, "tokenizer": manifest.tokenizer, "files": manifest.pinned}
    of = {} if manifest.revision is None else {"revision": manifest.revision}
    return {"name": manifest.name, "licence": manifest.licence, "training": None} | hashes | of


def _spelled(params: TextParams) -> Record:
    return {
        "max_tokens": params.max_tokens,
        "temperature": decimal_text(params.temperature),
        "top_p": decimal_text(params.top_p),
    }


def read_params(parameters: dict[str, Any]) -> TextParams:
    """The parameters that a record spells.

    Raises:
        InputError: `provenance-malformed`, or one out of range.
    """
    try:
        return TextParams(int(parameters["max_tokens"]), float(parameters["temperature"]), float(parameters["top_p"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            "provenance-malformed", f"its parameters are not a text's: {error!r}", "take a record made by Colophon"
        ) from error
