"""The identity benchmark on larger collections than packages ship: `python -m tests.bench.identity.campaign`.

    --images DIR …      photographs and drawings, one row set a folder (Debian: mate-backgrounds, gnome-backgrounds, …)
    --tuning DIR … --texts DIR …    books; peers' thresholds are set on the first, all are measured on the others
    --music DIR …       music (Debian: wesnoth-1.16-music, warzone2100-music, …); --speeds N pieces at ±3.5 % speed
    --photographs DIR … --footage DIR …     pictures to pan over, and films

What is named is measured; its rows take the place of those of the same name in campaign.json, and the others stay, each
with the commit that it was measured at. An interrupted run of music or films goes on where it was; with `--sum-up` it
measures no more copies, and tells what the interrupted run has got.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.bench.identity import audio, image, text, video
from tests.bench.identity.__main__ import CAMPAIGN, PACKAGES
from tests.bench.identity.progress import Progress
from tests.bench.report import Row, described, shown

KEPT: Final = Path(__file__).resolve().parents[3] / "build" / "campaign"


def measured(asked: argparse.Namespace) -> Iterator[tuple[str, Row]]:
    """Part and row, as they come."""
    for folder in asked.images:
        for row in image.rows_of(f"image: {folder.name}", image.distinct(folder, asked.most)):
            yield "image", row
    if asked.texts:
        for row in text.rows(asked.tuning, asked.texts):
            yield "text", row
    if asked.music:
        progress = Progress(KEPT / "audio", audio.CODE, sums_up=asked.sum_up)
        for row in audio.rows(asked.music, asked.most, asked.negatives, asked.speeds, progress):
            yield "audio", row
    if asked.photographs:
        progress = Progress(KEPT / "video", video.CODE, sums_up=asked.sum_up)
        for row in video.rows(asked.photographs, asked.footage, asked.most, progress):
            yield "video", row


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.identity.campaign")
    for name in ("images", "tuning", "texts", "music", "photographs", "footage"):
        parser.add_argument(f"--{name}", nargs="*", type=Path, default=[])
    parser.add_argument("--most", type=int, default=40, help="works of each collection")
    parser.add_argument("--negatives", type=int, default=24, help="other works that each copy is compared with")
    parser.add_argument("--speeds", type=int, default=0, help="pieces of music at ±3.5 %% speed, if more than --most")
    parser.add_argument("--sum-up", action="store_true", help="what an interrupted run has measured")
    told: list[dict[str, object]] = []
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    for part, row in measured(parser.parse_args(arguments)):
        told.append({"part": part, "commit": commit.stdout.strip(), **row})
        print(shown(row), flush=True)
    before = json.loads(CAMPAIGN.read_text()) if CAMPAIGN.exists() else {"rows": []}
    replaced = {row["name"] for row in told}
    kept = [{"commit": before["commit"], **row} for row in before["rows"] if row["name"] not in replaced]
    report = {**described(PACKAGES), "commit": commit.stdout.strip(), "rows": [*kept, *told]}
    CAMPAIGN.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
