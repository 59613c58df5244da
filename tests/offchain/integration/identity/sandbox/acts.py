"""What a function may do once it has been taken over by the bytes it reads."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

from offchain.errors import InputError, RefusedError


def echo(value: Any) -> Any:
    return value


def refuse(message: str) -> None:
    raise InputError("some-code", message, "some remedy", size=7, name="x\x1b[31m")


def refuse_otherwise() -> None:
    raise RefusedError("forged", "not a decoder's to say", "none")


def stumble() -> None:
    raise ZeroDivisionError("by nothing")


def spin() -> None:
    while True:
        pass


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def swell() -> None:
    held = []
    while True:
        held.append(bytes(10**7))


def crash() -> None:
    ctypes.string_at(0)


def end_by(number: int) -> None:
    os.kill(os.getpid(), number)


def answer_nonsense(data: bytes) -> None:
    os.pwrite(3, data, 0)
    os._exit(0)


def answer_too_much(size: int) -> bytes:
    return bytes(size)


def read(path: str) -> bytes:
    return Path(path).read_bytes()


def read_given(path: Path) -> bytes:
    return path.read_bytes()


def write(path: str) -> None:
    Path(path).write_bytes(b"x")


def write_scratch(size: int) -> str:
    path = Path(os.environ["TMPDIR"]) / "file"
    path.write_bytes(bytes(size))
    return str(path)


def environment() -> dict[str, str]:
    return dict(os.environ)


def descriptors() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 5).close()


def signal_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def leave_descendants() -> list[int]:
    """A process in a session of its own, and its child, both waiting; the pids of what stays."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(writing, f"{os.getpid()}\n".encode())
            time.sleep(600)
        os.write(writing, f"{os.getpid()}\n".encode())
        time.sleep(600)
    told = b""
    while told.count(b"\n") < 2:
        told += os.read(reading, 100)
    return [int(pid) for pid in told.split()]


def process() -> int:
    return os.getpid()


def parent_process() -> int:
    return os.getppid()
