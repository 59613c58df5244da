"""Processes that share one PostgreSQL behave as one: begun here, run there, and gone on with when somebody dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.errors import InputError, RefusedError
from offchain.workflows.crew import QUEUES
from offchain.workflows.engine import Engine
from offchain.workflows.job_list import list_jobs
from offchain.workflows.jobs import KINDS, finished
from offchain.workflows.opening import open_engine
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.services import open_services, service_signers
from tests.offchain.databases import POSTGRES, fresh_database
from tests.offchain.site import ADA, RELAYER, Site, make_site

ROOT = Path(__file__).resolve().parents[4]
ADOPTED_WITHIN = 8.0
"""Seconds: three looks, a second apart, a poll of the queue, and a busy machine."""

postgres = pytest.mark.skipif(not POSTGRES, reason="COLOPHON_TEST_POSTGRES_URL is not set")


@pytest.fixture(scope="module")
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("home")
    with fresh_database("postgresql", home) as url:
        made = make_site(chain_url, ipfs_url, home)
        yield replace(made, environ=made.environ | {"COLOPHON_DATABASE_URL": url, "COLOPHON_WORKERS": "none"})


@pytest.fixture(scope="module")
def engine(site: Site) -> Iterator[Engine]:
    """Takes requests, and does no work."""
    relayer, pricing = service_signers(site.settings)
    with (
        open_services(site.settings, relayer=relayer, pricing=pricing) as services,
        open_engine(services, queues=()) as opened,
    ):
        yield opened


@contextmanager
def workers(site: Site, *fates: tuple[str, ...]) -> Iterator[list[subprocess.Popen[str]]]:
    """Worker processes, each with the step it dies at; ended with the block."""
    with ExitStack() as stack:
        started = []
        for fate in fates:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.offchain.crew_worker", *fate],
                cwd=ROOT,
                env=os.environ | site.environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            started.append(process)
        for process in started:
            assert process.stdout is not None
            said = ""
            while "working" not in said:
                said = process.stdout.readline()
                assert said, "the worker ended by itself"
        yield started


def until(reached: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def steps(site: Site, job_id: str) -> list[tuple[int, int, str, str]]:
    """(time, process, begin or end, step) of a job's steps, in order."""
    told = [line.split() for line in (site.settings.home / "steps").read_text().splitlines()]
    return [(int(at), int(pid), what, step) for at, pid, what, job, step in told if job.startswith(job_id)]


def registrations(site: Site) -> int:
    contracts, client = site.world.contracts, site.world.client
    logs = client.logs(contracts.deployment.block, client.head(), [contracts.registry.address])
    return [event.name for event in contracts.decode(logs)].count("WorkRegistered")


def begin(engine: Engine, site: Site, text: bytes) -> str:
    return start_registration(engine, text * 20, RegistrationRequest(site.address(ADA), text.decode())).id


def sign(engine: Engine, site: Site, job_id: str) -> None:
    typed = engine.wait(job_id, timeout=60).typed
    assert typed is not None
    submit_signature(engine, job_id, site.signer(ADA).sign_typed(typed))


def test_queues__each_kind_of_job__has_one():
    assert set(KINDS) <= set(QUEUES)


def test_open_engine__queues_over_sqlite__refused(chain_url: str, ipfs_url: str, tmp_path: Path):
    alone = make_site(chain_url, ipfs_url, tmp_path)
    with (
        open_services(alone.settings) as services,
        pytest.raises(InputError) as refused,
        open_engine(services, queues=()),
    ):
        pass
    assert refused.value.code == "workers-need-postgres"


@postgres
def test_open_engine__unknown_queue__refused(engine: Engine):
    with pytest.raises(InputError) as refused, open_engine(engine.services, queues=["nonsense"]):
        pass
    assert refused.value.code == "unknown-queue"


@postgres
def test_cancel__before_the_signature__ends_the_job_and_can_be_taken_back(engine: Engine, site: Site):
    """Where nobody works, a registration waits in its queue; once drafted, it waits for the signature."""
    waiting = begin(engine, site, b"waits in the queue ")
    assert engine.job(waiting).state == "running"
    assert engine.cancel(waiting).state == "cancelled"
    drafted = begin(engine, site, b"is drafted ")
    with workers(site, ()):
        typed = engine.wait(drafted, timeout=60).typed
        assert typed is not None
        assert engine.cancel(drafted).state == "cancelled"
        with pytest.raises(RefusedError) as refused:
            submit_signature(engine, drafted, site.signer(ADA).sign_typed(typed))
        assert refused.value.code == "not-awaiting-signature"
        assert engine.retry(drafted).state == "awaiting-signature"
        sign(engine, site, drafted)
        assert engine.wait(drafted, timeout=60).state == "done"
        assert engine.cancel(drafted).state == "done"
    assert engine.job(waiting).state == "cancelled"
    page = list_jobs(engine, site.address(ADA), 1)
    assert [each.id for each in page.jobs] == [drafted]
    rest = list_jobs(engine, site.address(ADA), 5, cursor=page.next)
    assert ([each.id for each in rest.jobs], rest.next) == ([waiting], None)
    assert [each.id for each in list_jobs(engine, site.address(ADA), 5, state="done").jobs] == [drafted]
    assert list_jobs(engine, site.address(RELAYER), 5).jobs == ()


@postgres
def test_worker__killed_in_a_step__another_finishes_and_no_step_overlaps(engine: Engine, site: Site):
    """It dies with the commitment mined and not in the journal; every other boundary is in the kill matrix."""
    before, nonce = registrations(site), site.world.client.nonce(site.address(RELAYER))
    with workers(site, ("commit",)) as (mortal,):
        job = begin(engine, site, b"killed after the commitment ")
        sign(engine, site, job)
        until(lambda: mortal.poll() is not None)
        assert mortal.returncode == -signal.SIGKILL
    with workers(site, (), ()):
        begun = time.monotonic()
        finished(engine.wait(job, timeout=60))
    assert time.monotonic() - begun < ADOPTED_WITHIN + 20
    assert registrations(site) - before == 1
    assert site.world.client.nonce(site.address(RELAYER)) - nonce == 2
    told = steps(site, job)
    running = set[tuple[int, str]]()
    for _, pid, _what, name in told:
        if pid == mortal.pid and name == "commit":
            continue  # its end was not told
        running ^= {(pid, name)}
        assert len(running) <= 1, told
    assert [name for _, _, what, name in told if what == "end"].count("commit") == 1


@postgres
def test_worker__terminated__leaves_in_time_and_another_goes_on(engine: Engine, site: Site):
    with workers(site, (), ()) as (first, second):
        jobs = [begin(engine, site, f"handed over {number} ".encode()) for number in range(3)]
        first.terminate()
        begun = time.monotonic()
        assert first.wait(timeout=15) == 0
        assert time.monotonic() - begun < 10
        for job in jobs:
            sign(engine, site, job)
        for job in jobs:
            finished(engine.wait(job, timeout=60))
        second.terminate()
        assert second.wait(timeout=15) == 0
