"""CIDs, uploads, downloads, ranges and CAR files of a long file, through a real IPFS node.

    python -m tests.bench.storage [--megabytes 2000]      prints a table and writes build/bench/storage.json

Rates are MB (10^6 bytes) per CPU second of our process, each in a process of its own; memory is what its peak (VmHWM)
rose by after everything was imported. Beside it in the same run: the bare hash, and the client library without checks.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from offchain.storage import IpfsNode, local_cid, open_pins
from offchain.storage.archive import export_car
from offchain.storage.car import read_car
from offchain.storage.transport import BoundedClient
from scripts.localnet import local_ipfs

OUTPUT: Final = Path(__file__).resolve().parents[2] / "build" / "bench" / "storage.json"
RATE_GOAL: Final = 150
MEMORY_GOAL: Final = 64
LAYOUT: Final = {"pin": "true", "cid-version": "1", "raw-leaves": "true"}
RANGES: Final = 200


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=2_000)
    parser.add_argument("--act", nargs="+", help="one operation, in this process")
    chosen = parser.parse_args()
    if chosen.act:
        name, *arguments = chosen.act
        print(json.dumps(measured(ACTS[name], *arguments)))
        return
    with TemporaryDirectory(prefix="colophon-bench-") as folder, local_ipfs() as url:
        rows = list(table(Path(folder), url, chosen.megabytes * 10**6))
    for row in rows:
        print(f"{row['name']:<50} {row['value']:>9,.1f} {row['unit']:<16} {row['references'] or ''}")
    report = {
        "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
        "versions": {name: version(name) for name in ("ipfshttpclient", "requests", "urllib3")} | {"ipfs": "js 0.66.1"},
        "rows": rows,
        "not_measured": [{"name": "Kubo", "why": "only js-ipfs comes with the lock; both speak the same RPC"}],
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(report, indent=1) + "\n")
    print(f"written to {OUTPUT}")


def table(folder: Path, url: str, size: int) -> Iterator[dict[str, Any]]:
    """Every row; the file's bytes are random, so that no block comes twice."""
    path, back, car = folder / "file", folder / "back", folder / "file.car"
    chance = random.Random(1)
    with path.open("wb") as out:
        for _ in range(size // 10**6):
            out.write(chance.randbytes(10**6))
    hashed, cid = alone("sha256", path), alone("cid", path)
    yield rate("local CID", size, cid, RATE_GOAL, {"sha256 alone": megabytes(size, hashed)})
    yield memory("local CID", cid)
    pinned = alone("pin", url, path)
    plain = alone("add", url, path)
    yield rate("pin in parts, CID confirmed", size, pinned, RATE_GOAL, {"ipfshttpclient add": megabytes(size, plain)})
    yield memory("pin in parts", pinned)
    again = alone("pin", url, path)
    yield row("pin again, nothing sent", again["cpu"], "CPU seconds", "lower", None, {})
    name = pinned["answer"]
    fetched = alone("download", url, name, back)
    cat = alone("cat", url, name)
    references = {"ipfshttpclient cat, unverified": megabytes(size, cat)}
    yield rate("download, every leaf verified", size, fetched, RATE_GOAL, references)
    yield memory("download", fetched)
    assert alone("sha256", back)["answer"] == hashed["answer"]
    ranges = alone("ranges", url, name)
    yield row("range of 1,000 bytes, verified", 1_000 * ranges["cpu"] / RANGES, "CPU ms", "lower", None, {})
    exported = alone("export", url, name, car)
    yield rate("export of a CAR file", size, exported, None, {})
    yield memory("export of a CAR file", exported)
    yield rate("reading a CAR file, every block verified", size, alone("read_car", car), None, {})


def alone(name: str, *arguments: object) -> dict[str, Any]:
    """Run one operation in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.storage", "--act", name, *map(str, arguments)]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(ended.stdout)
    return result


def measured(act: Callable[..., object], *arguments: str) -> dict[str, Any]:
    """CPU seconds, wall seconds, and megabytes by which the peak of this process's memory rose."""
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM (proc(5))
    before, started, wall = peak(), time.process_time(), time.monotonic()
    answer = act(*arguments)
    cpu = time.process_time() - started
    return {"cpu": cpu, "wall": time.monotonic() - wall, "memory": peak() - before, "answer": answer}


def peak() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def cid_of(path: str) -> str:
    with Path(path).open("rb") as stream:
        return local_cid(stream)


def sha256_of(path: str) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def plain_add(url: str, path: str) -> None:
    BoundedClient(url, 600).add(path, opts=LAYOUT)


def plain_cat(url: str, cid: str) -> None:
    with BoundedClient(url, 600).cat(cid, stream=True) as pieces:
        for _ in pieces:
            pass


def some_ranges(url: str, cid: str) -> None:
    chance, pins = random.Random(2), open_pins(url)
    for _ in range(RANGES):
        file = pins.open(cid)
        start = chance.randrange(file.size - 1_000)
        assert len(b"".join(file.read(start, start + 1_000))) == 1_000


def whole_car(path: str) -> None:
    with Path(path).open("rb") as stream:
        for _ in read_car(stream).blocks:
            pass


ACTS: Final[dict[str, Callable[..., object]]] = {
    "sha256": sha256_of,
    "cid": cid_of,
    "pin": lambda url, path: IpfsNode(url, 600).pin(Path(path)),
    "add": plain_add,
    "download": lambda url, cid, path: IpfsNode(url).download(cid, Path(path)),
    "cat": plain_cat,
    "ranges": some_ranges,
    "export": lambda url, cid, path: export_car(IpfsNode(url), cid, Path(path)),
    "read_car": whole_car,
}


def megabytes(size: int, result: dict[str, Any]) -> float:
    return round(size / result["cpu"] / 1e6, 1)


def rate(
    name: str, size: int, result: dict[str, Any], goal: int | None, references: dict[str, float]
) -> dict[str, Any]:
    return row(name, megabytes(size, result), "MB/CPU second", "higher", goal, references)


def memory(name: str, result: dict[str, Any]) -> dict[str, Any]:
    return row(f"memory of: {name}", result["memory"], "MB", "lower", MEMORY_GOAL, {})


def row(
    name: str, value: float, unit: str, better: str, goal: float | None, references: dict[str, float]
) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "better": better,
        "goal": goal,
        "references": references,
    }


if __name__ == "__main__":
    main()
