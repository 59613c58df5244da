"""Pieces: one call makes one with its provenance record, others prove a record by making or reading it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from offchain.generation.music.decoding import Drawn, draw
from offchain.generation.music.midi import MEDIA_TYPE, read_midi
from offchain.generation.music.model import DTYPE, MusicModel, load_model
from offchain.generation.music.orders import Order, order, read_params
from offchain.generation.music.params import MusicParams
from offchain.generation.music.replaying import TOLERANCE, check
from offchain.generation.provenance import (
    Generated,
    Record,
    Run,
    Stated,
    decimal_text,
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

__all__ = ["generate", "generate_batch", "replay", "reproduce", "write"]

_HASHES: Final = ("weights", "training")
_LIBRARIES: Final = ("torch", "safetensors", "numpy")


def generate(
    prompt: str, params: MusicParams, seed: int, *, created: int, runtime: Runtime, progress: Progress | None = None
) -> Generated:
    """Write one piece, as a MIDI file.

    Args:
        prompt: a melody to harmonise (see `melody`), which the soprano then sings note for note; empty for none.
        params: what piece it shall be.
        seed: 0 to 2⁵³ − 1; the same seed gives the same piece.
        created: Unix seconds to state in the record.
        runtime: where it runs.
        progress: called after every frame; what it raises cancels and comes out here.

    Raises:
        InputError: the melody cannot be read or sung, a parameter is out of range, or the model is missing.
    """
    return generate_batch([prompt], params, [seed], created=created, runtime=runtime, progress=progress)[0]


def generate_batch(
    prompts: Sequence[str],
    params: MusicParams,
    seeds: Sequence[int],
    *,
    created: int,
    runtime: Runtime,
    progress: Progress | None = None,
) -> list[Generated]:
    """Write one piece per prompt and seed, all in the same passes through the network; else as `generate`."""
    orders = [order(prompt, params, seed, created) for prompt, seed in zip(prompts, seeds, strict=True)]
    return where_it_fits(runtime, lambda here: _written(orders, here, progress))


def reproduce(
    record: Record, prompt: str | None = None, *, runtime: Runtime, progress: Progress | None = None
) -> Generated:
    """Write a recorded piece again and compare it with the record.

    Args:
        record: of a piece.
        prompt: needed unless the record discloses it, or it was empty.
        runtime: where it runs; a device of None takes the kind that the record names.
        progress: as in `generate`.

    Returns:
        the piece with the record of this run, which differs from `record` in machine and libraries at most.

    Raises:
        RefusedError: `provenance-mismatch`: the prompt, the model or the bytes are not those recorded.
        InputError: the record is malformed or its prompt is missing; else as `generate`.
    """
    again, stated = _recorded(record, prompt)
    here = replace(runtime, device=runtime.device or str(stated.device.get("kind")))
    made = write(_same_model(stated, here), [again], here.threads, progress)[0]
    require_same("output", stated.output, made.provenance["output"])
    return made


def replay(record: Record, data: bytes, prompt: str | None = None, *, runtime: Runtime) -> Replay:
    """Whether the recorded model, prompt and seed write this piece: one pass over it, on any device.

    Raises:
        RefusedError: `provenance-mismatch`: the prompt, the model or the bytes are not those recorded, or the
            bytes say more than notes of the recorded length, metre, key and tempo.
        InputError: `midi-malformed`; else as `reproduce`.
    """
    again, stated = _recorded(record, prompt)
    require_same("file", stated.output.get("sha256"), sha256_text(data))
    model = _same_model(stated, runtime)
    frames = read_midi(data).frames
    require_same("length", again.request().length, len(frames))
    require_same("file beside its notes", sha256_text(again.spelled(frames)), sha256_text(data))
    with torch_threads(runtime.threads), memory_checked("the piece's frames"):
        return check(model.network, again.request(), frames, again.params, again.job.seed)


def write(
    model: MusicModel, orders: Sequence[Order], threads: int, progress: Progress | None = None
) -> list[Generated]:
    """Write orders of the same parameters by this model, in one batch, on so many CPU threads."""
    if not orders:
        return []
    requests, seeds = [one.request() for one in orders], [one.job.seed for one in orders]
    with torch_threads(threads), memory_checked(f"{len(orders)} pieces"):
        drawn = draw(model.network, requests, orders[0].params, seeds, progress)
    device = device_section(next(model.network.parameters()).device.type, threads)
    return [_generated(model, device, one, piece) for one, piece in zip(orders, drawn, strict=True)]


def _written(orders: Sequence[Order], runtime: Runtime, progress: Progress | None) -> list[Generated]:
    with memory_checked("the model"):
        model = load_model(chosen_device(runtime))
    return write(model, orders, runtime.threads, progress)


def _generated(model: MusicModel, device: Record, one: Order, piece: Drawn) -> Generated:
    data = one.spelled(piece.frames)
    draws = {
        "tokens": piece.draws,
        "margin": decimal_text(float(f"{piece.margin:.2e}")),
        "thin": piece.margin < TOLERANCE,
    }
    run = Run(model.weights.section(), device, DTYPE, _LIBRARIES, draws)
    return Generated(data, MEDIA_TYPE, make_record("music", one.job, run, data, MEDIA_TYPE))


def _recorded(record: Record, prompt: str | None) -> tuple[Order, Stated]:
    job, stated = read_record(record, "music", prompt)
    return order(job.prompt.decode(), read_params(job.parameters), job.seed, job.created), stated


def _same_model(stated: Stated, runtime: Runtime) -> MusicModel:
    with memory_checked("the model"):
        model = load_model(chosen_device(runtime))
    found = model.weights.section()
    require_same("model", {name: stated.model.get(name) for name in _HASHES}, {name: found[name] for name in _HASHES})
    return model
