"""Histories by the hundred thousand, and what came of them.

    python -m tests.contracts.reference.campaign --histories 100000 --processes 2

writes `tests/contracts/reference/campaign.json`. What was played stays in build/campaign-model until the contracts or
these files change, so that an interrupted campaign goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import pickle
import platform
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from rich.progress import MofNCompleteColumn, Progress

from tests.contracts.reference.author import Author
from tests.contracts.reference.evm import ARTEFACTS, fingerprint
from tests.contracts.reference.histories import Call, History, MismatchError, shortest
from tests.contracts.reference.states import reached
from tests.contracts.reference.system import CONTRACTS, System

__all__ = ["REPORT", "Tries", "campaign", "tried"]

REPORT: Final = Path(__file__).with_name("campaign.json")
_KEPT: Final = ARTEFACTS.parent / "campaign-model"
_BATCH: Final = 250


@dataclass
class Tries:
    """What came of some histories.

    Attributes:
        histories: how many were played.
        outcomes: calls by (contract.function, custom error or "done").
        states: histories by rare state that they reached.
        failures: for each history that differed, its seed and the fewest calls that still differ.
        cpu: seconds of processor time.
    """

    histories: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    cpu: float = 0

    def add(self, other: Tries) -> None:
        """Take another batch in."""
        self.histories += other.histories
        self.cpu += other.cpu
        self.outcomes += other.outcomes
        self.states += other.states
        self.failures += other.failures


def tried(seeds: range) -> Tries:
    """Play the histories of some seeds."""
    tries, began = Tries(), time.process_time()
    for seed in seeds:
        history = History(_system())
        try:
            Author(history, seed).write()
        except MismatchError as mismatch:
            tries.failures.append(_told(seed, history.calls, mismatch))
        tries.histories += 1
        tries.outcomes.update(history.outcomes)
        tries.states.update(reached(history.model))
    tries.cpu = time.process_time() - began
    return tries


def kept(seeds: range) -> Tries:
    """As `tried`, unless it was played before: then what came of it."""
    path = _KEPT / f"{_edition()}-{seeds.start}-{seeds.stop}.pickle"
    if path.exists():
        return pickle.loads(path.read_bytes())  # noqa: S301 - our own file, in our own build folder
    tries = tried(seeds)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".part").write_bytes(pickle.dumps(tries))
    path.with_suffix(".part").replace(path)
    return tries


@cache
def _edition() -> str:
    """Of contracts and model together."""
    files = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return sha256(b"".join([*files, *(fingerprint(name).encode() for name in CONTRACTS)])).hexdigest()[:16]


def campaign(seeds: range, processes: int) -> Tries:
    """Play many histories in several processes, with a progress bar."""
    batches = [seeds[at : at + _BATCH] for at in range(0, len(seeds), _BATCH)]
    total, columns = Tries(), (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns) as progress, ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        bar = progress.add_task("histories", total=len(seeds))
        for done in as_completed([pool.submit(kept, batch) for batch in batches]):
            total.add(done.result())
            progress.update(bar, completed=total.histories, description=f"histories, {len(total.failures)} differ")
    return total


@cache
def _system() -> System:
    return System()


def _told(seed: int, calls: list[Call], mismatch: MismatchError) -> str:
    fewest = shortest(calls, lambda fewer: _difference(fewer) is not None)
    told = [
        f"seed {seed}: {len(fewest)} of {len(calls)} calls suffice",
        *map(str, fewest),
        str(_difference(fewest) or mismatch),
    ]
    return "\n".join(told)


def _difference(calls: list[Call]) -> MismatchError | None:
    history = History(_system())
    try:
        for call in calls:
            history.play(call)
        history.audit()
        history.close()
    except MismatchError as mismatch:
        return mismatch
    return None


def _report(tries: Tries, seeds: range, seconds: float) -> dict[str, object]:
    outcomes = sorted((f"{call}: {outcome}", count) for (call, outcome), count in tries.outcomes.items())
    return {
        "histories": tries.histories,
        "calls": tries.outcomes.total(),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(tries.cpu, 1),
        "seeds": [seeds.start, seeds.stop - 1],
        "machine": _machine(),
        "bytecode_sha256": {name: fingerprint(name) for name in CONTRACTS},
        "failures": tries.failures,
        "states": dict(sorted(tries.states.items())),
        "outcomes": dict(outcomes),
    }


def _machine() -> str:
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{len(models)} × {models[0].partition(': ')[2]}, Python {platform.python_version()}"


def main() -> int:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description="play random histories against the model")
    parser.add_argument("--histories", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=1_000_000, help="first seed")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    seeds, began = range(asked.first, asked.first + asked.histories), time.monotonic()
    tries = campaign(seeds, asked.processes)
    report = _report(tries, seeds, time.monotonic() - began)
    REPORT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    print(*tries.failures, sep="\n")
    print(
        f"{tries.histories} histories, {report['calls']} calls, {report['seconds']} s, {len(tries.failures)} failures"
    )
    return 1 if tries.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
