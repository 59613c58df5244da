"""The losses of a training, one JSON line a step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from offchain.generation.training.durable import replace_file

__all__ = ["HISTORY", "Point", "as_lines", "keep_history"]

HISTORY: Final = "history.jsonl"


@dataclass(frozen=True, slots=True)
class Point:
    """One step.

    Attributes:
        step: counted from 1.
        seconds: CPU seconds of the training up to and with this step.
        losses: by name.
    """

    step: int
    seconds: float
    losses: Mapping[str, float]


def as_lines(points: Sequence[Point]) -> str:
    """The points as JSON lines."""
    return "".join(json.dumps(asdict(point)) + "\n" for point in points)


def keep_history(path: Path, step: int) -> list[Point]:
    """The points up to `step`, which is all that the file holds afterwards: later ones are made again."""
    kept: list[Point] = []
    for line in path.read_text().splitlines() if path.is_file() else []:
        try:
            point = Point(**json.loads(line))
        except (ValueError, TypeError):
            break  # a kill cut this line off; it belongs to a step after the checkpoint
        if point.step <= step:
            kept.append(point)
    replace_file(path, as_lines(kept).encode())
    return kept
