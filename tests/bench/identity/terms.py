"""The term index at size: bytes a posting, building and looking up, in CPU time.

    python -m tests.bench.identity.terms [WORKS]

Works are synthetic, 200 terms each: a quarter drawn by Zipf's law from two million common ones, as phrases and sounds
are, the rest their own. Each lookup asks for 500 terms: 40 of one work, 120 common, 340 of no work. Prints JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from offchain.identity.terms import TermReader, open_terms, read_terms

__all__ = ["rows"]

TERMS: Final = 200
COMMON: Final = 2_000_000
LOOKUPS: Final = 100
BATCH: Final = 5_000
GOAL_MS: Final = 20

Terms = NDArray[np.uint64]


def common(chance: np.random.Generator, count: int) -> Terms:
    return np.minimum(chance.zipf(1.3, count), COMMON).astype(np.uint64)


def rare(chance: np.random.Generator, count: int) -> Terms:
    return chance.integers(2**32, 2**63, count, dtype=np.uint64)


def built(folder: Path, works: int, chance: np.random.Generator) -> tuple[dict[int, Terms], float]:
    """Works to ask for, and CPU seconds that adding all of them took."""
    asked: dict[int, Terms] = {}
    seconds = 0.0
    with open_terms(folder) as index:
        for first in range(0, works, BATCH):
            batch = [
                (key, np.concatenate([common(chance, TERMS // 4), rare(chance, TERMS * 3 // 4)]))
                for key in range(first, min(first + BATCH, works))
            ]
            asked.update(batch[:1])
            begun = time.process_time()
            index.add_many(batch)
            seconds += time.process_time() - begun
    return asked, seconds


def lookups(index: TermReader, asked: dict[int, Terms], chance: np.random.Generator) -> tuple[list[float], int]:
    """CPU milliseconds of each lookup, and how many had the work asked for in front."""
    spent, right = [], 0
    for key in chance.choice(list(asked), LOOKUPS):
        mine = chance.choice(np.unique(asked[key]), 40, replace=False)
        terms = np.concatenate([mine, common(chance, 120), rare(chance, 340)])
        begun = time.process_time()
        keys, _ = index.candidates(terms, min_shared=2, limit=50)
        spent.append(1_000 * (time.process_time() - begun))
        right += bool(keys[0] == key)
    return spent, right


def rows(works: int = 100_000) -> list[dict[str, object]]:
    """The table for an index of so many works."""
    chance = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked, seconds = built(folder, works, chance)
        index = read_terms(folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
        spent, right = lookups(index, asked, chance)
        table = [
            ("lookup of 500 terms, median", float(np.median(spent)), "CPU ms", "lower", GOAL_MS),
            ("lookup of 500 terms, ninth decile", float(np.quantile(spent, 0.9)), "CPU ms", "lower", GOAL_MS),
            ("work asked for comes first", 100 * right / LOOKUPS, "%", "higher", 100),
            ("size", size / len(index), "bytes a posting", "lower", None),
            ("adding, merges included", 1e6 * seconds / len(index), "CPU µs a posting", "lower", None),
        ]
    return [
        {
            "name": f"terms of {works:,} works, {what}",
            "value": round(value, 2),
            "unit": unit,
            "better": better,
            "goal": goal,
        }
        for what, value, unit, better, goal in table
    ]


if __name__ == "__main__":
    print(json.dumps({"rows": rows(*map(int, sys.argv[1:]))}, indent=1, ensure_ascii=False))
