"""How fast, how exact and how large the index of 256-bit codes is: random and clustered codes, beside peers.

    python -m tests.bench.identity.index [--full]

Prints JSON. `--full` adds 10 million codes (4 GB of memory, 2 GB of disk, some minutes). Peers see the same codes and
the same queries in the same run: a scan with numpy, and multi-index hashing with the same bands written in numpy. Times
are CPU seconds of this process; compiling is not counted. With COLOPHON_TEST_POSTGRES_URL, also 100,000 codes there.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import iscc_lib
import iscc_samples
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from offchain.identity.image import image_code
from offchain.identity.index import Found, open_index, open_postgres_index
from offchain.identity.index.bands import BANDS, band_width
from offchain.identity.index.hamming import HammingIndex
from tests.offchain.databases import POSTGRES, fresh_database

Row = dict[str, object]
Codes = NDArray[np.uint8]

RADIUS, WIDE = 20, 64
VIEWS = 16
"""Codes that a file is looked up by at once: mirrored, turned, cropped."""
MILLION = 1_000_000
GOALS = {MILLION: 3_300, 10 * MILLION: 1_500}


@dataclass(frozen=True)
class Sample:
    """What is filed, and what is looked up: 2,000 of these with up to 30 bits changed; a tenth is near `heavy`."""

    name: str
    codes: Codes
    queries: Codes
    heavy: bytes | None


def rows(full: bool = False) -> Iterator[Row]:
    """All figures; the larger size only on demand."""
    chance = np.random.default_rng(1)
    centres = real_codes(chance)
    for count in (MILLION, 10 * MILLION)[: 2 if full else 1]:
        for sample in (random_sample(count, chance), clustered_sample(count, chance, centres)):
            with tempfile.TemporaryDirectory() as folder:
                yield from sample_rows(sample, Path(folder) / "index")
    if POSTGRES:
        yield from postgres_rows(chance)


def random_sample(count: int, chance: np.random.Generator) -> Sample:
    codes = chance.integers(0, 256, (count, 32), dtype=np.uint8)
    return Sample(f"index, {count // MILLION} M random codes", codes, changed(codes, chance), None)


def clustered_sample(count: int, chance: np.random.Generator, centres: Codes) -> Sample:
    """Copies of real codes, up to 30 bits changed; but every tenth is a copy of one code, up to 3 bits changed."""
    of = chance.integers(1, len(centres), count)
    most = np.full(count, 30)
    heavy = chance.random(count) < 0.1
    of[heavy], most[heavy] = 0, 3
    codes = centres[of]
    turn_bits(codes, chance, chance.integers(0, most + 1))
    queries = changed(codes[np.flatnonzero(~heavy)], chance)
    return Sample(f"index, {count // MILLION} M clustered codes", codes, queries, centres[0].tobytes())


def changed(codes: Codes, chance: np.random.Generator) -> Codes:
    queries = codes[chance.integers(0, len(codes), 2_000)]
    turn_bits(queries, chance, chance.integers(0, 31, len(queries)))
    return queries


def turn_bits(codes: Codes, chance: np.random.Generator, counts: NDArray[np.int64]) -> None:
    """Turn `counts` bits of each code, at random places, some of them twice and so back."""
    for turn in range(int(counts.max())):
        due = np.flatnonzero(counts > turn)
        places = chance.integers(0, 256, len(due))
        codes[due, places >> 3] ^= (1 << (places & 7)).astype(np.uint8)


def real_codes(chance: np.random.Generator) -> Codes:
    """Image-Codes of some 4,000 crops showing 30 to 100 % of a picture's sides: unlike, yet made of the same stuff."""
    folder = Path((find_spec("skimage") or sys.exit("scikit-image is not installed")).origin or "").parent / "data"
    paths = sorted([*folder.glob("*.png"), *folder.glob("*.jpg")])
    codes = []
    for path in (*paths, *iscc_samples.images(ext="jpg")):
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((256, 256))
        for _ in range(4_000 // len(paths)):
            share = chance.uniform(0.3, 1)
            width, height = int(picture.width * share), int(picture.height * share)
            x, y = chance.integers(0, picture.width - width + 1), chance.integers(0, picture.height - height + 1)
            code = image_code(picture.crop((int(x), int(y), int(x) + width, int(y) + height)))
            if code is not None:
                codes.append(iscc_lib.iscc_decode(code)[-1])
    return np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 32)


def cpu_seconds(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def sample_rows(sample: Sample, folder: Path) -> Iterator[Row]:
    name, count = sample.name, len(sample.codes)
    with open_index(folder) as index:
        warm(index, sample.codes)
        build = cpu_seconds(lambda: add_all(index, sample.codes))
        yield figure(f"{name}, added", count / build, "codes per CPU second")
        yield from speed_rows(f"{name}, as added", index, sample)
        merge = cpu_seconds(index.compact)
        yield figure(f"{name}, compacted", count / merge, "codes per CPU second")
        size = sum(path.stat().st_size for path in folder.iterdir())
        yield figure(f"{name}, size", size / count, "bytes per code", better="lower", goal=80)
        yield from speed_rows(name, index, sample, peers=numpy_peers(sample))
        yield from recall_rows(index, sample)
        if sample.heavy is not None:
            heavy = sample.heavy
            spent = cpu_seconds(lambda: index.search(heavy, RADIUS))
            near = len(index.search(heavy, RADIUS).keys)
            yield figure(f"{name}, one that {near} are near", 1_000 * spent, "CPU ms", better="lower")


def warm(index: HammingIndex, codes: Codes) -> None:
    """Let the kernels be compiled or loaded, on an index of some other folder."""
    with tempfile.TemporaryDirectory() as folder, open_index(Path(folder)) as other:
        other.add(codes[:100_000], range(100_000))
        other.search_many(codes[:2], RADIUS)
    index.search_many(codes[:2], RADIUS)


def add_all(index: HammingIndex, codes: Codes) -> None:
    keys = np.arange(len(codes), dtype=np.uint64)
    for start in range(0, len(codes), 10_000):
        index.add(codes[start : start + 10_000], keys[start : start + 10_000])


def speed_rows(name: str, index: HammingIndex, sample: Sample, peers: dict[str, float] | None = None) -> Iterator[Row]:
    queries, goal = sample.queries, GOALS[len(sample.codes)]
    each = [row.tobytes() for row in queries[:500]]
    unit = "queries per CPU second"
    found = index.search_many(queries, RADIUS)
    yield figure(
        f"{name}, found at radius {RADIUS}", sum(len(one.keys) for one in found) / len(found), "keys per query"
    )
    together = cpu_seconds(lambda: index.search_many(queries, RADIUS))
    yield figure(f"{name}, radius {RADIUS}", len(queries) / together, unit, goal=goal, references=peers)
    alone = cpu_seconds(lambda: [index.search(code, RADIUS) for code in each])
    yield figure(f"{name}, radius {RADIUS}, one by one", len(each) / alone, unit, goal=goal)
    for radius in (32, 48, WIDE):
        spent = cpu_seconds(partial(index.search_many, queries[:VIEWS], radius))
        yield figure(f"{name}, {VIEWS} codes at radius {radius}", 1_000 * spent, "CPU ms", better="lower")


def numpy_peers(sample: Sample) -> dict[str, float]:
    """Queries per CPU second of the same answers by numpy alone."""
    words, queries = sample.codes.view(np.uint64), sample.queries.view(np.uint64)
    bands = NumpyBands(words)
    return {
        "numpy scan": round(10 / cpu_seconds(lambda: [numpy_scan(words, query, RADIUS) for query in queries[:10]]), 1),
        "numpy multi-index hashing": round(
            100 / cpu_seconds(lambda: [bands.search(query) for query in queries[:100]]), 1
        ),
    }


def numpy_scan(words: NDArray[np.uint64], query: NDArray[np.uint64], radius: int) -> tuple[NDArray[np.int64], ...]:
    """Rows within the radius, and their distances; a megabyte at a time, which stays in the cache."""
    found = []
    for start in range(0, len(words), 1 << 15):
        distances = np.bitwise_count(words[start : start + (1 << 15)] ^ query).sum(axis=1, dtype=np.uint16)
        near = np.flatnonzero(distances <= radius)
        found.append((near + start, distances[near].astype(np.int64)))
    return tuple(np.concatenate(part) for part in zip(*found, strict=True))


class NumpyBands:
    """The same bands and limits, for radius 20, in numpy alone."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._words = words
        self._width = band_width(len(words))
        self._masks = np.array([0] + [1 << bit for bit in range(self._width)])
        self._orders, self._starts = [], []
        for band in range(BANDS):
            numbers = self._numbers(words, band)
            self._orders.append(np.argsort(numbers, kind="stable").astype(np.uint32))
            counts = np.bincount(numbers, minlength=1 << self._width)
            self._starts.append(np.concatenate([[0], np.cumsum(counts)]))

    def search(self, query: NDArray[np.uint64]) -> NDArray[np.uint32]:
        candidates = []
        for band in range(BANDS):
            near = int(self._numbers(query[None], band)[0]) ^ self._masks[: None if band else 1]
            starts, order = self._starts[band], self._orders[band]
            begins, lengths = starts[near], starts[near + 1] - starts[near]
            ends = np.cumsum(lengths)
            places = np.arange(ends[-1]) + np.repeat(begins - (ends - lengths), lengths)
            candidates.append(order[places])
        places = np.concatenate(candidates)
        distances = np.bitwise_count(self._words[places] ^ query).sum(axis=1, dtype=np.uint16)
        near = places[distances <= RADIUS]
        return np.unique(near)

    def _numbers(self, words: NDArray[np.uint64], band: int) -> NDArray[np.int64]:
        numbers = np.zeros(len(words), dtype=np.int64)
        for place in range(self._width):
            bit = band + BANDS * place
            numbers |= ((words[:, bit >> 6] >> np.uint64(bit & 63)) & np.uint64(1)).astype(np.int64) << place
        return numbers


def recall_rows(index: HammingIndex, sample: Sample) -> Iterator[Row]:
    """Pairs of key and distance that a scan finds, and the index too; what only the index finds counts as well."""
    words, queries = sample.codes.view(np.uint64), sample.queries[:20]
    for radius in (RADIUS, 32, WIDE):
        agreed = expected = 0
        for query, found in zip(queries, index.search_many(queries, radius), strict=True):
            near, distances = numpy_scan(words, query.view(np.uint64), radius)
            truth, answer = set(zip(near.tolist(), distances.tolist(), strict=True)), pairs(found)
            agreed, expected = agreed + len(truth & answer), expected + len(truth | answer)
        unit = f"of {expected} pairs"
        yield figure(f"{sample.name}, agreement with a scan at radius {radius}", agreed / expected, unit, goal=1.0)


def pairs(found: Found) -> set[tuple[int, int]]:
    return set(zip(found.keys.tolist(), found.distances.tolist(), strict=True))


def postgres_rows(chance: np.random.Generator) -> Iterator[Row]:
    """Seconds of the clock, as the work is done by the server's processes."""
    codes = chance.integers(0, 256, (100_000, 32), dtype=np.uint8)
    queries = changed(codes, chance)[:300]
    with (
        tempfile.TemporaryDirectory() as folder,
        fresh_database("postgresql", Path(folder)) as url,
        open_postgres_index(url, "bench") as index,
    ):
        start = time.perf_counter()
        for at in range(0, len(codes), 5_000):
            index.add(codes[at : at + 5_000], range(at, at + 5_000))
        added = time.perf_counter()
        index.search_many(queries, RADIUS)
        searched = time.perf_counter()
        index.search_many(queries[:10], WIDE)
        scanned = time.perf_counter()
    name = "index, 100 k random codes on PostgreSQL"
    yield figure(f"{name}, added", len(codes) / (added - start), "codes per second")
    yield figure(f"{name}, radius {RADIUS}", len(queries) / (searched - added), "queries per second")
    yield figure(f"{name}, radius {WIDE}", 10 / (scanned - searched), "queries per second")


def figure(
    name: str,
    value: float,
    unit: str,
    better: str = "higher",
    goal: float | None = None,
    references: dict[str, float] | None = None,
) -> Row:
    rounded = float(f"{value:.4g}") if value != 1 else 1.0
    return {
        "name": name,
        "value": rounded,
        "unit": unit,
        "better": better,
        "goal": goal,
        "references": references or {},
    }


if __name__ == "__main__":
    print(json.dumps({"rows": list(rows("--full" in sys.argv))}, indent=1, ensure_ascii=False))
