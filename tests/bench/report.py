"""How every benchmark ends: a table for the reader, and one JSON for the next program."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

__all__ = ["FOLDER", "Row", "described", "publish", "shown"]

FOLDER: Final = Path(__file__).resolve().parents[2] / "build" / "bench"
"""Where results lie, one file a benchmark."""

Row = Mapping[str, Any]


def shown(row: Row) -> str:
    """One row of the table: name, value, unit, interval, goal, and what peers reach."""
    value, goal, interval = row["value"], row.get("goal"), row.get("interval")
    cells = [f"{row['name']:<64} {'–' if value is None else format(value, ','):>12} {row['unit']}"]
    cells += [] if interval is None else [f"[{interval[0]:.4g}, {interval[1]:.4g}]"]
    cells += [] if goal is None else [f"goal {goal:,}"]
    cells += [f"{peer} {figure}" for peer, figure in (row.get("references") or {}).items()]
    return "  ".join(cells)


def described(packages: Iterable[str]) -> dict[str, Any]:
    """The machine, and the versions of what was measured and what it was measured with."""
    versions = {"python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {"machine": {"system": platform.platform(), "cpus": os.cpu_count()}, "versions": versions}


def publish(
    name: str, rows: Sequence[Row], packages: Iterable[str], not_measured: Sequence[Mapping[str, str]] = ()
) -> Path:
    """Write `build/bench/NAME.json`; returns its path."""
    path = FOLDER / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {**described(packages), "rows": list(rows), "not_measured": list(not_measured)}
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return path
