"""Known holes in what we install: `make audit`, Python by pip-audit, Node by `npm audit`.

Exit 1 when an advisory stands against a pinned version, 6 when somebody could not be asked: silence is no clean bill.
pip-audit itself ends with 0 where the advisory service knows no package at all, as behind a mirror; here that counts as
not asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

__all__ = ["Audit", "main", "of_npm", "of_pip"]

ROOT: Final = Path(__file__).resolve().parents[1]
_SECONDS: Final = 600
_PIP: Final = (
    ".venv-tools/bin/pip-audit", "-r", "requirements.txt", "--no-deps", "--disable-pip", "--progress-spinner", "off",
    "--format", "json",
)  # fmt: skip
_NPM: Final = ("npm", "audit", "--json")

_REMEDY: Final = "run make audit where pypi.org and registry.npmjs.org themselves answer, not a mirror of their files"


class Audit(NamedTuple):
    """What one audit found.

    Attributes:
        asked: packages that advisories were looked up for.
        unasked: packages of which nobody could say anything.
        found: one line for each advisory.
    """

    asked: int
    unasked: int
    found: list[str]


def of_pip(report: dict[str, Any]) -> Audit:
    """Of `pip-audit --format json`."""
    told = report["dependencies"]
    asked = [each for each in told if "skip_reason" not in each]
    found = [
        f"{each['name']} {each['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version'}"
        for each in asked
        for hole in each["vulns"]
    ]
    return Audit(len(asked), len(told) - len(asked), found)


def of_npm(report: dict[str, Any]) -> Audit:
    """Of `npm audit --json`, of version 2; without `metadata` nobody was asked."""
    if "metadata" not in report:
        return Audit(0, 1, [])
    found = [
        f"{name} {each['range']}: {each['severity']}, {'mended' if each['fixAvailable'] else 'not mended'} upstream"
        for name, each in sorted(report["vulnerabilities"].items())
    ]
    return Audit(int(report["metadata"]["dependencies"]["total"]), 0, found)


def main(run: Callable[[Sequence[str]], str] | None = None) -> int:
    """Audit both; the exit status."""
    ask = run or _output
    audits = {"Python": of_pip(_report(ask(_PIP), "dependencies")), "Node": of_npm(_report(ask(_NPM), "metadata"))}
    for name, audit in audits.items():
        print(f"{name}: {audit.asked} packages asked about, {len(audit.found)} advisories")
        for line in audit.found:
            print(f"  {line}")
        if audit.unasked:
            print(f"error: {name}'s advisories do not answer (advisories-unreachable)", file=sys.stderr)
            print(f"  remedy  {_REMEDY}", file=sys.stderr)
    if any(audit.found for audit in audits.values()):
        return 1
    return 6 if any(audit.unasked for audit in audits.values()) else 0


def _report(output: str, member: str) -> dict[str, Any]:
    """A tool's report; an empty one of nobody asked where it is none."""
    try:
        found = json.loads(output)
    except ValueError:
        found = {}
    if isinstance(found, dict) and member in found:
        return found
    return {"dependencies": [{"skip_reason": "the tool gave no report"}]} if member == "dependencies" else {}


def _output(command: Sequence[str]) -> str:
    try:
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout


if __name__ == "__main__":
    sys.exit(main())
