"""Recognition of edited copies beside its peers, the index, and the marks: `make bench-identity`.

    python -m tests.bench.identity [--full] [PART ...]      parts: image text audio video index search marks

Prints a table and writes build/bench/identity.json. Media are those that packages ship. With `--full` the index is
measured at 10 million codes too. Rates have 95 % intervals: a row over few samples claims little. What the campaign
measured on larger collections stands in tests/bench/identity/campaign.json, and is shown at the end.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from tests.bench.report import Row, publish, shown

PARTS: Final = ("image", "text", "audio", "video", "index", "search", "marks")
PACKAGES: Final = (
    *("iscc-lib", "numpy", "numba", "opencv-python-headless", "Pillow", "imageio-ffmpeg", "scikit-image"),
    *("ImageHash", "pdqhash", "datasketch"),
)
CAMPAIGN: Final = Path(__file__).with_name("campaign.json")


def measured(part: str, *, full: bool) -> Iterable[Row]:
    """Rows of one part as they come."""
    arguments: dict[str, Any] = {"full": full} if part == "index" else {}
    rows: Iterable[Row] = import_module(f"tests.bench.identity.{part}").rows(**arguments)
    return rows


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.identity", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--full", action="store_true", help="the index at 10 million codes too")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    not_measured: list[dict[str, str]] = []
    for part in asked.parts or PARTS:
        begun = time.monotonic()
        print(f"== {part}", flush=True)
        try:
            for row in measured(part, full=asked.full):
                rows.append(row)
                print(shown(row), flush=True)
        except ImportError as error:
            not_measured.append({"name": part, "why": str(error)})
            print(f"not measured: {error}", flush=True)
        print(f"   {time.monotonic() - begun:.0f} s", file=sys.stderr)
    print(f"written to {publish('identity', rows, PACKAGES, not_measured)}")
    if CAMPAIGN.exists():
        told = json.loads(CAMPAIGN.read_text())
        print(f"\nthe campaign ({told['machine']['system']}, commit {told['commit']}):")
        print("\n".join(map(shown, told["rows"])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
