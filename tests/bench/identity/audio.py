"""How well edited recordings are recognised, through the terms and pair by pair, beside other methods.

    python -m tests.bench.identity.audio [--music FOLDER ...] [--most 40] [--negatives 24] [--speeds 200]

Prints JSON. Without folders the recordings are composed ones and the one of iscc-samples. With `--speeds` so many
pieces are measured at ±3.5 % speed, of which `--most` in every edit. Thresholds of
`offchain.identity.matching.audio` were set on other recordings; the peers' are set on these, at 0.1 % of the very
pairs shown here, which favours them.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any, Final

import iscc_lib
import numpy as np

from offchain.identity.audio import RATE, Fingerprint, fingerprint
from offchain.identity.matching.audio import compare, features, probe
from offchain.identity.matching.features import Decision, Features, Probe
from tests.bench.identity.progress import NotMeasuredError, Progress
from tests.bench.identity.recordings import BEYOND, EDITS, LEAST, composed, cut, edited
from tests.bench.identity.reporting import cost_row, cpu, error_row, share_row

CANDIDATES: Final = 20
FALSE_POSITIVES: Final = 0.001
GOALS: Final = {"speed +3.5 %": 99.0, "speed -3.5 %": 99.0}
CODE: Final = ("audio.py", "ffmpeg.py", "matching/audio.py", "matching/features.py")
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
    @cache
    def code(numbers: bytes) -> int:
        unit = iscc_lib.gen_audio_code_v0(np.frombuffer(numbers, np.int32).tolist(), bits).iscc
        return int.from_bytes(iscc_lib.iscc_decode(unit)[-1], "big")

    return lambda here, there: (code(here.tobytes()) ^ code(there.tobytes())).bit_count()


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


def is_proposed(copy: Copy, work: Work) -> bool:
    """Whether they share enough terms for the index to propose the work."""
    return copy.probe is not None and shared(copy.probe, work.filed) >= copy.probe.min_terms


def called(copy: Copy, work: Work) -> Decision | None:
    """What `compare` decides."""
    likeness = compare(copy.probe.evidence, work.filed.evidence) if copy.probe else None
    return None if likeness is None else likeness.decision


def derived(copy: Copy, work: Work) -> bool:
    return called(copy, work) in {"same", "derived"}


def copies(clips: list[Path], most: int, into: Path, progress: Progress) -> Iterator[Copy]:
    """The edits with goals of their own of every clip, the others of the first `most`."""

    def copied(at: int, edit: str, options: tuple[str, ...]) -> Copy:
        path = edited(clips[at], options, into)
        return Copy(edit, at, probe(path), fingerprint(path))

    every = {**EDITS, **BEYOND}
    others = every.keys() - GOALS
    # Clip by clip: whenever it is interrupted, some have been measured in all of these edits.
    for at, edit in [*product(range(len(clips)), GOALS), *product(range(len(clips[:most])), sorted(others))]:
        name = f"{clips[at].name}: {edit} {every[edit]}"
        with suppress(NotMeasuredError):
            yield replace(progress.once(name, partial(copied, at, edit, every[edit])), of=at)


def registered(clips: Iterable[Path], progress: Progress) -> Iterator[tuple[Path, Work]]:
    """The clips that can be registered, and what they are known by."""
    for clip in clips:
        with suppress(NotMeasuredError):
            work = progress.once(f"{clip.name}: filed", partial(filed, clip))
            if work is not None:
                yield clip, work


def filed(clip: Path) -> Work | None:
    """None for silence, and for what is much shorter than the others."""
    found, numbers = features(clip), fingerprint(clip)
    return None if found is None or len(numbers) <= LEAST * RATE else Work(found, numbers)


def rows(
    folders: list[Path] | None = None,
    most: int = 40,
    negatives: int = 24,
    speeds: int = 0,
    progress: Progress | None = None,
) -> Iterator[dict[str, Any]]:
    """Recognition of each edit, false positives, and CPU time; with `progress` an interrupted run goes on."""
    with tempfile.TemporaryDirectory() as scratch:
        into = Path(scratch)
        progress = progress or Progress(into, CODE)
        cuts = cut(folders, max(most, speeds), progress.folder) if folders else composed(12, into)
        found = dict(registered(cuts, progress))
        clips, works = list(found), list(found.values())
        made = list(copies(clips, most, into, progress))
        yield from cost_rows(clips, made, works)
    chance = random.Random(5)
    others = [
        (copy, works[at])
        for copy in made
        for at in chance.sample([at for at in range(len(works)) if at != copy.of], min(negatives, len(works) - 1))
    ]
    yield from recognition_rows(made, works, others)


def recognition_rows(made: list[Copy], works: list[Work], others: list[tuple[Copy, Work]]) -> Iterator[dict[str, Any]]:
    wrong = Counter(called(copy, work) for copy, work in others)
    reach = {name: peer_recall(distance, made, works, others) for name, distance in PEERS.items()}
    for edit in [edit for edit in [*EDITS, *BEYOND] if any(copy.edit == edit for copy in made)]:
        hits = [found(copy, works) for copy in made if copy.edit == edit]
        references = {name: recall[edit] for name, recall in reach.items()}
        yield share_row(f"audio, {edit}", sum(hits), len(hits), GOALS.get(edit, 97.0), references)
    hits = [found(copy, works) for copy in made if copy.edit in EDITS]
    measured = [edit for edit in EDITS if edit in {copy.edit for copy in made}]
    if measured:
        means = {name: round(float(np.mean([recall[each] for each in measured])), 1) for name, recall in reach.items()}
        yield share_row("audio, mean of 12 edits", sum(hits), len(hits), 97.0, means)
    copied = wrong["same"] + wrong["derived"]
    yield error_row("audio, unrelated pairs called derived or same", copied, len(others), FALSE_POSITIVES)
    yield error_row("audio, unrelated pairs called similar", wrong["similar"], len(others), 0.01)
    chance_terms = [shared(copy.probe, work.filed) for copy, work in others if copy.probe]
    taken = sum(is_proposed(copy, work) and derived(copy, work) for copy, work in others)
    yield error_row("audio, unrelated pairs proposed, and called derived or same", taken, len(others), FALSE_POSITIVES)
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
    parser.add_argument("--speeds", type=int, default=0)
    given = parser.parse_args()
    table = list(rows(given.music, given.most, given.negatives, given.speeds))
    print(json.dumps({"rows": table}, indent=1, ensure_ascii=False))
