"""`make down`: ends the stack that `make up` started, and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

import psutil

from offchain.config import home_path
from scripts.up import RUN_FILE

__all__ = ["main", "stack_process"]

_END_SECONDS: Final = 30


def stack_process(run_file: Path) -> psutil.Process | None:
    """The process that the run file names, if it still is a `make up`; numbers are given away again."""
    try:
        process = psutil.Process(int(json.loads(run_file.read_text())["pid"]))
        return process if "scripts.up" in process.cmdline() else None
    except (FileNotFoundError, psutil.NoSuchProcess):
        return None


def main() -> int:
    """End it and wait until it is gone; the exit status."""
    run_file = home_path() / RUN_FILE
    process = stack_process(run_file)
    if process is None:
        run_file.unlink(missing_ok=True)
        print("nothing to stop")
        return 0
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except psutil.TimeoutExpired:
        print(
            f"error: process {process.pid} did not end (stack-stays)\n  remedy  kill -9 {process.pid}", file=sys.stderr
        )
        return 6
    print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
