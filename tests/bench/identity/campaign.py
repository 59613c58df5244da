"""The identity benchmark on larger collections than packages ship: `python -m tests.bench.identity.campaign`.

    --images DIR …      photographs and drawings, one row set a folder (Debian: mate-backgrounds, gnome-backgrounds, …)
    --tuning DIR --texts DIR …      *.txt; peers' thresholds are set on the first, all are measured on the others
    --music DIR …       music (Debian: wesnoth-1.16-music, warzone2100-music)
    --photographs DIR … --footage DIR …     pictures to pan over, and films

What is named is measured and takes the place of its rows in campaign.json; the other rows stay.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.identity import audio, image, text, video
from tests.bench.identity.__main__ import CAMPAIGN, PACKAGES
from tests.bench.report import Row, described, shown


def measured(asked: argparse.Namespace) -> Iterator[tuple[str, Row]]:
    """Part and row, as they come."""
    for folder in asked.images:
        for row in image.rows_of(f"image: {folder.name}", image.distinct(folder, asked.most)):
            yield "image", row
    if asked.texts:
        for row in text.rows(asked.tuning, asked.texts):
            yield "text", row
    if asked.music:
        for row in audio.rows(asked.music, asked.most, asked.negatives):
            yield "audio", row
    if asked.photographs:
        for row in video.rows(asked.photographs, asked.footage, asked.most):
            yield "video", row


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.identity.campaign")
    for name in ("images", "tuning", "texts", "music", "photographs", "footage"):
        parser.add_argument(f"--{name}", nargs="*", type=Path, default=[])
    parser.add_argument("--most", type=int, default=40, help="works of each collection")
    parser.add_argument("--negatives", type=int, default=24, help="other works that each copy is compared with")
    rows: dict[str, list[Row]] = {}
    for part, row in measured(parser.parse_args(arguments)):
        rows.setdefault(part, []).append(row)
        print(shown(row), flush=True)
    before = json.loads(CAMPAIGN.read_text())["rows"] if CAMPAIGN.exists() else []
    kept = [row for row in before if row["part"] not in rows]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    told = [{"part": part, **row} for part, found in rows.items() for row in found]
    report = {**described(PACKAGES), "commit": commit.stdout.strip(), "rows": [*kept, *told]}
    CAMPAIGN.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
