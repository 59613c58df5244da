"""Branch coverage of the contracts by their own suite: `make coverage`.

The suite runs on Anvil, behind a proxy that notes which way each conditional jump went, with the contracts compiled
without the optimizer so that every jump keeps its place in the source. Prints a table, writes build/coverage.json, and
exits 1 below `THRESHOLD` or when a test fails.

    python -m scripts.coverage [PATH …]
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from offchain.errors import ColophonError
from scripts.branches import FELL, JUMPED, Code, Place, Point, branch_points, codes
from scripts.localnet import ROOT, local_chain
from scripts.private_brownie import run_brownie
from scripts.processes import terminated_like_interrupted
from scripts.recorder import Jumps, recording

__all__ = ["OPTIMIZED_ONLY", "THRESHOLD", "UNOPTIMIZED", "Row", "main", "prepare", "sides_taken", "table"]

THRESHOLD: Final = 95.0
"""Per cent of all sides of all branch points that the suite must take."""

SCOPE: Final = ("contracts/core/", "contracts/modules/", "contracts/libraries/")
UNOPTIMIZED: Final = {"enabled": False, "runs": 0, "details": {"peephole": False, "jumpdestRemover": False}}
"""Even without the optimizer solc turns some jumps round, `if (…) break;` for one, unless it is told not to."""

PROJECT: Final = ROOT / "build" / "coverage"
REPORT: Final = ROOT / "build" / "coverage.json"
_LINKED: Final = ("contracts", "tests", "scripts", "offchain", "node_modules", "docs", "README.md")
_SUITE: Final = tuple(f"tests/contracts/{name}" for name in ("unit", "integration", "stateful"))
"""Tests that run on the chain; the reference models have an EVM of their own."""
OPTIMIZED_ONLY: Final = "optimized_only"
"""Mark of tests whose words about gas and size are true of optimized code only."""

_OPTIONS: Final = ("--network", "ganache-cli", "-q", "-m", f"not {OPTIMIZED_ONLY}")


class Row(NamedTuple):
    """Coverage of one contract or library.

    Attributes:
        name: of the contract.
        taken: sides that some test took.
        total: sides that there are, two for each branch point.
        missed: what no test did: "path:line  never true|never false|never run".
    """

    name: str
    taken: int
    total: int
    missed: list[str]


def main(paths: Sequence[str]) -> int:
    """Run the suite, or the tests at these paths, and report; the exit status."""
    try:
        with terminated_like_interrupted():
            prepare(ROOT, PROJECT)
            with local_chain(node="anvil", any_code_size=True) as node, recording(node) as recorder:
                status = run_brownie(["test", *(paths or _SUITE), *_OPTIONS], recorder.url, project=PROJECT)
    except ColophonError as error:
        print(f"error: {error.message} ({error.code})\n  remedy  {error.remedy}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    rows = _rows(recorder.jumps)
    percent = _percent(rows)
    print(_printed(rows))
    print(f"traced: {', '.join(f'{count} {method}' for method, count in sorted(recorder.traced.items()))}")
    REPORT.write_text(json.dumps({"percent": percent, "contracts": [row._asdict() for row in rows]}, indent=2) + "\n")
    if status != 0:
        print("error: not every test passed (tests-failed)\n  remedy  make test-contracts CHAIN=anvil", file=sys.stderr)
    elif percent < THRESHOLD:
        print(f"error: {percent:.1f} % is below {THRESHOLD:g} % (coverage-low)", file=sys.stderr)
        print("  remedy  test what the table names as missed", file=sys.stderr)
    return 0 if status == 0 and percent >= THRESHOLD else 1


def prepare(root: Path, project: Path) -> None:
    """Make a Brownie project of the same sources and tests, whose settings differ in the optimizer alone."""
    project.mkdir(parents=True, exist_ok=True)
    for name in _LINKED:
        link = project / name
        link.unlink(missing_ok=True)
        link.symlink_to(root / name)
    settings = yaml.safe_load((root / "brownie-config.yaml").read_text())
    settings["compiler"]["solc"]["optimizer"] = UNOPTIMIZED
    (project / "brownie-config.yaml").write_text(yaml.safe_dump(settings))


def sides_taken(compiled: Iterable[Code], jumps: Mapping[bytes, Jumps]) -> dict[Place, int]:
    """Sides that were taken at each place, as bits, wherever its code stands: in heirs, callers and constructors."""
    taken: dict[Place, int] = defaultdict(int)
    for each in compiled:
        for run, sides in jumps.items():
            if each.runs_as(run):
                for counter, place in each.branches.items():
                    taken[place] |= sides.get(counter, 0)
    return taken


def table(points: Mapping[Place, Point], taken: Mapping[Place, int], line: Callable[[Place], int]) -> list[Row]:
    """One row for each owner of branch points, by name; `line` gives the number of a place's first line."""
    rows: dict[str, Row] = {}
    for place, point in sorted(points.items()):
        sides = taken.get(place, 0)
        row = rows.get(point.owner, Row(point.owner, 0, 0, []))
        missed = {FELL | JUMPED: [], 0: ["never run"]}.get(
            sides, ["never false" if sides == point.true_side else "never true"]
        )
        missed = [f"{place.path}:{line(place)}  {what}" for what in missed]
        rows[point.owner] = Row(row.name, row.taken + sides.bit_count(), row.total + 2, row.missed + missed)
    return [rows[name] for name in sorted(rows)]


def _rows(jumps: Mapping[bytes, Jumps]) -> list[Row]:
    artifacts = [json.loads(path.read_text()) for path in (PROJECT / "build" / "contracts").glob("*.json")]
    points: dict[Place, Point] = {}
    for artifact in artifacts:
        if artifact["sourcePath"].startswith(SCOPE):
            points |= branch_points(artifact)
    compiled = [code for artifact in artifacts for code in codes(artifact, points)]

    def line(place: Place) -> int:
        return (ROOT / place.path).read_bytes()[: place.start].count(b"\n") + 1

    return table(points, sides_taken(compiled, jumps), line)


def _percent(rows: Sequence[Row]) -> float:
    total = sum(row.total for row in rows)
    return 100 * sum(row.taken for row in rows) / total if total else 0.0


def _printed(rows: Sequence[Row]) -> str:
    lines = [f"{'contract':<24}{'sides':>7}{'taken':>7}{'%':>8}"]
    whole = Row("total", sum(row.taken for row in rows), sum(row.total for row in rows), [])
    lines += [f"{row.name:<24}{row.total:>7}{row.taken:>7}{_percent([row]):>8.1f}" for row in (*rows, whole)]
    missed = [each for row in rows for each in row.missed]
    return "\n".join(["", *lines, "", *(["missed:", *(f"  {each}" for each in missed), ""] if missed else [])])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
