"""Fuzzing campaign: damaged samples through every extractor, in confined processes.

    python -m tests.fuzz.extractors --minutes 30 [--seed 1] [--only application/pdf]

A find is whatever a file must not do: an error that is not ours, a crash, a limit reached by a small file, or another
answer the second time. Its file goes to `tests/data/fuzz/`, and `test_fuzzed_files.py` reads it from then on. Prints
one JSON object; ends with 1 if anything was found.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from offchain.errors import ColophonError
from offchain.identity.sandbox import measured
from tests.fuzz.samples import samples
from tests.fuzz.verdicts import batch, mutant

__all__ = ["FOUND", "Campaign"]

FOUND: Final = Path(__file__).parents[1] / "data" / "fuzz"
"""Files that found something, named END-KIND-DIGEST."""

MEMORY: Final = 3 * 2**29
SECONDS: Final = 20
"""CPU seconds that no file of these sizes may need, damaged or not."""

_BATCH: Final = 25
_ADDRESS: Final = re.compile(r"0x[0-9a-f]+|\d+")


class Campaign:
    """Damages samples in turn and counts what becomes of them.

    Args:
        seed: equal seeds damage equally.
        kept: folder for the files of finds.
    """

    def __init__(self, seed: int, kept: Path) -> None:
        self._next = seed * 10**9
        self._kept = kept
        self._chance = random.Random(seed)
        self.runs: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.finds: dict[str, str] = {}
        self.cpu = 0.0
        self.peak = 0

    def run(self, folder: Path, minutes: float) -> None:
        """Go on until the time is over; the samples are the files of the folder, by kind."""
        kinds = sorted(folder.iterdir())
        deadline = time.monotonic() + 60 * minutes
        while True:
            for sample in kinds:
                if time.monotonic() > deadline:
                    return
                self._try(sample, self._chance.choice(kinds))

    def _try(self, sample: Path, other: Path) -> None:
        first, self._next = self._next, self._next + _BATCH
        try:
            answer = measured(batch, sample, other, first, _BATCH, memory=MEMORY, seconds=SECONDS * _BATCH)
        except ColophonError:
            outcomes = [self._alone(sample, other, seed) for seed in range(first, first + _BATCH)]
        else:
            outcomes = answer.value
            self.cpu, self.peak = self.cpu + answer.cpu, max(self.peak, answer.peak)
        for outcome in outcomes:
            self._count(sample, other, outcome)

    def _alone(self, sample: Path, other: Path, seed: int) -> dict[str, Any]:
        try:
            outcome: dict[str, Any] = measured(batch, sample, other, seed, 1, memory=MEMORY, seconds=SECONDS).value[0]
        except ColophonError as error:
            return {"seed": seed, "end": error.code, "cause": error.message}
        return outcome

    def _count(self, sample: Path, other: Path, outcome: dict[str, Any]) -> None:
        kind = sample.name
        self.runs[kind] += 1
        self.ends[outcome["end"]] += 1
        cause = _ADDRESS.sub("…", f"{kind}: {outcome['cause']}")
        if outcome["cause"] and cause not in self.finds:
            data = mutant(sample.read_bytes(), other.read_bytes(), outcome["seed"])
            name = f"{outcome['end']}-{kind[-30:]}-{hashlib.sha256(data).hexdigest()[:12]}"
            self._kept.mkdir(parents=True, exist_ok=True)
            (self._kept / name).write_bytes(data)
            self.finds[cause] = name


def main() -> int:
    """Run the campaign of the command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument("--only", default="", help="kinds of samples, by a part of their names")
    chosen = options.parse_args()
    campaign = Campaign(chosen.seed, FOUND)
    with tempfile.TemporaryDirectory() as folder:
        for kind, data in samples().items():
            if chosen.only in kind:
                (Path(folder) / kind.replace("/", "-")).write_bytes(data)
        campaign.run(Path(folder), chosen.minutes)
    told = {
        "minutes": chosen.minutes,
        "seed": chosen.seed,
        "cpu_seconds": round(campaign.cpu),
        "executions": campaign.runs.total(),
        "by_sample": campaign.runs,
        "ends": campaign.ends,
        "largest_resident_mib": campaign.peak // 2**20,
        "finds": campaign.finds,
    }
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    return 1 if campaign.finds else 0


if __name__ == "__main__":
    sys.exit(main())
