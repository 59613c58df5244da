"""Images: distance from real pictures beside its references, copies, speed, and the same pixels on other settings.

The distances want the drawings that the model was taught with: Debian's openclipart-svg unpacked, its folder `svg` in
COLOPHON_OPENCLIPART. Drawing them takes three CPU minutes.
"""

from __future__ import annotations

import copy
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, MutableSequence
from pathlib import Path
from typing import Any, Final

from offchain.generation.image.classes import CLASSES
from offchain.generation.image.dataset import Dataset, dataset_of
from offchain.generation.image.evaluation import judge, references
from offchain.generation.image.flow import Flow
from offchain.generation.image.library import read_library
from offchain.generation.image.making import THIN_MARGIN
from offchain.generation.image.model import load_model
from offchain.generation.image.painting import paint
from offchain.generation.runtime import torch_threads
from tests.bench.report import Row

__all__ = ["rows"]

_PICTURES: Final = 130
_LEVELS: Final = (
    {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
    {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    {"ATEN_CPU_CAPABILITY": "avx512", "ONEDNN_MAX_CPU_ISA": "ALL", "MKL_ENABLE_INSTRUCTIONS": "AVX512"},
)
"""Baseline, AVX2, and AVX-512 where the processor has it (else the last is AVX2 once more)."""


def rows(missing: MutableSequence[dict[str, str]], *, campaign: bool = False) -> Iterator[Row]:
    """All figures of the shipped model; with `campaign` also those of a flow taught for 300 CPU seconds."""
    yield from _speed()
    yield from _reproduction()
    folder = os.environ.get("COLOPHON_OPENCLIPART")
    if folder is None:
        missing.append({"name": "image, Fréchet distances and copies", "why": "COLOPHON_OPENCLIPART names no drawings"})
        return
    yield from _distances(Path(folder), campaign=campaign)


def _speed() -> Iterator[Row]:
    network = load_model("cpu").network
    with torch_threads(1):
        paint(network, 0, 1.0, 0)
        begun = time.process_time()
        for seed in range(_PICTURES):
            paint(network, seed % len(CLASSES), 1.0, seed)
    rate = _PICTURES / (time.process_time() - begun)
    yield {"name": "image, pictures per CPU second, float64", "value": round(rate, 1), "unit": "1/s", "better": "more"}


def _reproduction() -> Iterator[Row]:
    """Every picture under every setting, in a process of its own: how many have not the pixels of the first one."""
    answers = [_elsewhere(level, threads) for level in _LEVELS for threads in (1, 2)]
    digests = [answer.split()[1:] for answer in answers]
    differing = sum(len(set(same)) > 1 for same in zip(*digests, strict=True))
    settings = f"{len(answers)} settings of threads and instruction set"
    name = f"image, pictures of {_PICTURES} that differ over {settings}"
    yield {"name": name, "value": differing, "unit": "pictures", "better": "less", "goal": 0}
    thin = max(int(answer.split()[0]) for answer in answers)
    yield {
        "name": f"image, pictures of {_PICTURES} with a thin margin",
        "value": round(100 * thin / _PICTURES, 2),
        "unit": "%",
        "better": "less",
        "goal": 1,
    }


def _elsewhere(level: dict[str, str], threads: int) -> str:
    command = [sys.executable, "-m", "tests.bench.generation.image", str(threads)]
    done = subprocess.run(command, env=os.environ | level, check=True, capture_output=True, text=True)
    return done.stdout


def _digests(threads: int) -> str:
    network = load_model("cpu").network
    with torch_threads(threads):
        painted = [paint(network, seed % len(CLASSES), 1.0, seed) for seed in range(_PICTURES)]
    thin = sum(one.margin < THIN_MARGIN for one in painted)
    return " ".join([str(thin), *(hashlib.sha256(one.levels.tobytes()).hexdigest() for one in painted)])


def _distances(folder: Path, *, campaign: bool) -> Iterator[Row]:
    dataset = dataset_of(read_library(folder))
    network = copy.deepcopy(load_model("cpu").network).float()
    figures, beside = judge(network, dataset), references(network, dataset)
    beside = {name: round(value, 4) for name, value in beside.items()}
    if campaign:
        beside["flow_300_cpu_seconds"] = round(_flow(dataset), 4)
    yield _figure("image, Fréchet distance, random-convolution features", figures["frechet"], "", 0.15, beside)
    yield _figure("image, the same from held-out pictures", figures["frechet_held_out"], "", None, None)
    for space in ("pixels", "features"):
        name = f"image, made pictures nearer to a taught one than 99 % of held-out ones, {space}"
        yield _figure(name, 100 * figures[f"copied_{space}"], "%", 1, None)


def _figure(name: str, value: float, unit: str, goal: float | None, beside: dict[str, Any] | None) -> Row:
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "better": "less",
        "goal": goal,
        "references": beside,
    }


def _flow(dataset: Dataset) -> float:
    flow, begun, number = Flow(dataset, len(CLASSES), seed=1), time.process_time(), 0
    while time.process_time() - begun < 300:
        number += 1
        flow.step(number)
    return flow.frechet()


if __name__ == "__main__":
    print(_digests(int(sys.argv[1])))  # the answer to `_elsewhere`
