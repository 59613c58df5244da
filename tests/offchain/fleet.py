"""API processes and workers over one PostgreSQL: the commands that operators run, as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from scripts.processes import free_port

__all__ = ["Fleet", "fleet"]

_ROOT = Path(__file__).resolve().parents[2]
_START = 90.0


@dataclass(frozen=True)
class Fleet:
    """What runs.

    Attributes:
        urls: of the API processes, in order.
        processes: by name: `api 1`, …, `worker 1`, ….
    """

    urls: tuple[str, ...]
    processes: Mapping[str, subprocess.Popen[bytes]]

    def end(self, timeout: float = 30.0) -> float:
        """Tell all to end, by SIGTERM; seconds until the last one has."""
        begun = time.monotonic()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(timeout)
        return time.monotonic() - begun


@contextmanager
def fleet(environ: Mapping[str, str], folder: Path, apis: int = 2, workers: int = 2) -> Iterator[Fleet]:
    """Start all of them and wait until they answer; killed with the block if they still run.

    Args:
        environ: settings; the API's processes leave all work to the workers.
        folder: for what each writes, in `NAME.log`.
        apis: processes that serve the API, each at a port of its own.
        workers: processes that work.
    """
    ports = [free_port() for _ in range(apis)]
    commands = {f"api {number}": ["serve", "--port", str(port)] for number, port in enumerate(ports, 1)}
    commands |= {f"worker {number}": ["worker"] for number in range(1, workers + 1)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COLOPHON_")}
    processes: dict[str, subprocess.Popen[bytes]] = {}
    with ExitStack() as stack:
        for name, command in commands.items():
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            processes[name] = subprocess.Popen(
                [sys.executable, "-m", "offchain.cli", *command],
                cwd=_ROOT,
                env={**kept, **environ, "COLOPHON_WORKERS": "none"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            stack.callback(processes[name].wait)
            stack.callback(processes[name].kill)
        started = Fleet(tuple(f"http://127.0.0.1:{port}" for port in ports), processes)
        _await(started, folder)
        yield started


def _await(started: Fleet, folder: Path) -> None:
    deadline, waiting = time.monotonic() + _START, list(started.processes)
    while waiting:
        assert time.monotonic() < deadline, f"{waiting[0]} did not start"
        for name in waiting:
            assert started.processes[name].poll() is None, (folder / f"{name}.log").read_text()
        waiting = [name for name in waiting if not _answers(name, started, folder)]
        time.sleep(0.1)


def _answers(name: str, started: Fleet, folder: Path) -> bool:
    kind, number = name.split()
    if kind == "worker":
        return b"working\n" in (folder / f"{name}.log").read_bytes()
    try:
        return httpx.get(f"{started.urls[int(number) - 1]}/healthz", timeout=5).is_success
    except httpx.TransportError:
        return False
