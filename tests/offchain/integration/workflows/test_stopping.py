"""Generations that a stopped service leaves, and those that an earlier version left."""

from __future__ import annotations

import base64
import pickle
import sqlite3
import time
from collections.abc import Callable

import pytest

from offchain.generation import TextParams
from offchain.generation.music.params import MusicParams
from offchain.workflows.engine import Engine
from offchain.workflows.generating import generation, start_generation
from offchain.workflows.opening import open_engine
from offchain.workflows.requests import GenerationRequest
from offchain.workflows.services import open_services, service_signers
from tests.offchain.site import Site
from tests.offchain.tiny_music import manifest, use_tiny

GONE = b"coffchain.generation.sampling\nTextParams\n."
"""A pickle that names a class where an earlier version had it."""


def until(reached: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_stop__generations_run_and_wait__they_leave_at_once_and_go_on_at_the_next_start(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path
):
    """Each of these steps would take longer than a stop waits."""
    use_tiny(monkeypatch, tmp_path / "weights", manifest(None))
    relayer, pricing = service_signers(site.settings)
    with open_services(site.settings, relayer=relayer, pricing=pricing) as services:
        with open_engine(services) as first:
            asked = [GenerationRequest("", MusicParams(bars=64), seed=seed, count=64) for seed in (1, 2, 3)]
            ids = [start_generation(first, each).id for each in asked]
            until(lambda: any(first.job(each).progress > 0 for each in ids))
            begun = time.monotonic()
        assert first._running == 0
        assert time.monotonic() - begun < 5
        with open_engine(services) as second:
            assert [second.job(each).state for each in ids] == ["running"] * 3
            until(lambda: any(second.job(each).progress > 0 for each in ids))


def test_job__generation_of_an_earlier_version__says_to_ask_anew(engine: Engine):
    """Its arguments were others; the same request has another id now."""
    engine.begin(generation, "generation-00", "Write.", TextParams(), 7)
    job = engine.wait("generation-00")
    assert (job.state, job.error.code) == ("failed", "generation-outdated")
    assert engine.retry("generation-00").id == "generation-00"
    assert engine.wait("generation-00").error.code == "generation-outdated"


def test_job__arguments_of_an_earlier_version_are_no_longer_known__tells_of_it_all_the_same(engine: Engine):
    engine.begin(generation, "generation-01", "Write.", TextParams(), 7)
    engine.wait("generation-01")
    told = [base64.b64encode(each).decode() for each in (GONE, pickle.dumps(AttributeError("TextParams")))]
    with sqlite3.connect(engine.services.settings.home / "workflows-service.db") as journal:
        journal.execute("UPDATE workflow_status SET inputs = ?, error = ?, status = 'ERROR'", told)
    job = engine.job("generation-01")
    assert [each.name for each in job.steps] == ["generate"]
    assert (job.state, job.error.code) == ("failed", "generation-outdated")
