"""How well edited films are recognised, through the frame codes and pair by pair, beside the standard's code.

    python -m tests.bench.identity.video [--photographs FOLDER ...] [--footage FOLDER ...] [--most 24]

Prints JSON. Without folders the films are pans over the photographs of scikit-image and the film of iscc-samples. The
thresholds of `offchain.identity.matching.video` were set on other films; the peers' are set on these, at 0.1 % of the
very pairs shown here, which favours them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import iscc_lib
import iscc_samples
import numpy as np

from offchain.identity.matching.features import Decision, Features, Probe
from offchain.identity.matching.video import compare, features, probe
from offchain.identity.video import FRAME_RATE, film, video_code
from tests.bench.identity.films import BEYOND, EDITS, edited, footage, pans, photographs
from tests.bench.identity.progress import NotMeasuredError, Progress
from tests.bench.identity.reporting import cost_row, cpu, error_row, share_row

FALSE_POSITIVES: Final = 0.001
CODE: Final = ("video.py", "image.py", "ffmpeg.py", "matching/video.py", "matching/features.py")
GOAL: Final = 95.0
SKIMAGE: Final = Path(find_spec("skimage").origin).parent / "data"  # type: ignore[union-attr, arg-type]


@dataclass(frozen=True)
class Work:
    filed: Features
    code: bytes


@dataclass(frozen=True)
class Copy:
    edit: str
    of: int
    probe: Probe | None
    code: bytes


def code(path: Path) -> bytes:
    unit = video_code(path)
    return iscc_lib.iscc_decode(unit)[-1] if unit else bytes(32)


def proposed(copy: Probe, work: Features) -> bool:
    """Whether an exact Hamming index would propose the work."""
    here, there = (np.frombuffer(b"".join(codes), np.uint64).reshape(-1, 4) for codes in (copy.codes, work.codes))
    return bool((np.bitwise_count(here[:, None] ^ there[None]).sum(axis=2) <= copy.radius).any())


def called(copy: Copy, work: Work) -> Decision | None:
    """What `compare` decides."""
    likeness = compare(copy.probe.evidence, work.filed.evidence) if copy.probe else None
    return None if likeness is None else likeness.decision


def derived(copy: Copy, work: Work) -> bool:
    return called(copy, work) in {"same", "derived"}


def found(copy: Copy, work: Work) -> bool:
    return copy.probe is not None and proposed(copy.probe, work.filed) and derived(copy, work)


def distance(here: bytes, there: bytes, bits: int) -> int:
    return (int.from_bytes(here[: bits // 8], "big") ^ int.from_bytes(there[: bits // 8], "big")).bit_count()


def filed(clip: Path) -> Work:
    """What a film is known by.

    Raises:
        ValueError: it shows nothing.
    """
    found = features(clip)
    if found is None:
        raise ValueError(f"{clip.name} shows nothing")
    return Work(found, code(clip))


def copies_of(clip: Path, at: int, into: Path, progress: Progress) -> Iterator[Copy]:
    @cache
    def seconds() -> float:
        return len(film(clip).frames) / FRAME_RATE

    def copied(edit: str, options: tuple[str, ...]) -> Copy:
        path = edited(clip, seconds(), options, into)
        return Copy(edit, at, probe(path), code(path))

    for edit, options in {**EDITS, **BEYOND}.items():
        with suppress(NotMeasuredError):
            made = progress.once(f"{digest(clip)}: {edit} {options}", partial(copied, edit, options))
            yield replace(made, of=at)


def digest(clip: Path) -> str:
    return hashlib.sha256(clip.read_bytes()).hexdigest()


def rows(
    images: list[Path] | None = None,
    films: list[Path] | None = None,
    most: int = 24,
    progress: Progress | None = None,
) -> Iterator[dict[str, Any]]:
    """Recognition of each edit, false positives, and CPU time; with `progress` an interrupted run goes on."""
    with tempfile.TemporaryDirectory() as scratch:
        into = Path(scratch)
        progress = progress or Progress(into, CODE)
        clips = list(pans(photographs(images or [SKIMAGE]), most, into))
        clips += footage(films, into) if films else iscc_samples.videos("mp4")[:1]
        works = [progress.once(f"{digest(clip)}: filed", partial(filed, clip)) for clip in clips]
        copies = [copy for at, clip in enumerate(clips) for copy in copies_of(clip, at, into, progress)]
        yield from cost_rows(clips[:4], copies[:40], works)
    yield from recognition_rows(copies, works)


def recognition_rows(copies: list[Copy], works: list[Work]) -> Iterator[dict[str, Any]]:
    others = [(copy, work) for copy in copies for at, work in enumerate(works) if at != copy.of]
    for edit in [edit for edit in [*EDITS, *BEYOND] if any(copy.edit == edit for copy in copies)]:
        made = [copy for copy in copies if copy.edit == edit]
        hits = [found(copy, works[copy.of]) for copy in made]
        references = {f"ISCC {bits} bits": peer_recall(made, works, others, bits) for bits in (64, 256)}
        yield share_row(f"video, {edit}", sum(hits), len(hits), GOAL, references)
    wrong = Counter(called(copy, work) for copy, work in others)
    copied = wrong["same"] + wrong["derived"]
    yield error_row("video, unrelated pairs called derived or same", copied, len(others), FALSE_POSITIVES)
    yield error_row("video, unrelated pairs called similar", wrong["similar"], len(others), 0.01)
    alike = sum(copy.probe is not None and proposed(copy.probe, work.filed) for copy, work in others)
    yield error_row("video, unrelated pairs proposed by the index", alike, len(others), 0.01)


def peer_recall(made: list[Copy], works: list[Work], others: list[tuple[Copy, Work]], bits: int) -> float:
    """Percent of the copies nearer to their film than all but 0.1 % of the unrelated pairs."""
    unrelated = sorted(distance(copy.code, work.code, bits) for copy, work in others)
    limit = unrelated[int(FALSE_POSITIVES * len(unrelated))]
    return round(100 * float(np.mean([distance(copy.code, works[copy.of].code, bits) < limit for copy in made])), 1)


def cost_rows(clips: list[Path], copies: list[Copy], works: list[Work]) -> Iterator[dict[str, Any]]:
    minutes = sum(len(film(clip).frames) for clip in clips) / FRAME_RATE / 60
    used = cpu(lambda: [features(clip) for clip in clips])
    yield cost_row("video, features, 320×180 at 12 frames a second", 1000 * used / minutes, "CPU ms a minute of film")
    pairs = [(copy.probe.evidence, works[copy.of].filed.evidence) for copy in copies if copy.probe]
    used = cpu(lambda: [compare(here, there) for here, there in pairs])
    yield cost_row("video, compare", 1000 * used / len(pairs), "CPU ms")
    yield cost_row("video, evidence", float(np.mean([len(work.filed.evidence) for work in works])), "bytes a film")
    yield cost_row("video, codes filed", float(np.mean([len(work.filed.codes) for work in works])), "codes a film")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--photographs", nargs="*", type=Path)
    parser.add_argument("--footage", nargs="*", type=Path)
    parser.add_argument("--most", type=int, default=24)
    given = parser.parse_args()
    print(json.dumps({"rows": list(rows(given.photographs, given.footage, given.most))}, indent=1, ensure_ascii=False))
