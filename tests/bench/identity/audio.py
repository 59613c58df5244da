"""How well edited recordings are recognised, through the terms and pair by pair, beside other methods.

    python -m tests.bench.identity.audio [--music FOLDER ...] [--most 40] [--negatives 24]

Prints JSON. Without folders the recordings are composed ones and the one of iscc-samples. Thresholds of
`offchain.identity.matching.audio` were set on other recordings; the peers' are set on these, at 0.1 % of the very
pairs shown here, which favours them.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import iscc_lib
import numpy as np

from offchain.identity.audio import RATE, Fingerprint, fingerprint
from offchain.identity.matching.audio import compare, features, probe
from offchain.identity.matching.features import Features, Probe
from tests.bench.identity.recordings import BEYOND, EDITS, composed, cut, edited
from tests.bench.identity.reporting import cost_row, cpu, error_row, share_row

CANDIDATES: Final = 20
FALSE_POSITIVES: Final = 0.001
GOALS: Final = {"speed +3.5 %": 99.0, "speed -3.5 %": 99.0}
MIN_OVERLAP: Final = 40  # numbers, for the plain alignment
Distance = Callable[[Fingerprint, Fingerprint], float]


@dataclass(frozen=True)
class Work:
    filed: Features
    numbers: Fingerprint


@dataclass(frozen=True)
class Copy:
    edit: str
    of: int
    probe: Probe | None
    numbers: Fingerprint


def plain_alignment(here: Fingerprint, there: Fingerprint) -> float:
    """Smallest share of bits that differ over any overlap: Chromaprint as it is commonly compared."""
    differ = np.bitwise_count(here[:, None] ^ there[None, :]).ravel()
    diagonal = (np.arange(len(here))[:, None] - np.arange(len(there))[None, :] + len(there) - 1).ravel()
    total, count = np.bincount(diagonal, differ), np.bincount(diagonal)
    enough = count >= min(MIN_OVERLAP, len(here), len(there))
    return float((total[enough] / count[enough]).min() / 32)


def iscc(bits: int) -> Distance:
    def code(numbers: Fingerprint) -> int:
        unit = iscc_lib.gen_audio_code_v0(numbers.view(np.int32).tolist(), bits).iscc
        return int.from_bytes(iscc_lib.iscc_decode(unit)[-1], "big")

    return lambda here, there: (code(here) ^ code(there)).bit_count()


PEERS: Final[dict[str, Distance]] = {
    "Chromaprint aligned, one speed": plain_alignment,
    "ISCC 64 bits": iscc(64),
    "ISCC 256 bits": iscc(256),
}


def shared(copy: Probe, work: Features) -> int:
    return len(np.intersect1d(copy.terms, work.terms, assume_unique=True))


def found(copy: Copy, works: list[Work]) -> bool:
    """Whether the copy is recognised as an index would: the works that share most terms, then the comparison."""
    if copy.probe is None:
        return False
    ranked = sorted(((shared(copy.probe, work.filed), at) for at, work in enumerate(works)), reverse=True)
    proposed = [at for terms, at in ranked[:CANDIDATES] if terms >= copy.probe.min_terms]
    return copy.of in proposed and derived(copy, works[copy.of])


def derived(copy: Copy, work: Work) -> bool:
    likeness = compare(copy.probe.evidence, work.filed.evidence) if copy.probe else None
    return likeness is not None and likeness.decision != "similar"


def copies(clips: list[Path], into: Path) -> Iterator[Copy]:
    for at, clip in enumerate(clips):
        for edit, options in {**EDITS, **BEYOND}.items():
            path = edited(clip, options, into)
            yield Copy(edit, at, probe(path), fingerprint(path))


def rows(folders: list[Path] | None = None, most: int = 40, negatives: int = 24) -> Iterator[dict[str, Any]]:
    """Recognition of each edit, false positives, and CPU time."""
    with tempfile.TemporaryDirectory() as scratch:
        into = Path(scratch)
        clips = list(cut(folders, most, into)) if folders else list(composed(12, into))
        clips = [clip for clip in clips if features(clip) is not None]
        works = [Work(filed, fingerprint(clip)) for clip in clips if (filed := features(clip)) is not None]
        made = list(copies(clips, into))
        yield from cost_rows(clips, made, works)
    chance = random.Random(5)
    others = [
        (copy, works[at])
        for copy in made
        for at in chance.sample([at for at in range(len(works)) if at != copy.of], min(negatives, len(works) - 1))
    ]
    yield from recognition_rows(made, works, others)


def recognition_rows(made: list[Copy], works: list[Work], others: list[tuple[Copy, Work]]) -> Iterator[dict[str, Any]]:
    wrong = sum(derived(copy, work) for copy, work in others)
    reach = {name: peer_recall(distance, made, works, others) for name, distance in PEERS.items()}
    for edit in [*EDITS, *BEYOND]:
        hits = [found(copy, works) for copy in made if copy.edit == edit]
        references = {name: recall[edit] for name, recall in reach.items()}
        yield share_row(f"audio, {edit}", sum(hits), len(hits), GOALS.get(edit, 97.0), references)
    hits = [found(copy, works) for copy in made if copy.edit in EDITS]
    means = {name: round(float(np.mean([recall[edit] for edit in EDITS])), 1) for name, recall in reach.items()}
    yield share_row("audio, mean of 12 edits", sum(hits), len(hits), 97.0, means)
    yield error_row("audio, unrelated pairs called derived or same", wrong, len(others), FALSE_POSITIVES)
    chance_terms = [shared(copy.probe, work.filed) for copy, work in others if copy.probe]
    yield cost_row("audio, terms that unrelated recordings share", float(np.mean(chance_terms)), "terms a pair")


def peer_recall(
    distance: Distance, made: list[Copy], works: list[Work], others: list[tuple[Copy, Work]]
) -> dict[str, float]:
    """Percent of each edit's copies nearer to their work than all but 0.1 % of the unrelated pairs."""
    unrelated = np.sort([distance(copy.numbers, work.numbers) for copy, work in others])
    limit = unrelated[int(FALSE_POSITIVES * len(unrelated))]
    near: dict[str, list[bool]] = {}
    for copy in made:
        near.setdefault(copy.edit, []).append(distance(copy.numbers, works[copy.of].numbers) < limit)
    return {edit: round(100 * float(np.mean(hits)), 1) for edit, hits in near.items()}


def cost_rows(clips: list[Path], made: list[Copy], works: list[Work]) -> Iterator[dict[str, Any]]:
    some = clips[:4]
    minutes = sum(len(work.numbers) for work in works[:4]) / RATE / 60
    for name, look in (("features", features), ("probe", probe)):
        used = cpu(lambda look=look: [look(clip) for clip in some])
        yield cost_row(f"audio, {name}", 1000 * used / minutes, "CPU ms a minute of sound")
    pairs = [(copy.probe.evidence, works[copy.of].filed.evidence) for copy in made[:200] if copy.probe]
    used = cpu(lambda: [compare(here, there) for here, there in pairs])
    yield cost_row("audio, compare, a minute with a minute", 1000 * used / len(pairs), "CPU ms")
    sizes = [(len(work.filed.evidence), len(work.filed.terms)) for work in works]
    yield cost_row("audio, evidence", float(np.mean([size for size, _ in sizes])), "bytes a minute")
    yield cost_row("audio, terms filed", float(np.mean([terms for _, terms in sizes])), "terms a minute")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--music", nargs="*", type=Path)
    parser.add_argument("--most", type=int, default=40)
    parser.add_argument("--negatives", type=int, default=24)
    given = parser.parse_args()
    print(json.dumps({"rows": list(rows(given.music, given.most, given.negatives))}, indent=1, ensure_ascii=False))
