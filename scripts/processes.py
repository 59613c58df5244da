"""Child processes that never outlive us: started, waited for until ready, ended.

A process is ready when it says so in its own output, so nobody can mistake another program on the same port for it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from offchain.errors import UnavailableError

__all__ = ["LOOPBACK", "Running", "free_port", "port_is_free", "running", "terminated_like_interrupted", "tied_to_us"]

LOOPBACK: Final = "127.0.0.1"
_STOP_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05


class Running(NamedTuple):
    """A child process that said it is ready.

    Attributes:
        process: the child; leader of its own process group.
        log: its standard output and error, together.
    """

    process: subprocess.Popen[bytes]
    log: Path


def free_port() -> int:
    """A TCP port of loopback on which nobody listens now; another program may still take it first."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


@contextmanager
def running(
    command: Sequence[str | Path], ready: str, *, environ: Mapping[str, str] | None = None, seconds: float = 60
) -> Iterator[Running]:
    """Run a server until the block ends.

    The child ends with the thread that entered the block, even when that is killed, where the machine has `setpriv`.

    Args:
        command: program and arguments.
        ready: text that the child writes once it serves.
        environ: variables beside this process's own; `TMPDIR` is always a private folder, removed at the end.
        seconds: how long the child may take to become ready.

    Raises:
        UnavailableError: the child ended or stayed silent; carries the end of its output.
    """
    with tempfile.TemporaryDirectory(prefix="colophon-", ignore_cleanup_errors=True) as name:
        log = Path(name) / "log"
        with log.open("wb") as output:
            child = subprocess.Popen(
                [*tied_to_us(), *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environ or {}), "TMPDIR": name},
                start_new_session=True,
            )
        try:
            _wait_until_ready(child, log, ready, seconds)
            yield Running(child, log)
        finally:
            _stop(child)


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """Make SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that every block cleans up. Main thread only."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tied_to_us() -> list[str]:
    """Words before a command that end it together with the thread that starts it; none where `setpriv` is missing."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def _wait_until_ready(child: subprocess.Popen[bytes], log: Path, ready: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while ready not in log.read_text(errors="replace"):
        ended = child.poll() is not None
        if ended or time.monotonic() > deadline:
            raise UnavailableError(
                "process-not-ready",
                f"{_name(child)} {'ended' if ended else f'was not ready after {seconds:g} s'}",
                "read its output below, then run make doctor",
                output=log.read_text(errors="replace")[-2000:].strip(),
            )
        time.sleep(_POLL_SECONDS)


def _name(child: subprocess.Popen[bytes]) -> str:
    words = child.args if isinstance(child.args, list) else [child.args]
    return " ".join(str(word) for word in words)[:200]


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the child's process group: ask, wait, then insist."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
