"""The warm parent: a process with everything imported, which forks one confined child a request.

It is started by `guard` with `-m`, speaks over one inherited socket and ends when that closes, taking its children
with it. It has one thread and waits for all children at once, so forking is safe and no time-out is missed.
"""

from __future__ import annotations

import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NoReturn

from offchain.errors import ColophonError
from offchain.identity.sandbox.confinement import adopt_orphans, confine, leave_network
from offchain.identity.sandbox.plain import MAX_REQUEST, decode, encode

__all__ = ["Nursery", "main"]

_ANSWER: Final = 3
"""Descriptor of a child's answer; the child has no other beyond standard input, output and error."""

_DESCRIPTORS: Final = 2
_SCRATCH: Final = "colophon-decoding-"
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class _Child:
    """A call in progress: its process, where the verdict goes, until when it may run, and its folder."""

    pid: int
    watch: int
    verdict: socket.socket
    deadline: float
    scratch: Path


class Nursery:
    """Forks children and tells how each ended.

    Args:
        control: packets of one request each, with two descriptors: the answer's memory and the verdict's socket.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._children: dict[int, _Child] = {}
        self._preloads: list[str] = []
        self._calls: Counter[str] = Counter()

    def serve(self) -> None:
        """Run until the control socket closes."""
        while True:
            for key, _ in self._selector.select(self._patience()):
                if key.fileobj is self._control:
                    if not self._accept():
                        self._end()
                        return
                elif key.data in self._children:
                    self._attend(self._children[key.data], ended=isinstance(key.fileobj, int))
            self._enforce()

    def _patience(self) -> float | None:
        if self._preloads and not self._children:
            self._preload()
        deadlines = [child.deadline for child in self._children.values()]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _preload(self) -> None:
        """Import what calls will need, while nobody waits; what cannot be imported fails the call that needs it."""
        while self._preloads and not self._selector.select(0):
            with suppress(ImportError):
                importlib.import_module(self._preloads.pop(0))

    def _accept(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._control, MAX_REQUEST, _DESCRIPTORS)
        if not packet:
            return False
        answer, verdict = descriptors
        try:
            self._fork(decode(packet), answer, socket.socket(fileno=verdict))
        finally:
            os.close(answer)
        return True

    def _fork(self, request: dict[str, Any], answer: int, verdict: socket.socket) -> None:
        module = importlib.import_module(request["module"])
        self._calls[module.__name__] += 1
        if self._calls[module.__name__] == 2:  # one call may be a command's only one; two are a service
            self._preloads += getattr(module, "PRELOAD", ())
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH))
        pid = os.fork()
        if pid == 0:
            _live(module, request, answer, scratch)
        with suppress(OSError):  # either side may be first
            os.setpgid(pid, pid)
        child = _Child(pid, os.pidfd_open(pid), verdict, time.monotonic() + request["wall"], scratch)
        self._children[pid] = child
        self._selector.register(child.watch, selectors.EVENT_READ, pid)
        self._selector.register(verdict, selectors.EVENT_READ, pid)

    def _attend(self, child: _Child, *, ended: bool) -> None:
        if not ended and child.verdict.recv(1):
            return
        self._bury(child, late=False)

    def _enforce(self) -> None:
        now = time.monotonic()
        for child in [each for each in self._children.values() if each.deadline <= now]:
            self._bury(child, late=True)

    def _bury(self, child: _Child, *, late: bool) -> None:
        """End a child and all that came of it, then tell how it ended."""
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(child.watch, signal.SIGKILL)
        _, status, usage = os.wait4(child.pid, 0)
        del self._children[child.pid]
        self._end_orphans()
        shutil.rmtree(child.scratch, ignore_errors=True)
        for watched in (child.watch, child.verdict):
            self._selector.unregister(watched)
        os.close(child.watch)
        told = {
            "status": os.waitstatus_to_exitcode(status),
            "late": late,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss * 1024,
        }
        with child.verdict, suppress(OSError):  # the caller may have left
            child.verdict.send(json.dumps(told).encode(), socket.MSG_DONTWAIT)

    def _end_orphans(self) -> None:
        """End what a child started and left behind; such processes become ours when their parent ends."""
        while orphans := _our_children() - self._children.keys():
            for pid in orphans:
                with suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)

    def _end(self) -> None:
        for child in list(self._children.values()):
            self._bury(child, late=False)


def _our_children() -> set[int]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(map(int, path.read_text().split())) if path.exists() else set()


def _sweep() -> None:
    """Remove what nurseries that were killed left more than a day ago; no call takes so long."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        with suppress(OSError):
            if folder.stat().st_mtime < time.time() - _DAY:
                shutil.rmtree(folder, ignore_errors=True)


def _live(module: ModuleType, request: dict[str, Any], answer: int, scratch: Path) -> NoReturn:
    """The whole life of a child."""
    try:
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.dup2(answer, _ANSWER)
        os.closerange(_ANSWER + 1, os.sysconf("SC_OPEN_MAX"))
        os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
        arguments = request["arguments"]
        read = [argument for argument in arguments if isinstance(argument, Path)]
        confine(request["memory"], request["seconds"], read, scratch)
        with open(_ANSWER, "wb", closefd=False) as stream:
            stream.write(_outcome(module, request["function"], arguments))
        os._exit(0)
    finally:
        os._exit(1)


def _outcome(module: ModuleType, function: str, arguments: list[Any]) -> bytes:
    try:
        return encode({"value": getattr(module, function)(*arguments)})
    except ColophonError as error:
        facts = {name: value if isinstance(value, int) else str(value) for name, value in error.facts.items()}
        told = {"kind": type(error).__name__, "code": error.code, "message": error.message, "remedy": error.remedy}
        return encode({"refused": {**told, "facts": facts}})
    except MemoryError:
        return encode({"exhausted": "memory"})
    except Exception as error:  # noqa: BLE001 - the child's outermost line: nobody else would hear of it
        return encode({"failed": f"{type(error).__name__}: {error}"[:500]})


def main() -> None:
    """Serve the socket whose descriptor is the only argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us decides when we end, by closing the socket
    adopt_orphans()
    leave_network()
    _sweep()
    with socket.socket(fileno=int(sys.argv[1])) as control:
        Nursery(control).serve()


if __name__ == "__main__":
    main()
