"""What becomes of damaged files, as a confined process tells it."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from offchain.errors import ColophonError
from offchain.identity import extraction
from tests.fuzz.mutation import mutated

__all__ = ["PRELOAD", "batch", "mutant", "verdict"]

PRELOAD = extraction.PRELOAD


def verdict(path: Path) -> str:
    """`identified`, `featureless`, or the code of a typed error.

    Raises:
        whatever an extractor must not raise.
    """
    try:
        return "featureless" if extraction.extract(path, "x", [])["code"] is None else "identified"
    except ColophonError as error:
        return error.code


def mutant(sample: bytes, other: bytes, seed: int) -> bytes:
    """The damaged copy of a sample that this seed stands for."""
    return mutated(sample, random.Random(seed), (other,))


def batch(sample: Path, other: Path, first: int, count: int) -> list[dict[str, Any]]:
    """Look twice at every mutant of a range of seeds, in turn.

    Returns:
        for each its `seed`, its `end`, and under `cause` an error that is not ours, else an empty text.
    """
    data, more = sample.read_bytes(), other.read_bytes()
    place = Path(os.environ["TMPDIR"]) / "mutant"
    found = []
    for seed in range(first, first + count):
        place.write_bytes(mutant(data, more, seed))
        end = cause = ""
        try:
            end = verdict(place)
            cause = "" if verdict(place) == end else "the second look ended otherwise"
        except Exception as error:  # noqa: BLE001 - any error that is not ours is a find
            cause = f"{type(error).__name__}: {error}"
        found.append({"seed": seed, "end": end or "decoding-failed", "cause": cause})
    return found
