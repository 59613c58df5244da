"""The main job, whole: `python -m scripts.demo` on a chain, an IPFS node and a store of its own."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
LIMIT_SECONDS = 300


def test_demo__whole_story__all_four_checks_hold_and_nothing_is_left():
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert done.stdout.count("✔") == 4
    assert "all four checks hold" in done.stdout
