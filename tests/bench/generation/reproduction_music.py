"""The same pieces by every setting of the machine, and what a replay lets through.

Each setting (threads; instruction sets of ATen, oneDNN and MKL) is a process of its own, since libraries choose their
code when they start. Half of the pieces are free, half harmonise a melody; two bars each, in batches of 50.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from offchain.errors import InputError
from offchain.generation import Generated, Runtime, generate_batch
from offchain.generation.music import MusicParams
from offchain.generation.music.midi import read_midi
from offchain.generation.music.model import load_model
from offchain.generation.music.orders import order
from offchain.generation.music.replaying import TOLERANCE, check, masked_logits
from offchain.generation.music.tokens import RANGES, REST, VOICES, check_frames, onset
from tests.bench.report import Row

PARAMS: Final = MusicParams(key="G major", bars=2)
MELODY: Final = "[K:G] g2 g2 a2 f2 | g3 f e2 d2 |]"
BATCH: Final = 50
CREATED: Final = 1_790_000_000
ISA_LEVELS: Final = {
    "baseline": ("default", "SSE41", "SSE4_2"),
    "AVX2": ("avx2", "AVX2", "AVX2"),
    "AVX-512": ("avx512", "AVX512_CORE", "AVX512"),
}
"""Settings of ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA and MKL_ENABLE_INSTRUCTIONS."""
FLAGS: Final = {"baseline": "sse4_2", "AVX2": "avx2", "AVX-512": "avx512f"}


def rows(missing: list[dict[str, str]], campaign: bool = False) -> Iterator[Row]:
    """What reproduces, and what a replay finds; 1,000 pieces with `campaign`, else 50."""
    try:
        load_model("cpu")
    except InputError as error:
        missing.append({"name": "music: reproduction", "why": error.message})
        return
    pieces = 1000 if campaign else 50
    yield from _reproduced(pieces, missing)
    yield from _replayed(pieces)


def _reproduced(pieces: int, missing: list[dict[str, str]]) -> Iterator[Row]:
    levels = [level for level, flag in FLAGS.items() if flag in Path("/proc/cpuinfo").read_text()]
    lacking = [level for level in FLAGS if level not in levels]
    missing.extend({"name": f"music: pieces on {level}", "why": "this processor lacks it"} for level in lacking)
    settings = [(threads, level) for level in levels for threads in (1, 2)]
    runs = [_run(pieces, *setting) for setting in settings]
    same = sum(len(set(digests)) == 1 for digests in zip(*(run["outputs"] for run in runs), strict=True))
    said = ", ".join(f"{threads} thread{'s' * (threads > 1)} {level}" for threads, level in settings)
    unit = f"% of {pieces} pieces"
    yield _row(
        "music: pieces identical over threads and instruction sets", 100 * same / pieces, unit, "higher", 100, said
    )
    margins = sorted(run["margin"] for run in runs)
    thin = max(run["thin"] for run in runs)
    yield _row("music: pieces with a thin margin", 100 * thin / pieces, unit, "lower", 1)
    yield _row("music: smallest margin of all draws", margins[0], f"of {runs[0]['draws']:,} draws", "higher", TOLERANCE)
    drift = max(np.abs(np.subtract(run["cumulative"], runs[0]["cumulative"])).max() for run in runs)
    name = "music: a cumulative probability differs between settings by at most"
    yield _row(name, float(drift), f"of {len(runs[0]['cumulative']):,} looked at", "lower", TOLERANCE)
    for (threads, level), run in zip(settings, runs, strict=True):
        name = f"music: CPU time of two bars, {threads} thread{'s' * (threads > 1)}, {level}"
        yield _row(name, 1000 * run["cpu_seconds"] / pieces, "CPU ms a piece", "lower")


def _replayed(pieces: int) -> Iterator[Row]:
    works, begun = _pieces(pieces), time.process_time()
    refused = sum(not _fits(seed, read_midi(work.data).frames) for seed, work in enumerate(works))
    spent = time.process_time() - begun
    rng = np.random.default_rng(0)
    caught = sum(not _fits(seed, _edited(read_midi(work.data).frames, rng)) for seed, work in enumerate(works))
    yield _row("music: true pieces that a replay refuses", refused, f"of {pieces}", "lower", 0)
    yield _row("music: edits of one token that a replay finds", 100 * caught / pieces, f"% of {pieces}", "higher", 99)
    yield _row("music: CPU time of a replay of two bars", 1000 * spent / pieces, "CPU ms a piece", "lower")


def _row(
    name: str, value: float, unit: str, better: str, goal: float | None = None, settings: str | None = None
) -> Row:
    rounded = float(f"{value:.4g}")
    references = {} if settings is None else {"settings": settings}
    return {"name": name, "value": rounded, "unit": unit, "better": better, "goal": goal, "references": references}


def _run(pieces: int, threads: int, level: str) -> dict[str, Any]:
    aten, onednn, mkl = ISA_LEVELS[level]
    # Two threads that spin while they wait would starve each other on a busy machine.
    settings = {"ATEN_CPU_CAPABILITY": aten, "ONEDNN_MAX_CPU_ISA": onednn, "MKL_ENABLE_INSTRUCTIONS": mkl,
                "OMP_WAIT_POLICY": "PASSIVE"}  # fmt: skip
    command = [sys.executable, "-m", __spec__.name, str(pieces), str(threads)]
    done = subprocess.run(command, env={**os.environ, **settings}, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    if found["isa"].lower() != aten:
        raise RuntimeError(f"asked for {aten}, torch runs {found['isa']}")
    return found


def _pieces(pieces: int, threads: int = 1) -> list[Generated]:
    works: list[Generated] = []
    runtime = Runtime(Path(), threads=threads, device="cpu")
    for first in range(0, pieces, BATCH):
        seeds = range(first, min(first + BATCH, pieces))
        prompts = [_prompt(seed) for seed in seeds]
        works += generate_batch(prompts, PARAMS, seeds, created=CREATED, runtime=runtime)
    return works


def _prompt(seed: int) -> str:
    return MELODY if seed % 2 else ""


def _fits(seed: int, frames: NDArray[np.int64]) -> bool:
    asked = order(_prompt(seed), PARAMS, seed, CREATED)
    return check(load_model("cpu").network, asked.request(), frames, PARAMS, seed).accepted


def _cumulative(frames: NDArray[np.int64]) -> list[float]:
    """Cumulative probabilities of the first, free piece, every fifth of them."""
    logits = masked_logits(load_model("cpu").network, order("", PARAMS, 0, CREATED).request(), frames)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    cumulative = weights.cumsum(axis=-1) / weights.sum(axis=-1, keepdims=True)
    return [float(value) for value in cumulative.reshape(-1)[::5]]


def _edited(frames: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """The piece with one token replaced by another that is possible there and can be sung."""
    while True:
        edited, frame, voice = frames.copy(), int(rng.integers(len(frames))), int(rng.integers(len(VOICES)))
        low, high = RANGES[VOICES[voice]]
        edited[frame, voice] = rng.choice([0, REST, *range(onset(low), onset(high) + 1)])
        try:
            check_frames(edited)
        except InputError:
            continue
        if (edited != frames).any():
            return edited


def main(arguments: Sequence[str]) -> int:
    """One setting: the digests of `PIECES` pieces on `THREADS` threads, as JSON."""
    pieces, threads = map(int, arguments)
    load_model("cpu")
    begun = time.process_time()
    works = _pieces(pieces, threads)
    spent = time.process_time() - begun
    draws = [work.provenance["draws"] for work in works]
    found = {
        "isa": torch.backends.cpu.get_cpu_capability(),
        "outputs": [work.provenance["output"]["sha256"] for work in works],
        "draws": sum(draw["tokens"] for draw in draws),
        "thin": sum(draw["thin"] for draw in draws),
        "margin": min(float(draw["margin"]) for draw in draws),
        "cpu_seconds": spent,
        "cumulative": _cumulative(read_midi(works[0].data).frames),
    }
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
