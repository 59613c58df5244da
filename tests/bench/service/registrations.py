"""Many registrations by workers of which some die: all there, exactly once?

    python -m tests.bench.service.registrations --count 10000 --workers 8 --kill 0.01

Over PostgreSQL (COLOPHON_TEST_POSTGRES_URL), with a chain and an IPFS node of its own. Each step's beginning kills its
worker by SIGKILL with half the probability, before the effect, and its end with the other half, before the journal has
the result; a worker that died is started again, forked from a process that has imported the service. Prints what was
counted on chain, in the store, in the sender's log and on the node; exits with 1 where anything is missing, there twice
or left over.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from offchain.cli.working import worker
from offchain.errors import UnavailableError
from offchain.storage import IpfsNode
from offchain.workflows import steps as steps_module
from offchain.workflows.engine import Engine
from offchain.workflows.holdings import holdings
from offchain.workflows.jobs import Job
from offchain.workflows.opening import open_engine
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.services import open_services, service_signers
from scripts.localnet import local_chain, local_ipfs
from tests.bench.parts import Missing
from tests.bench.report import Row
from tests.offchain.databases import POSTGRES, fresh_database
from tests.offchain.kill_matrix import pins
from tests.offchain.site import ADA, RELAYER, Site, make_site

T = TypeVar("T")
_ROOT: Final = Path(__file__).resolve().parents[3]
_AHEAD: Final = 16
"""Registrations that are under way at a time."""

_POLL: Final = 0.25


def main() -> None:
    """Run one campaign, or be one of its workers."""
    parser = argparse.ArgumentParser(prog="registrations", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--kill", type=float, default=0.01, help="share of the steps that kill their worker")
    parser.add_argument("--seconds", type=float, default=None, help="begin no other after this time")
    parser.add_argument("--as-workers", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.as_workers:
        _keep_alive(asked.workers, asked.kill)
        return
    report = run(asked.count, asked.workers, asked.kill, asked.seconds)
    print(json.dumps(report, indent=1))
    sys.exit(0 if report["exactly_once"] else 1)


def run(count: int, processes: int, kill: float, seconds: float | None = None) -> dict[str, Any]:
    """Register `count` works; what came of it."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(fresh_database("postgresql", home))
        plain = make_site(stack.enter_context(local_chain()), stack.enter_context(local_ipfs()), home)
        site = replace(plain, environ=plain.environ | {"COLOPHON_DATABASE_URL": url, "COLOPHON_WORKERS": "none"})
        relayer, pricing = service_signers(site.settings)
        services = stack.enter_context(open_services(site.settings, relayer=relayer, pricing=pricing))
        engine = stack.enter_context(open_engine(services, queues=()))
        before, kept, begun = site.world.client.nonce(site.address(RELAYER)), pins(site), time.monotonic()
        with _workers(site, processes, kill) as deaths:
            jobs = _registered(engine, site, count, None if seconds is None else begun + seconds)
            took = time.monotonic() - begun
        sent = site.world.client.nonce(site.address(RELAYER)) - before
        return _counted(engine, site, jobs, sent, kept) | {
            "workers": processes,
            "kill_probability": kill,
            "killed": deaths["killed"],
            "other_deaths": deaths["other"],
            "seconds": round(took, 1),
            "per_second": round(len(jobs) / took, 2),
        }


def rows(missing: Missing, campaign: bool) -> Iterator[Row]:
    """How many of the registrations are there exactly once."""
    if not POSTGRES:
        missing.append({"name": "registrations", "why": "COLOPHON_TEST_POSTGRES_URL is not set"})
        return
    told = run(10_000 if campaign else 200, 8, 0.01)
    yield {
        "name": "registrations by 8 workers, 1 % of steps killed: exactly once",
        "value": told["asked"] if told["exactly_once"] else min(told["done"], told["titles"]) - told["titles_twice"],
        "unit": "registrations",
        "better": "higher",
        "goal": told["asked"],
        **told,
    }


def _registered(engine: Engine, site: Site, count: int, until: float | None) -> list[Job]:
    """Jobs that have ended."""
    signer = site.signer(ADA)

    def one(number: int) -> Job | None:
        if until is not None and time.monotonic() > until:
            return None
        text = f"Work {number}. ".encode() + random.Random(number).randbytes(94).hex().encode()
        request = RegistrationRequest(signer.address, f"Work {number}")
        job = _rested(engine, _begun(engine, text, request))
        if job.typed is not None:
            submit_signature(engine, job.id, signer.sign_typed(job.typed))
        return _rested(engine, engine.job(job.id))

    with ThreadPoolExecutor(_AHEAD) as pool:
        return [job for job in pool.map(one, range(count)) if job is not None]


def _begun(engine: Engine, text: bytes, request: RegistrationRequest) -> Job:
    """As a client does that is told to come again."""
    while True:
        try:
            return start_registration(engine, text, request, name="work.txt")
        except UnavailableError:
            time.sleep(_POLL)


def _rested(engine: Engine, job: Job) -> Job:
    while job.state in ("running", "waiting", "interrupted"):
        time.sleep(_POLL)
        job = engine.retry(job.id) if job.state in ("waiting", "interrupted") else engine.job(job.id)
    return job


@contextmanager
def _workers(site: Site, count: int, kill: float) -> Iterator[Counter[str]]:
    """Keep so many workers alive until the block ends; then, how many died by our hand, and otherwise."""
    asked = ["--as-workers", "--workers", str(count), "--kill", str(kill)]
    command, deaths = [sys.executable, "-m", "tests.bench.service.registrations", *asked], Counter[str]()
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # whoever forks has no threads
    process = subprocess.Popen(
        command,
        cwd=_ROOT,
        env=os.environ | site.environ | alone,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield deaths
    finally:
        process.terminate()
        told, _ = process.communicate(timeout=60)
        deaths.update(json.loads(told))


def _keep_alive(count: int, kill: float) -> None:
    """Fork workers, and another for each that dies, until SIGTERM; tells how they died."""
    ending, alive, deaths = threading.Event(), set[int](), Counter[str]()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    while not ending.wait(_POLL):
        for pid in list(alive):
            if (found := os.waitpid(pid, os.WNOHANG))[0]:
                alive.remove(pid)
                deaths["killed" if os.waitstatus_to_exitcode(found[1]) == -signal.SIGKILL else "other"] += 1
        alive |= {_born(kill) for _ in range(count - len(alive))}
    for pid in alive:
        os.kill(pid, signal.SIGTERM)
    for pid in alive:
        os.waitpid(pid, 0)
    print(json.dumps(deaths))


def _born(kill: float) -> int:
    child = os.fork()
    if child == 0:
        os.dup2(2, 1)
        try:
            _mortal(kill)
            worker(queues=None)
        finally:
            os._exit(0)
    return child


def _mortal(kill: float) -> None:
    patiently, chance = steps_module._patiently, random.Random()

    def deadly(name: str, action: Callable[[], T]) -> T:
        if chance.random() < kill / 2:
            os.kill(os.getpid(), signal.SIGKILL)
        result = patiently(name, action)
        if chance.random() < kill / 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    steps_module._patiently = deadly


def _counted(engine: Engine, site: Site, jobs: list[Job], sent: int, kept: set[str]) -> dict[str, Any]:
    contracts, client = site.world.contracts, site.world.client
    names = Counter[str]()
    works = Counter[int]()
    head, start = client.head(), contracts.deployment.block
    for first in range(start, head + 1, 2_000):
        logs = client.logs(first, min(first + 1_999, head), [contracts.registry.address])
        for event in contracts.decode(logs):
            names[event.name] += 1
            if event.name == "WorkRegistered":
                works[int(event.args["work"])] += 1
    node, done = IpfsNode(site.environ["COLOPHON_IPFS_URL"]), [job for job in jobs if job.state == "done"]
    wanted = {cid for job in done for cid in _cids(job.result or {})}
    unpinned = sum(1 for cid in wanted if not node.is_pinned(cid))
    with engine.services.store.snapshot() as tx:
        unsettled = len(list(tx.transactions.unsettled(client.chain_id, site.address(RELAYER))))
    told = {
        "asked": len(jobs),
        "done": len(done),
        "titles": len(works),
        "titles_twice": sum(1 for times in works.values() if times > 1),
        "commitments": names["Committed"],
        "transactions": sent,
        "unsettled": unsettled,
        "unpinned": unpinned,
        "orphans": len(pins(site) - kept - {each.cid for each in holdings(engine.services.store)}),
        "errors": dict(Counter(job.error.code for job in jobs if job.error is not None)),
    }
    once = {told[name] for name in ("asked", "done", "titles", "commitments")} == {len(jobs)}
    exactly = once and sent == 2 * len(jobs) and unpinned == unsettled == told["titles_twice"] == told["orphans"] == 0
    return told | {"exactly_once": exactly}


def _cids(result: dict[str, Any]) -> Iterator[str]:
    yield result["metadata"]
    yield from (each["cid"] for each in result["renditions"])


if __name__ == "__main__":
    main()
