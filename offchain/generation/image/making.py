"""Pictures: one call makes one with its provenance record, others prove a record by making the picture again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from offchain.errors import InputError
from offchain.generation.image.classes import class_number
from offchain.generation.image.encoding import MEDIA_TYPE, decoded, encoded, enlarged
from offchain.generation.image.model import DTYPE, ImageModel, load_model
from offchain.generation.image.painting import Painted, paint
from offchain.generation.image.params import ImageParams
from offchain.generation.provenance import (
    Generated,
    Job,
    Record,
    Run,
    Stated,
    decimal_text,
    encoded_prompt,
    make_record,
    read_record,
    require_same,
    sha256_text,
)
from offchain.generation.replaying import Replay
from offchain.generation.runtime import (
    Progress,
    Runtime,
    chosen_device,
    device_section,
    memory_checked,
    torch_threads,
    where_it_fits,
)
from offchain.generation.sampling import check_seed

__all__ = ["THIN_MARGIN", "generate", "generate_batch", "replay", "reproduce"]

THIN_MARGIN: Final = 1e-9
"""Levels. Below this a record says that another processor may round a value the other way: processors differ by less
than a thousandth of it (docs/decisions/0035)."""

_HASHES: Final = ("weights", "training")
_LIBRARIES: Final = ("torch", "safetensors", "numpy", "pillow")
_OWN: Final = 64
_FAINT: Final = 32  # levels below white that nobody would call drawn


def generate(
    prompt: str, params: ImageParams, seed: int, *, created: int, runtime: Runtime, progress: Progress | None = None
) -> Generated:
    """Make one picture, as a PNG file.

    Args:
        prompt: the class, one of `CLASSES`.
        params: how it is made.
        seed: 0 to 2⁵³ − 1; the same seed gives the same picture.
        created: Unix seconds to state in the record.
        runtime: where it runs.
        progress: called when it is there; what it raises cancels and comes out here.

    Raises:
        InputError: `class-unknown`, a parameter out of range, `generation-empty`: nothing is drawn, or the model is
            missing or not the pinned one.
    """
    return generate_batch([prompt], params, [seed], created=created, runtime=runtime, progress=progress)[0]


def generate_batch(
    prompts: Sequence[str],
    params: ImageParams,
    seeds: Sequence[int],
    *,
    created: int,
    runtime: Runtime,
    progress: Progress | None = None,
) -> list[Generated]:
    """Make one picture per prompt and seed; progress is told after each; else as `generate`.

    One after the other: a processor core is busy with one, and each has the very numbers that it has alone.
    """
    jobs = [_job(prompt, params, seed, created) for prompt, seed in zip(prompts, seeds, strict=True)]
    if not jobs:
        return []
    return where_it_fits(runtime, lambda here: _drawn(prompts, jobs, params, here, progress))


def _drawn(
    prompts: Sequence[str], jobs: Sequence[Job], params: ImageParams, runtime: Runtime, progress: Progress | None
) -> list[Generated]:
    made = list[Generated]()
    with torch_threads(runtime.threads), memory_checked("pictures"):
        model = load_model(chosen_device(runtime))
        for prompt, job in zip(prompts, jobs, strict=True):
            made.append(_made(model, runtime, job, params, _painted(model, prompt, params, job.seed)))
            if progress is not None:
                progress(len(made), len(jobs))
    return made


def reproduce(
    record: Record, prompt: str | None = None, *, runtime: Runtime, progress: Progress | None = None
) -> Generated:
    """Make a recorded picture again and compare it with the record.

    Args:
        record: of a picture.
        prompt: needed unless the record discloses it.
        runtime: where it runs; a device of None takes the kind that the record names.
        progress: as in `generate`.

    Returns:
        the picture with the record of this run, which differs from `record` in machine and libraries at most.

    Raises:
        RefusedError: `provenance-mismatch`: the prompt, the model, the pixels or the bytes are not those recorded.
        InputError: the record is malformed or its prompt is missing; else as `generate`.
    """
    job, stated = read_record(record, "image", prompt)
    params = _read(job.parameters)
    here = replace(runtime, device=runtime.device or str(stated.device.get("kind")))
    _require_model(stated, here)
    again = generate(job.prompt.decode(), params, job.seed, created=job.created, runtime=here, progress=progress)
    require_same("pixels", _pixels(record), _pixels(again.provenance))
    require_same("output", stated.output, again.provenance["output"])
    return again


def replay(record: Record, data: bytes, prompt: str | None = None, *, runtime: Runtime) -> Replay:
    """Whether the recorded model, class and seed make this picture, whatever the device: it is made again.

    One level off is accepted, as another processor's rounding may give; two in an enlargement, which adds up
    neighbours. What was compressed by another zlib is accepted as well.

    Raises:
        RefusedError: `provenance-mismatch`: the prompt, the model or the bytes are not those recorded.
        InputError: `png-malformed`; else as `reproduce`.
    """
    import numpy as np

    job, stated = read_record(record, "image", prompt)
    params = _read(job.parameters)
    require_same("file", stated.output.get("sha256"), sha256_text(data))
    given = decoded(data, params.size)
    with torch_threads(runtime.threads), memory_checked("pictures"):
        model = _require_model(stated, runtime)
        made = enlarged(_painted(model, job.prompt.decode(), params, job.seed).levels, params.size)
    apart = np.abs(made.astype(np.int16) - given).ravel()
    tolerance = 1 if params.size == _OWN else 2
    wrong = np.flatnonzero(apart > tolerance)
    position = int(wrong[0]) if len(wrong) else None
    return Replay(position is None, apart.size, float(apart.max()), float(tolerance), position)


def _job(prompt: str, params: ImageParams, seed: int, created: int) -> Job:
    check_seed(seed)
    class_number(prompt)
    return Job(encoded_prompt(prompt), _spelled(params), seed, created)


def _painted(model: ImageModel, prompt: str, params: ImageParams, seed: int) -> Painted:
    return paint(model.network, class_number(prompt), params.truncation, seed)


def _made(model: ImageModel, runtime: Runtime, job: Job, params: ImageParams, painted: Painted) -> Generated:
    if painted.levels.min() > 255 - _FAINT:
        raise InputError("generation-empty", "the model left the paper white", "choose another seed or class")
    levels = enlarged(painted.levels, params.size)
    data = encoded(levels)
    draws = {
        "values": painted.levels.size,
        "margin": decimal_text(float(f"{painted.margin:.2e}")),
        "thin": painted.margin < THIN_MARGIN,
        "pixels_sha256": sha256_text(levels.tobytes()),
    }
    device = device_section(model.network.embed.weight.device.type, runtime.threads)
    run = Run(model.weights.section(), device, DTYPE, _LIBRARIES, draws)
    return Generated(data, MEDIA_TYPE, make_record("image", job, run, data, MEDIA_TYPE))


def _require_model(stated: Stated, runtime: Runtime) -> ImageModel:
    with memory_checked("pictures"):
        model = load_model(chosen_device(runtime))
    found = model.weights.section()
    require_same("model", {name: stated.model.get(name) for name in _HASHES}, {name: found[name] for name in _HASHES})
    return model


def _pixels(record: Record) -> object:
    draws = record.get("draws")
    return draws.get("pixels_sha256") if isinstance(draws, dict) else None


def _spelled(params: ImageParams) -> Record:
    return {"truncation": decimal_text(params.truncation), "size": params.size}


def _read(parameters: Mapping[str, Any]) -> ImageParams:
    try:
        return ImageParams(float(parameters["truncation"]), int(parameters["size"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            "provenance-malformed", "its parameters are not an image's", "take a record made by Colophon"
        ) from error
