"""Rows of the identity benchmarks that several media share."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Any

from tests.bench.identity.statistics import clopper_pearson, wilson

__all__ = ["cost_row", "cpu", "error_row", "share_row"]


def share_row(name: str, hits: int, count: int, goal: float, references: dict[str, float]) -> dict[str, Any]:
    """Percent of `count` copies that were recognised, with Wilson's interval."""
    return {
        "name": name,
        "value": round(100 * hits / count, 1),
        "unit": "% recognised",
        "better": "higher",
        "goal": goal,
        "interval": [round(100 * end, 1) for end in wilson(hits, count)],
        "samples": count,
        "references": references,
    }


def error_row(name: str, wrong: int, count: int, share: float) -> dict[str, Any]:
    """Unrelated pairs taken for related ones, with Clopper and Pearson's interval of their share."""
    return {
        "name": name,
        "value": wrong,
        "unit": f"of {count} pairs",
        "better": "lower",
        "goal": int(share * count),
        "interval": list(clopper_pearson(wrong, count)),
    }


def cost_row(name: str, value: float, unit: str) -> dict[str, Any]:
    """What something takes."""
    return {"name": name, "value": round(value, 3), "unit": unit, "better": "lower"}


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds that `work` takes, those of children included."""

    def now() -> float:
        return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])

    before = now()
    work()
    return now() - before
