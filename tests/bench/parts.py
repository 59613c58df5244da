"""Benchmarks of many parts: each gives rows, a campaign keeps what takes long."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from tests.bench.report import Row, described, publish, shown
from tests.offchain.databases import KINDS

__all__ = ["Bench", "Missing", "Part", "databases"]

Missing: TypeAlias = list[dict[str, str]]
Part: TypeAlias = Callable[[Missing, bool], Iterator[Row]]


def databases(missing: Missing, what: str) -> list[str]:
    """Databases at hand; PostgreSQL is noted as missing where no server is named."""
    if "postgresql" not in KINDS:
        missing.append({"name": f"{what}, postgresql", "why": "COLOPHON_TEST_POSTGRES_URL is not set"})
    return KINDS


@dataclass(frozen=True)
class Bench:
    """A package of parts, each a module with `rows(missing, campaign)`.

    Attributes:
        name: of the package below tests/bench, and of the report.
        parts: measured by default, in order.
        packages: whose versions the report tells.
        about: first line of the package's own docstring.
        longer: parts that only a campaign has.
    """

    name: str
    parts: Sequence[str]
    packages: Sequence[str]
    about: str
    longer: Sequence[str] = ()

    @property
    def campaign(self) -> Path:
        """Where a campaign's rows are kept."""
        return Path(__file__).parent / self.name / "campaign.json"

    def main(self, arguments: Sequence[str]) -> int:
        """Run what the command line asks for; the exit status."""
        known = [*self.parts, *self.longer]
        parser = argparse.ArgumentParser(prog=f"python -m tests.bench.{self.name}", description=self.about)
        parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(known)}; all by default")
        parser.add_argument("--campaign", action="store_true", help="measure at length, and keep the rows")
        asked = parser.parse_args(arguments)
        if unknown := set(asked.parts) - set(known):
            parser.error(f"there is no part {', '.join(sorted(unknown))}")
        missing: Missing = []
        parts = asked.parts or (self.longer if asked.campaign and self.longer else self.parts)
        rows = list(self._measured(parts, missing, campaign=asked.campaign))
        for lack in missing:
            print(f"not measured: {lack['name']}: {lack['why']}")
        if asked.campaign:
            print(f"kept in {self._keep(rows)}")
            return 0
        self._show_campaign()
        print(f"written to {publish(self.name, rows, self.packages, missing)}")
        return 0

    def _measured(self, parts: Sequence[str], missing: Missing, *, campaign: bool) -> Iterator[Row]:
        """The rows of each part, shown as they come."""
        for part in parts:
            begun, spent = time.monotonic(), time.process_time()
            print(f"== {part}", flush=True)
            rows: Part = import_module(f"tests.bench.{self.name}.{part}").rows
            for row in rows(missing, campaign):
                print(shown(row), flush=True)
                yield {"part": part, **row}
            took, used = time.monotonic() - begun, time.process_time() - spent
            print(f"   {took:.0f} s, of these {used:.0f} CPU s in this process", file=sys.stderr)

    def _keep(self, rows: list[Row]) -> Path:
        """Put rows into the committed campaign in place of those of the same name."""
        found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
        told = [{"commit": found.stdout.strip(), **row} for row in rows]
        names = {row["name"] for row in told}
        before = json.loads(self.campaign.read_text())["rows"] if self.campaign.exists() else []
        report = {**described(self.packages), "rows": [*(row for row in before if row["name"] not in names), *told]}
        self.campaign.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        return self.campaign

    def _show_campaign(self) -> None:
        """What the last campaign found."""
        if self.campaign.exists():
            told = json.loads(self.campaign.read_text())
            print(f"\nthe campaign ({told['machine']['system']}):")
            for row in told["rows"]:
                print(f"{shown(row)}  at {row['commit']}")
