"""Slither over the contracts, and its findings against the answers in docs/SECURITY.md: `make slither`.

Prints a table by detector, writes all findings to build/slither.json, and exits 1 when a finding has no answer, or an
answer no finding. An answer belongs to a detector and a place (contract, function, variable), never to a line.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from offchain.errors import ColophonError, UnavailableError
from scripts.coverage import SCOPE
from scripts.localnet import ROOT
from scripts.solc import VERSION, solc_folder

__all__ = ["Finding", "answers", "compiler_input", "findings", "main", "place"]

ANSWERS: Final = ROOT / "docs" / "SECURITY.md"
REPORT: Final = ROOT / "build" / "slither.json"
_PROGRAM: Final = ROOT / ".venv-tools" / "bin" / "slither"
_LEFT_TO_SOLHINT: Final = "naming-convention,pragma,solc-version"
"""Names, where Slither would have immutables in mixedCase, and compiler versions, where it judges our libraries."""

_HEADING: Final = "## Slither findings, answered"
_ROW: Final = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| *(\S.*?) *\|$")
_IMPACTS: Final = ("High", "Medium", "Low", "Informational", "Optimization")
_SECONDS: Final = 600


class Finding(NamedTuple):
    """What Slither says about one place.

    Attributes:
        detector: its name in Slither.
        place: as `place` writes it.
        impact: one of Slither's five words.
        text: Slither's description.
    """

    detector: str
    place: str
    impact: str
    text: str


def main() -> int:
    """Run Slither and compare; the exit status."""
    try:
        report = _run(compiler_input(ROOT))
    except ColophonError as error:
        print(f"error: {error.message} ({error.code})\n  remedy  {error.remedy}", file=sys.stderr)
        return error.exit_code
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    found, answered = findings(report), answers(ANSWERS.read_text())
    unanswered = [finding for finding in found if (finding.detector, finding.place) not in answered]
    stale = sorted(answered - {(finding.detector, finding.place) for finding in found})
    print(_table(found, unanswered))
    for finding in unanswered:
        print(f"\nnot answered: | `{finding.detector}` | `{finding.place}` | … |  ({finding.impact})\n{finding.text}")
    for detector, where in stale:
        print(f"\nanswers nothing: {detector} at {where}")
    if unanswered or stale:
        print(
            f"\nerror: {len(unanswered)} findings without answer, {len(stale)} answers without finding", file=sys.stderr
        )
        print(f'  remedy  mend the contract, or the table "{_HEADING[3:]}" of docs/SECURITY.md', file=sys.stderr)
    return 1 if unanswered or stale else 0


def compiler_input(root: Path) -> dict[str, Any]:
    """Standard JSON for solc: our sources under the settings of brownie-config.yaml."""
    settings = yaml.safe_load((root / "brownie-config.yaml").read_text())["compiler"]
    sources = (path for folder in SCOPE for path in sorted((root / folder).glob("**/*.sol")))
    return {
        "language": "Solidity",
        "sources": {name: {"urls": [name]} for name in (str(path.relative_to(root)) for path in sources)},
        "settings": {
            "evmVersion": settings["evm_version"],
            "optimizer": settings["solc"]["optimizer"],
            "remappings": settings["solc"]["remappings"],
        },
    }


def findings(report: dict[str, Any]) -> list[Finding]:
    """What Slither found in our own sources, gravest first."""
    found = {
        Finding(each["check"], place(each["elements"][0]), each["impact"], each["description"].strip())
        for each in report["results"].get("detectors", [])
        if each["elements"][0]["source_mapping"]["filename_relative"].startswith(SCOPE)
    }
    return sorted(found, key=lambda finding: (_IMPACTS.index(finding.impact), finding))


def place(element: dict[str, Any]) -> str:
    """Contract, function and variable of one of Slither's elements, e.g. `OfferBook._makeOffer`; no statement."""
    names: list[str] = []
    inner: dict[str, Any] | None = element
    while inner is not None:
        if inner["type"] != "node":
            names.insert(0, inner["name"])
        inner = inner.get("type_specific_fields", {}).get("parent")
    return ".".join(names)


def answers(text: str) -> set[tuple[str, str]]:
    """(detector, place) of each row of the table of answers; a row without a reason is none."""
    _, _, section = text.partition(_HEADING)
    rows = map(_ROW.match, section.partition("\n## ")[0].splitlines())
    return {(row[1], row[2]) for row in rows if row and row[3] != "…"}


def _run(source: dict[str, Any]) -> dict[str, Any]:
    if not _PROGRAM.exists():
        raise UnavailableError("toolchain-missing", "Slither is not installed", "run make slither")
    target = REPORT.with_name("slither-input.json")
    target.write_text(json.dumps(source))
    solc = solc_folder() / f"solc-v{VERSION}"
    words: list[str | Path] = [
        target,
        "--compile-force-framework",
        "solc-json",
        "--solc",
        solc,
        "--exclude",
        _LEFT_TO_SOLHINT,
        "--json",
        "-",
    ]
    # Slither's status tells of findings; whether it worked stands in its answer.
    done = subprocess.run([_PROGRAM, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=_SECONDS)
    report: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {"success": False}
    if not report["success"]:
        said = (report.get("error") or done.stderr)[-2000:]
        raise UnavailableError("slither-failed", f"Slither gave up: {said}", "make build, then make slither")
    return report


def _table(found: Iterable[Finding], unanswered: Sequence[Finding]) -> str:
    kinds = Counter((finding.impact, finding.detector) for finding in found)
    still = Counter((finding.impact, finding.detector) for finding in unanswered)
    rows = [(*kind, kinds[kind], kinds[kind] - still[kind]) for kind in kinds]
    rows.sort(key=lambda row: (_IMPACTS.index(row[0]), row))
    rows += [("total", "", kinds.total(), kinds.total() - still.total())]
    lines = [f"{impact:<15}{detector:<26}{count:>6}{done:>10}" for impact, detector, count, done in rows]
    return "\n".join([f"{'impact':<15}{'detector':<26}{'found':>6}{'answered':>10}", *lines])


if __name__ == "__main__":
    sys.exit(main())
