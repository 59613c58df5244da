"""End to end: what a search costs beyond decoding the file, beside a million registered works.

    python -m tests.bench.identity.search [WORKS]        ten times as many measure texts beside a million, too

The registered works are random codes and terms, as many a work as real ones have, with real works among them; a query
is a real file. Counted are the probe, the candidates from the index, and the comparison with every candidate; not the
look into the store for each candidate. Texts are measured beside a tenth as many works: filing them takes minutes.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from offchain.identity.engines import FileEngine
from offchain.identity.matching import image, text
from offchain.identity.matching.features import CODE_BYTES, Features, Probe
from offchain.identity.similarity import CandidateIndex, Filing, judged
from tests.bench.identity.image import DRAWINGS, PHOTOGRAPHS, packaged
from tests.bench.identity.reporting import cost_row, cpu

CODES: Final = 14
"""Codes of one image; `image.features` files at most so many."""
TERMS: Final = 200
BATCH: Final = 20_000
DATA: Final = Path(__file__).resolve().parents[2] / "data"


def background(medium: str, works: int, chance: np.random.Generator) -> Iterator[Filing]:
    """Works that resemble nothing, numbered from 1,000."""
    none = np.empty(0, dtype=np.uint64)
    for number in range(1_000, 1_000 + works):
        if medium == "image":
            rows = chance.bytes(CODES * CODE_BYTES)
            codes = tuple(rows[at : at + CODE_BYTES] for at in range(0, len(rows), CODE_BYTES))
            yield Filing(number, number, Features("image", codes, none, b""))
        else:
            terms = np.unique(chance.integers(0, 2**63, TERMS, dtype=np.uint64))
            yield Filing(number, number, Features("text", (), terms, b""))


def measured(
    medium: str, works: int, real: list[Features], queries: list[Callable[[], Probe | None]]
) -> Iterator[dict[str, Any]]:
    """CPU ms of each stage: the mean over the queries."""
    with tempfile.TemporaryDirectory() as folder, CandidateIndex(FileEngine(Path(folder))) as index:
        with index.filing():
            index.file(Filing(number, number, features) for number, features in enumerate(real, 1))
            index.file(background(medium, works, np.random.default_rng(1)))
        probes: list[Probe] = []
        making = cpu(lambda: probes.extend(probe for query in queries if (probe := query()) is not None))
        index.candidates(probes[0])
        found: list[list[int]] = []
        proposing = cpu(lambda: found.extend(map(index.candidates, probes)))
        pairs = [
            (probe, real[at - 1]) for probe, numbers in zip(probes, found, strict=True) for at in numbers if at < 1_000
        ]
        comparing = cpu(lambda: [judged(*pair) for pair in pairs])
        stages = {"probe": making, "candidates": proposing, "comparison": comparing}
        for stage, seconds in stages.items():
            yield cost_row(f"search, {medium}, {works:,} works, {stage}", 1000 * seconds / len(probes), "CPU ms")
        whole = cost_row(
            f"search, {medium}, {works:,} works, beyond decoding", 1000 * sum(stages.values()) / len(probes), "CPU ms"
        )
        yield whole | {"goal": 150, "samples": len(probes), "compared": round(len(pairs) / len(probes), 1)}


def rows(works: int = 1_000_000) -> Iterator[dict[str, Any]]:
    """Images and texts."""
    pictures = [picture for _, picture in packaged(PHOTOGRAPHS + DRAWINGS)]
    filed = [features for picture in pictures if (features := image.features(picture)) is not None]
    yield from measured("image", works, filed, [lambda picture=picture: image.probe(picture) for picture in pictures])  # type: ignore[misc]
    texts = [path.read_text() for path in sorted(DATA.glob("*.txt"))]
    written = [features for each in texts if (features := text.features(each)) is not None]
    yield from measured("text", works // 10, written, [lambda each=each: text.probe(each) for each in texts])  # type: ignore[misc]


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(json.dumps({"rows": list(rows(asked))}, indent=1))
