"""A worker that dies by SIGKILL after a given step: `python -m tests.offchain.crew_worker [STEP]`.

Otherwise it is `colophon worker`. It notes each step that it begins and ends in `$COLOPHON_HOME/steps`, one line each.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dbos import DBOS

from offchain.cli.working import worker
from offchain.workflows import steps as steps_module

T = TypeVar("T")


def main() -> None:
    _watch(Path(os.environ["COLOPHON_HOME"]) / "steps", sys.argv[1] if len(sys.argv) > 1 else "-")
    worker(queues=None)


def _watch(log: Path, fatal: str) -> None:
    patiently = steps_module._patiently

    def watched(name: str, action: Callable[[], T]) -> T:
        _note(log, f"{time.time_ns()} {os.getpid()} begin {DBOS.workflow_id} {name}")
        result = patiently(name, action)
        if name == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        _note(log, f"{time.time_ns()} {os.getpid()} end {DBOS.workflow_id} {name}")
        return result

    steps_module._patiently = watched


def _note(log: Path, line: str) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, line.encode() + b"\n")
    os.close(handle)


if __name__ == "__main__":
    main()
