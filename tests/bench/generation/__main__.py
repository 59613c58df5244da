"""Generated works: speed, quality, marks and reproduction: `make bench-generation`, `make campaign-generation`.

    python -m tests.bench.generation [--campaign] [PART ...]

Prints a table and writes build/bench/generation.json. With --campaign the parts measure at length, and their rows take
the place of those of the same name in campaign.json, each with the commit that it was measured at; the others stay.
Without it, what the campaign last found is shown at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Final, TypeAlias

from tests.bench.report import Row, described, publish, shown

PARTS: Final = (
    "text",
    "gpu",
    "music",
    "image",
    "watermark",
    "watermark_cost",
    "watermark_alarms",
    "replay",
    "reproduction_text",
    "reproduction_music",
    "attribution",
)
PACKAGES: Final = ("torch", "transformers", "numpy", "numba", "scipy", "Pillow")
CAMPAIGN: Final = Path(__file__).with_name("campaign.json")

Missing: TypeAlias = list[dict[str, str]]
Part: TypeAlias = Callable[[Missing, bool], Iterator[Row]]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.generation", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--campaign", action="store_true", help="measure at length, and keep the rows")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    missing: Missing = []
    rows = list(measured(asked.parts or PARTS, missing, campaign=asked.campaign))
    for lack in missing:
        print(f"not measured: {lack['name']}: {lack['why']}")
    if asked.campaign:
        print(f"kept in {keep(rows)}")
        return 0
    show_campaign()
    print(f"written to {publish('generation', rows, PACKAGES, missing)}")
    return 0


def measured(parts: tuple[str, ...] | list[str], missing: Missing, *, campaign: bool) -> Iterator[Row]:
    """The rows of each part, shown as they come."""
    for part in parts:
        begun, spent = time.monotonic(), time.process_time()
        print(f"== {part}", flush=True)
        rows: Part = import_module(f"tests.bench.generation.{part}").rows
        for row in rows(missing, campaign):
            print(shown(row), flush=True)
            yield {"part": part, **row}
        took, used = time.monotonic() - begun, time.process_time() - spent
        print(f"   {took:.0f} s, of these {used:.0f} CPU s in this process", file=sys.stderr)


def keep(rows: list[Row]) -> Path:
    """Put rows into the committed campaign in place of those of the same name."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    told = [{"commit": found.stdout.strip(), **row} for row in rows]
    names = {row["name"] for row in told}
    before = json.loads(CAMPAIGN.read_text())["rows"] if CAMPAIGN.exists() else []
    report = {**described(PACKAGES), "rows": [*(row for row in before if row["name"] not in names), *told]}
    CAMPAIGN.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return CAMPAIGN


def show_campaign() -> None:
    """What the last campaign found."""
    if CAMPAIGN.exists():
        told = json.loads(CAMPAIGN.read_text())
        print(f"\nthe campaign ({told['machine']['system']}):")
        for row in told["rows"]:
            print(f"{shown(row)}  at {row['commit']}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
