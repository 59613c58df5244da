"""Mixed load on two API processes and two workers over one PostgreSQL: no error, and memory that stays as it is.

    python -m tests.bench.service.soak --minutes 30

People read, search, buy, register and do their accounts at the same time, each through both API processes in turn, and
each at a steady pace, so that what is measured is time and not haste. An answer of 4xx or 5xx, a job that fails and a
connection that breaks are errors. Memory is the resident set of each process: the median of the last fifth of the time
over that of the first fifth after a tenth to warm up.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import httpx

from scripts.localnet import local_chain, local_ipfs
from tests.bench.parts import Missing
from tests.bench.report import Row
from tests.offchain.databases import POSTGRES, fresh_database
from tests.offchain.deployed import ADMIN
from tests.offchain.fleet import Fleet, fleet
from tests.offchain.site import ADA, BEN, DOLLAR, DORA, Site, Visitor, make_site

__all__ = ["measure", "rows"]

_WORKS: Final = 12
"""Works that are there before the load begins."""

_SIGNED_IN: Final = 600.0
"""Seconds after which a visitor signs in anew; a session lasts for a quarter of an hour."""

_SAMPLE: Final = 2.0
_FUNDS: Final = 10**7 * DOLLAR


@dataclass
class _Told:
    """What happened: requests and jobs by name, errors by what they were, memory by process."""

    done: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    memory: dict[str, list[tuple[float, int]]] = field(default_factory=dict)


def rows(missing: Missing, campaign: bool) -> Iterator[Row]:
    """Errors, and by how much the memory of the process that grew most has grown."""
    if not POSTGRES:
        missing.append({"name": "soak", "why": "COLOPHON_TEST_POSTGRES_URL is not set"})
        return
    yield from measure(30.0 if campaign else 3.0)


def measure(minutes: float) -> list[dict[str, Any]]:
    """Load for so many minutes; the rows."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="colophon-bench-")))
        chain, ipfs = stack.enter_context(local_chain()), stack.enter_context(local_ipfs())
        plain = make_site(chain, ipfs, folder)
        url = stack.enter_context(fresh_database("postgresql", folder))
        site = replace(plain, environ=plain.environ | {"COLOPHON_DATABASE_URL": url})
        dollar = site.world.contracts.dollar
        assert dollar is not None
        site.world.send(dollar.mint(site.address(DORA), _FUNDS), ADMIN)
        running = stack.enter_context(fleet(site.environ, folder))
        told = _loaded(site, running, minutes * 60)
        ended = running.end()
    return list(_rows(told, minutes, ended))


def _loaded(site: Site, running: Fleet, seconds: float) -> _Told:
    told, until = _Told(memory={name: [] for name in running.processes}), time.monotonic() + seconds
    with httpx.Client(base_url=running.urls[0], timeout=60) as client:
        ada = Visitor(site, client, ADA)
        works = [ada.register(_text(), title=f"Work {number}")["work"] for number in range(_WORKS)]
    acts = [
        _Act("read", DORA, 0.05, _read),
        _Act("search", DORA, 0.5, _search),
        _Act("buy", DORA, 1.0, _buy),
        _Act("register", BEN, 1.5, _register),
        _Act("account", ADA, 1.0, _account),
    ]
    ended = threading.Event()
    with ThreadPoolExecutor(len(acts) + 1) as pool:
        watching = pool.submit(_watch, running, told, ended)
        playing = [pool.submit(act.play, site, running.urls, works, told, until) for act in acts]
        try:
            for each in playing:
                each.result()
        finally:
            ended.set()
        watching.result()
    return told


@dataclass(frozen=True)
class _Act:
    """What somebody does again and again, with so many seconds between; they sign in anew from time to time."""

    name: str
    account: int
    pause: float
    once: Callable[[Visitor, list[str]], None]

    def play(self, site: Site, urls: tuple[str, ...], works: list[str], told: _Told, until: float) -> None:
        with ExitStack() as stack:
            hooks: Mapping[str, Any] = {"response": [lambda response: _noted(told, response)]}
            clients = [stack.enter_context(httpx.Client(base_url=url, timeout=60, event_hooks=hooks)) for url in urls]
            visitors, signed_in = list[Visitor](), -_SIGNED_IN
            for turn in cycle(range(len(urls))):
                if time.monotonic() > until:
                    return
                if time.monotonic() - signed_in > _SIGNED_IN:
                    visitors, signed_in = (
                        [_visiting(site, each, self.account, told) for each in clients],
                        time.monotonic(),
                    )
                try:
                    self.once(visitors[turn], works)
                    told.done[self.name] += 1
                except (httpx.TransportError, AssertionError) as error:
                    told.errors[f"{self.name}: {type(error).__name__} {error}"[:200]] += 1
                time.sleep(self.pause)


def _visiting(site: Site, client: httpx.Client, account: int, told: _Told) -> Visitor:
    visitor = Visitor(site, client, account)
    visitor.client.event_hooks = {"response": [lambda response: _noted(told, response)]}
    return visitor


def _noted(told: _Told, response: httpx.Response) -> None:
    told.done["requests"] += 1
    if response.status_code >= 400:
        told.errors[f"{response.request.method} {response.request.url.path[:20]} {response.status_code}"] += 1


def _read(visitor: Visitor, works: list[str]) -> None:
    work = random.choice(works)
    for path in ("/v1/works", f"/v1/works/{work}", f"/v1/works/{work}/graph", f"/v1/works/{work}/prices", "/v1/chain"):
        visitor.client.get(path)


def _search(visitor: Visitor, works: list[str]) -> None:
    del works
    visitor.client.post("/v1/works/search", files={"file": ("work.txt", _text())})


def _buy(visitor: Visitor, works: list[str]) -> None:
    visitor.buy(random.choice(works[:_WORKS]), "personal")


def _register(visitor: Visitor, works: list[str]) -> None:
    works.append(visitor.register(_text(), title="One more")["work"])


def _account(visitor: Visitor, works: list[str]) -> None:
    del works
    for shape in ("json", "csv"):
        visitor.client.get(f"/v1/statements/{visitor.address}", params={"format": shape})
    visitor.client.get(f"/v1/claims/{visitor.address}")


def _text() -> bytes:
    """Some 200 bytes that are like nobody else's."""
    return f"Once more: {' '.join(uuid.uuid4().hex for _ in range(6))}".encode()


def _watch(running: Fleet, told: _Told, ended: threading.Event) -> None:
    while not ended.wait(_SAMPLE):
        for name, process in running.processes.items():
            assert process.poll() is None, f"{name} ended by itself"
            told.memory[name].append((time.monotonic(), _resident(process.pid)))


def _resident(pid: int) -> int:
    """Bytes of a process that are in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def _growth(samples: list[tuple[float, int]]) -> tuple[float, float, float]:
    """(per cent from the first fifth after a tenth to the last fifth, MB of the first, MB of the last)."""
    begun, ended = samples[0][0], samples[-1][0]
    first = statistics.median(size for at, size in samples if 0.1 <= (at - begun) / (ended - begun) <= 0.3)
    last = statistics.median(size for at, size in samples if (at - begun) / (ended - begun) >= 0.8)
    return 100 * (last / first - 1), first / 1e6, last / 1e6


def _rows(told: _Told, minutes: float, ended: float) -> Iterator[dict[str, Any]]:
    growth = {name: _growth(samples) for name, samples in told.memory.items()}
    facts = {"minutes": minutes, "done": dict(told.done), "seconds_to_end": round(ended, 1)}
    yield {
        "name": "soak of 2 API processes and 2 workers: errors",
        "value": told.errors.total(),
        "unit": "errors",
        "better": "lower",
        "goal": 0,
        "errors": dict(told.errors),
        **facts,
    }
    yield {
        "name": "soak of 2 API processes and 2 workers: growth of memory, worst process",
        "value": round(max(grown for grown, _, _ in growth.values()), 2),
        "unit": "%",
        "better": "lower",
        "goal": 5,
        "megabytes": {name: [round(first), round(last)] for name, (_, first, last) in growth.items()},
        **facts,
    }


def main() -> None:
    """Run one soak; exits with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    found = measure(parser.parse_args().minutes)
    for row in found:
        print(json.dumps(row))
    sys.exit(0 if all(row["value"] <= row["goal"] for row in found) else 1)


if __name__ == "__main__":
    main()
