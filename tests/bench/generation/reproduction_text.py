"""Whether the same prompts and seeds give the same texts on other threads and other instruction sets.

Each setting is a process of its own, with the dispatch of ATen, oneDNN and MKL all set: `make campaign-generation` runs
50 texts of 32 tokens, `make bench-generation` a few short ones. Texts are written in batches, with default parameters.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from offchain.config import load_settings
from offchain.generation import Runtime, TextParams, generate_batch
from tests.bench.report import Row

__all__ = ["LEVELS", "rows", "told", "write"]

GOAL_THIN: Final = 0.01
CREATED: Final = 1_790_000_000
TOPICS: Final = ("a bookbinder", "royalties", "a lighthouse", "the sea at night", "an old piano")
LEVELS: Final = {
    "AVX-512": {
        "ATEN_CPU_CAPABILITY": "avx512",
        "ONEDNN_MAX_CPU_ISA": "AVX512_CORE",
        "MKL_ENABLE_INSTRUCTIONS": "AVX512",
    },
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "baseline": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "NUMBA_CPU_NAME": "generic",
    },
}
"""The highest instruction set that each library may use, by level; numba compiles for the host where none is named."""


def rows(missing: list[dict[str, str]], campaign: bool = False) -> Iterator[Row]:
    """Texts that differ from those of one thread at the machine's best level, and the share of thin draws."""
    texts, tokens = (50, 32) if campaign else (4, 8)
    found: dict[str, list[dict[str, Any]]] = {}
    for level, variables in LEVELS.items():
        if level == "AVX-512" and not _has_avx512():
            missing.append({"name": "texts on AVX-512", "why": "this processor has no AVX-512"})
            continue
        for threads in (1, 2):
            found[f"{level}, {threads} threads"] = _alone(texts, tokens, threads, variables)
    yield from told(found, texts, tokens)
    narrow = {level: _alone(texts, tokens, 1, LEVELS[level], "int8") for level in ("AVX2", "baseline")}
    yield from told(narrow, texts, tokens, "int8")


def write(count: int, tokens: int, threads: int, dtype: str = "float32") -> list[dict[str, Any]]:
    """Texts with default parameters: sha256, smallest margin and draws of each."""
    prompts = [f"Write a short text about {TOPICS[n % len(TOPICS)]}, number {n}." for n in range(count)]
    runtime = Runtime(load_settings().model_path, threads, "cpu", dtype)
    works = generate_batch(prompts, TextParams(max_tokens=tokens), range(count), created=CREATED, runtime=runtime)
    records = [work.provenance for work in works]
    return [{"sha256": record["output"]["sha256"]} | _figures(record["draws"]) for record in records]


def _figures(draws: dict[str, Any]) -> dict[str, Any]:
    return {"tokens": draws["tokens"], "margin": draws["margin"], "thin": draws["thin"]}


def told(found: dict[str, list[dict[str, Any]]], texts: int, tokens: int, dtype: str | None = None) -> Iterator[Row]:
    """Rows of what each setting wrote; the first setting is what the others are held to."""
    first, *others = found.values()
    same = sum(all(other[n]["sha256"] == first[n]["sha256"] for other in others) for n in range(texts))
    draws, thin = sum(work["tokens"] for work in first), sum(work["thin"] for work in first)
    name = f"{texts} texts of {tokens} tokens" + (f" in {dtype}" if dtype else "")
    yield _row(f"{name}: the same in {len(found)} settings", same, "texts", texts, {"settings": "; ".join(found)})
    yield _row(
        f"{name}: thin, a text counted once", thin / draws, "of draws", GOAL_THIN, {"texts": thin, "draws": draws}
    )


def _row(name: str, value: float, unit: str, goal: float, references: dict[str, Any]) -> Row:
    better = "higher" if unit == "texts" else "lower"
    return {"name": name, "value": value, "unit": unit, "better": better, "goal": goal, "references": references}


def _alone(
    texts: int, tokens: int, threads: int, variables: dict[str, str], dtype: str = "float32"
) -> list[dict[str, Any]]:
    asked = *map(str, (texts, tokens, threads)), dtype
    command = [sys.executable, "-m", "tests.bench.generation.reproduction_text", *asked]
    own = os.environ | variables | {"OMP_NUM_THREADS": str(threads)}
    ended = subprocess.run(command, check=True, capture_output=True, text=True, env=own)
    found: list[dict[str, Any]] = json.loads(ended.stdout.splitlines()[-1])
    return found


def _has_avx512() -> bool:
    information = Path("/proc/cpuinfo")
    return information.exists() and " avx512f" in information.read_text()


if __name__ == "__main__":
    print(json.dumps(write(*map(int, sys.argv[1:4]), *sys.argv[4:])))
