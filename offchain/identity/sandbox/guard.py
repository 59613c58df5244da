"""The caller's side: start the nursery once, send it calls, read what they left."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from offchain.errors import ColophonError, InputError, UnavailableError
from offchain.identity.sandbox.plain import MAX_REQUEST, decode, encode
from offchain.identity.sandbox.turns import Turns

__all__ = ["MAX_ANSWER", "PATIENCE", "Answer", "guarded", "measured"]

MAX_ANSWER: Final = 8 * 2**20
"""Longest answer, in bytes: a damaged or hostile child cannot fill the caller's memory."""

PATIENCE: Final = 4
"""Wall seconds granted for each CPU second: a busy machine may share a core among so many."""

_GRACE: Final = 10.0
_MODULE: Final = "offchain.identity.sandbox.nursery"
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "NUMBA_CACHE_DIR")
_SINGLE_THREADED: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_KINDS: Final = {kind.__name__: kind for kind in (InputError, UnavailableError)}
_TOO_LARGE: Final = "decoding-too-large"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call returned and what it took.

    Attributes:
        value: plain data; a tuple comes back as a list.
        cpu: CPU seconds of the child.
        peak: largest resident set of the child in bytes, pages that it shares with its parent included.
    """

    value: Any
    cpu: float
    peak: int


def guarded(function: Callable[..., object], *arguments: object, memory: int, seconds: float) -> Any:  # noqa: ANN401
    """Call a function in a confined process of its own and return what it returns.

    Args:
        function: importable by its module and name. The module may name in `PRELOAD` what its functions import.
        arguments: plain data (`plain.encode`), at most `MAX_REQUEST` bytes; a `Path` is what the child may read.
        memory: bytes of address space that the call may take.
        seconds: CPU time; of wall time it gets `PATIENCE` times as much.

    Raises:
        InputError: what the function raised, `decoding-too-large` or `decoding-too-long` at a limit, or
            `decoding-failed` where the process crashed or ended with an unforeseen error.
        UnavailableError: what the function raised, `decoder-away`, no process can be started, or `decoder-busy`, too
            many calls run already (`turns`).
    """
    return measured(function, *arguments, memory=memory, seconds=seconds).value


def measured(function: Callable[..., object], *arguments: object, memory: int, seconds: float) -> Answer:
    """As `guarded`, with what the call took."""
    request = {
        "module": function.__module__,
        "function": function.__name__,
        # The nursery has the working folder that we had when it was started.
        "arguments": [each.absolute() if isinstance(each, Path) else each for each in arguments],
        "memory": memory,
        "seconds": seconds,
        "wall": seconds * PATIENCE,
    }
    if function.__module__ == "__main__":
        raise ValueError("the function's module cannot be imported by its name: a program was started from it")
    packet = encode(request)
    if len(packet) > MAX_REQUEST:
        raise ValueError("arguments too long: write them to a file and pass its path")
    with _door.turns.turn(seconds), _answer_memory() as memory_file:
        verdict = _call(packet, memory_file, seconds * PATIENCE + _GRACE)
        data = os.pread(memory_file, MAX_ANSWER + 1, 0)
    _require_ended_well(verdict)
    return Answer(_value(data), verdict["cpu"], verdict["peak"])


class _Door:
    """The nursery's process and the socket to it; started when first needed, again when it has died.

    Attributes:
        turns: how many children there may be at once.
    """

    def __init__(self) -> None:
        self.turns = Turns()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def send(self, packet: bytes, descriptors: list[int]) -> int:
        """Hand in a request and return the process id of the nursery that has it.

        Raises:
            OSError: the nursery has died.
        """
        with self._lock:
            if self._control is None or self._process is None:
                self._control, self._process = _nursery()
            try:
                socket.send_fds(self._control, [packet], descriptors)
            except OSError:
                self._end()
                raise
            return self._process.pid

    def lose(self, pid: int) -> None:
        """A nursery has not answered: end it, so that the next request starts another."""
        with self._lock:
            if self._process is not None and self._process.pid == pid:
                self._end()

    def close(self) -> None:
        """End the nursery and every child."""
        with self._lock:
            self._end()

    def forget(self) -> None:
        """In a fork of this process: the nursery is its parent's."""
        if self._control is not None:
            self._control.close()
        self.__init__()  # type: ignore[misc]  # a lock held by a thread that the fork lacks would never open

    def _end(self) -> None:
        control, process = self._control, self._process
        self._control = self._process = None
        if control is not None and process is not None:
            control.close()  # by which it ends its children and then itself
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _nursery() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109 - as the interpreter reads it
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**environment, **_SINGLE_THREADED, "PYTHONPATH": paths},
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is ours to interpret
        )
    return ours, process


_door: Final = _Door()

atexit.register(_door.close)
os.register_at_fork(after_in_child=_door.forget)


@contextmanager
def _answer_memory() -> Iterator[int]:
    memory_file = os.memfd_create("answer")
    try:
        yield memory_file
    finally:
        os.close(memory_file)


def _call(packet: bytes, memory_file: int, wait: float) -> dict[str, Any]:
    """Send a request, once more if the nursery died over it, and wait for the verdict."""
    for _ in range(2):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            # Whatever interrupts the wait closes `ours`, by which the nursery knows that nobody wants the answer.
            told = _told(packet, memory_file, ours, theirs, wait)
        if told:
            verdict: dict[str, Any] = decode(told)
            return verdict
    raise UnavailableError("decoder-away", "the process that reads files does not answer", "try again")


def _told(packet: bytes, memory_file: int, ours: socket.socket, theirs: socket.socket, wait: float) -> bytes:
    """The verdict; nothing if the nursery died or hangs."""
    try:
        with theirs:
            pid = _door.send(packet, [memory_file, theirs.fileno()])
    except OSError:
        return b""
    try:
        ours.settimeout(wait)
        told = ours.recv(4096)
    except OSError:
        told = b""
    if not told:
        _door.lose(pid)
    return told


def _require_ended_well(verdict: dict[str, Any]) -> None:
    if verdict["late"] or verdict["status"] == -signal.SIGXCPU:
        raise InputError("decoding-too-long", "reading the file takes too long", "submit a simpler or shorter file")
    if verdict["status"] < 0:
        ended = signal.Signals(-verdict["status"]).name
        raise _failed(f"its decoder was ended by {ended}")
    if verdict["status"] > 0:
        raise _failed("its decoder gave up")


def _value(data: bytes) -> Any:  # noqa: ANN401 - whatever the function returned
    if len(data) > MAX_ANSWER:
        raise InputError(_TOO_LARGE, "what was read from the file is too much", "submit a simpler or shorter file")
    try:
        answer = decode(data)
        kind, content = next(iter(answer.items()))
        if kind == "value":
            return content
        if kind == "refused":
            error = _refusal(content)
        elif kind == "exhausted":
            error = InputError(_TOO_LARGE, "reading the file takes too much memory", "submit a smaller file")
        else:
            error = _failed(str(content))
    except (ValueError, TypeError, AttributeError, KeyError, StopIteration) as malformed:
        raise _failed("its decoder answered nonsense") from malformed
    raise error


def _refusal(told: dict[str, Any]) -> ColophonError:
    code, message, remedy = (_readable(told[name]) for name in ("code", "message", "remedy"))
    facts = {name: value if isinstance(value, int) else _readable(value) for name, value in told["facts"].items()}
    return _KINDS[told["kind"]](code, message, remedy, **facts)


def _failed(why: str) -> InputError:
    return InputError(
        "decoding-failed", f"the file cannot be read: {_readable(why)}", "export it again with another program"
    )


def _readable(text: object) -> str:
    """A child's words for a terminal or a log: short, and nothing that would be obeyed instead of shown."""
    return "".join(character if character.isprintable() else "�" for character in str(text)[:500])
