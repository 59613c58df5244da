"""Sealing and opening of content, per CPU second of one core, beside age (Rust, through pyrage) in the same run.

    python -m tests.bench.sealing          prints a table and writes build/bench/sealing.json

The content comes from a generator and goes nowhere, so neither disk nor memory is measured. CPU time is this process's;
the best of some rounds, since other programs share the machine.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import random
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import pyrage

from offchain.storage.remote import RemoteStream
from offchain.storage.sealing import SealedReader, opened, sealed, sealed_size
from offchain.storage.stream import CHUNK_SIZE, derive

OUTPUT: Final = Path(__file__).resolve().parents[2] / "build" / "bench" / "sealing.json"
SIZE: Final = 512 * 2**20
LARGE: Final = 2 * 2**30
ROUNDS: Final = 3
KEY, SALT = bytes(range(32)), bytes(range(16))
GOAL: Final = 1.0


class Sparse(io.RawIOBase):
    """`size` bytes, the same 64 MiB over and over, which no cache holds; each read copies, as one from a file does."""

    _random = random.Random(1).randbytes(2**26)

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def read(self, size: int = -1) -> bytes:
        start, self._at = self._at, min(self._at + (CHUNK_SIZE if size < 0 else size), self._size)
        return self._random[start % 2**26 : start % 2**26 + self._at - start]


class Joined(io.RawIOBase):
    """The pieces of an iterator as a stream; a piece is handed out whole where it is what was asked for."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    def read(self, size: int = -1) -> bytes:
        piece = next(self._pieces, b"")
        assert len(piece) <= size, "pieces are cut as the reader asks"
        return piece


class Nowhere(io.RawIOBase):
    """Takes everything and keeps nothing."""

    def write(self, data: Any) -> int:
        return len(data)


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(CHUNK_SIZE):
        yield block


def drained(pieces: Iterable[bytes]) -> None:
    for _ in pieces:
        pass


def hashed(pieces: Iterable[bytes]) -> None:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)


def throughput(act: Callable[[], object], size: int = SIZE) -> float:
    """GB (10^9 bytes) per CPU second: the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        act()
        best = min(best, time.process_time() - started)
    return round(size / best / 1e9, 2)


def throughput_rows() -> Iterator[dict[str, object]]:
    ciphertext = list(sealed(cast("BinaryIO", Sparse(SIZE)), KEY, SALT))
    identity = pyrage.x25519.Identity.generate()
    recipients = [identity.to_public()]
    whole = Sparse(SIZE).read(2**26)
    age = pyrage.encrypt(whole, recipients)

    def content() -> BinaryIO:
        return cast("BinaryIO", Sparse(SIZE))

    def reading() -> BinaryIO:
        return cast("BinaryIO", Joined(ciphertext))

    # It streams as ours does, and also works from memory to memory: which is faster depends on the machine.
    age_seals = {
        "age (pyrage, streams)": throughput(lambda: pyrage.encrypt_io(io.BytesIO(whole), Nowhere(), recipients), 2**26),
        "age (pyrage, memory)": throughput(lambda: pyrage.encrypt(whole, recipients), 2**26),
    }
    age_opens = {
        "age (pyrage, streams)": throughput(lambda: pyrage.decrypt_io(io.BytesIO(age), Nowhere(), [identity]), 2**26),
        "age (pyrage, memory)": throughput(lambda: pyrage.decrypt(age, [identity]), 2**26),
    }
    yield rate("seal", throughput(lambda: drained(sealed(content(), KEY, SALT))), age_seals)
    yield rate("open", throughput(lambda: drained(opened(reading(), KEY))), age_opens)
    yield rate("seal and sha256, as a registration does", throughput(lambda: hashed(sealed(content(), KEY, SALT))))
    yield rate("open and sha256, as a buyer does", throughput(lambda: hashed(opened(reading(), KEY))))
    yield rate("sha256 alone", throughput(lambda: hashed(blocks(content()))), goal=None)


def chunk_rows() -> Iterator[dict[str, object]]:
    """What another size of chunk would give, and what a seek to four bytes would decrypt."""
    _, cipher = derive(KEY, SALT)
    for exponent in range(12, 21):
        chunk = bytes(2**exponent)

        def run(chunk: bytes = chunk) -> None:
            for index in range(SIZE // len(chunk)):
                cipher.seal(index, chunk, last=False)

        yield rate(f"chunks of {2**exponent // 1024} KiB, cipher alone", throughput(run), goal=None)


def rate(
    name: str, value: float, references: dict[str, float] | None = None, goal: float | None = GOAL
) -> dict[str, object]:
    told: dict[str, object] = {"name": name, "value": value, "unit": "GB/CPU s", "better": "higher"}
    return told | {"goal": goal, "references": references or {}}


class Ranges:
    """The ciphertext of a long file, made chunk by chunk when it is asked for; counts what was handed out."""

    def __init__(self, size: int) -> None:
        self._header, self._cipher = derive(KEY, SALT)
        self._content, self.size, self.handed = size, sealed_size(size), 0

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        at = start
        while at < (self.size if end is None else end):
            piece = self._piece(at)
            self.handed += len(piece)
            at += len(piece)
            yield piece

    def _piece(self, at: int) -> bytes:
        header = bytes(self._header)
        if at < len(header):
            return header[at:]
        index, within = divmod(at - len(header), CHUNK_SIZE + 16)
        count = min(CHUNK_SIZE, self._content - index * CHUNK_SIZE)
        last = (index + 1) * CHUNK_SIZE >= self._content
        return self._cipher.seal(index, bytes(count), last=last)[within:]


def seek_row() -> dict[str, object]:
    """A player that jumps about in two gigabytes, a hundred times, and takes 4 KiB each time."""
    ranges, chance = Ranges(LARGE), random.Random(1)
    reader = SealedReader(cast("BinaryIO", RemoteStream(ranges)), KEY)
    before = ranges.handed
    for _ in range(100):
        start = chance.randrange(LARGE - 4096)
        assert b"".join(reader.read(start, start + 4096)) == bytes(4096)
    read = (ranges.handed - before) / 100
    return {"name": "bytes read for 4 KiB anywhere in 2 GiB", "value": round(read), "unit": "bytes", "better": "lower"}


def memory_row(size: int) -> dict[str, object]:
    """The most memory that Python had allocated at a time while so much was sealed and opened again."""
    tracemalloc.start()
    drained(opened(cast("BinaryIO", Joined(sealed(cast("BinaryIO", Sparse(size)), KEY, SALT))), KEY))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    name = f"memory of sealing and opening {size // 2**20} MiB at once"
    return {"name": name, "value": round(peak / 2**20, 1), "unit": "MiB", "better": "lower", "goal": 64}


def main() -> None:
    rows = [memory_row(300 * 2**20), memory_row(LARGE), seek_row(), *throughput_rows(), *chunk_rows()]
    for row in rows:
        references = cast("dict[str, float]", row.get("references", {}))
        peers = "".join(f"  {name} {value}" for name, value in references.items())
        goal = "" if row.get("goal") is None else f"  goal {row['goal']}"
        print(f"{row['name']:<52} {row['value']:>12,} {row['unit']}{goal}{peers}")
    versions = {name: version(name) for name in ("cryptography", "pyrage")} | {"python": platform.python_version()}
    machine = {"system": platform.platform(), "cpus": os.cpu_count()}
    report = {"machine": machine, "versions": versions, "rows": rows, "not_measured": []}
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(report, indent=1) + "\n")
    print(f"written to {OUTPUT}")


if __name__ == "__main__":
    main()
