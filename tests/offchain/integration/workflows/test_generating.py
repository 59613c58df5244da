"""Generations as jobs: cancelled, gone on with, told in records, refused."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from dbos import DBOS

from offchain.errors import ColophonError, InputError, NotFoundError, RefusedError, UnavailableError
from offchain.generation import Runtime, TextParams, reproduce
from offchain.generation.image import making
from offchain.generation.image.params import ImageParams
from offchain.generation.music import model
from offchain.generation.music.params import MusicParams
from offchain.storage.age import new_identity, recipient_of
from offchain.workflows import publishing
from offchain.workflows.engine import Engine
from offchain.workflows.generating import generated_master, start_generation
from offchain.workflows.jobs import finished
from offchain.workflows.prompts import decrypted
from offchain.workflows.registration import start_registration, submit_signature
from offchain.workflows.requests import GenerationRequest, RegistrationRequest
from offchain.workflows.verifying import verify_file
from tests.offchain.site import ADA, Site
from tests.offchain.tiny_music import manifest, use_tiny

PROMPT = "M:4/4\nL:1/4\nK:C\nC D E C | C D E C |"
SHORT = GenerationRequest(PROMPT, MusicParams(), seed=7)
LONG = GenerationRequest("", MusicParams(bars=64), seed=7, count=64)


@pytest.fixture(scope="module")
def engine(shared_engine: Engine) -> Engine:
    """One for all tests here: a job is told by what is asked, so each test asks for something of its own."""
    return shared_engine


@pytest.fixture(autouse=True)
def _tiny_model(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    use_tiny(monkeypatch, tmp_path / "weights", manifest(None))


def record_of(engine: Engine, asked: GenerationRequest) -> dict:
    job = engine.wait(start_generation(engine, asked).id, timeout=60)
    (made,) = finished(job)["works"]
    return made["provenance"]


def refused(engine: Engine, asked: GenerationRequest) -> str:
    with pytest.raises(ColophonError) as caught:
        start_generation(engine, asked)
    return caught.value.code


def test_cancel__model_composes__stops_at_the_next_frame_and_goes_on_when_asked_again(engine: Engine):
    job_id = start_generation(engine, LONG).id
    until(lambda: engine.job(job_id).progress > 0)
    assert engine.cancel(job_id).state == "cancelled"
    with pytest.raises(RefusedError) as caught:
        generated_master(engine, job_id)
    assert caught.value.code == "job-cancelled"
    until(lambda: engine._running == 0)  # its 64 pieces of 64 bars would take minutes
    assert engine.job(job_id).state == "cancelled"

    assert start_generation(engine, LONG).state == "running"
    until(lambda: engine.job(job_id).progress > 0)
    engine.cancel(job_id)
    until(lambda: engine._running == 0)


def until(reached, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_cancel__waiting_for_the_model__never_runs(engine: Engine):
    first, second = (start_generation(engine, replace(LONG, seed=seed)).id for seed in (8, 9))
    until(lambda: engine.job(first).progress > 0)
    engine.cancel(second)
    engine.cancel(first)
    until(lambda: engine._running == 0)
    assert [engine.job(each).state for each in (first, second)] == ["cancelled", "cancelled"]
    assert DBOS.get_all_events(second) == {}


def test_cancel__ended_generation__stays_done(engine: Engine):
    job_id = start_generation(engine, SHORT).id
    engine.wait(job_id, timeout=60)
    assert engine.cancel(job_id).state == "done"


def test_cancel__signed_registration__refused(shared_site: Site, engine: Engine, monkeypatch: pytest.MonkeyPatch):
    """The commitment may be on its way; before the signature nothing is."""
    going, commit = threading.Event(), publishing._commit
    monkeypatch.setattr(publishing, "_commit", lambda *told: going.wait(30) and commit(*told))
    request = RegistrationRequest(shared_site.address(ADA), "Mine")
    job = engine.wait(start_registration(engine, b"not generated " * 50, request).id)
    assert engine.cancel(job.id).state == "cancelled"
    assert start_registration(engine, b"not generated " * 50, request).state == "awaiting-signature"
    submit_signature(engine, job.id, shared_site.signer(ADA).sign_typed(job.typed))
    with pytest.raises(RefusedError) as caught:
        engine.cancel(job.id)
    going.set()
    assert caught.value.code == "not-cancellable"
    assert engine.wait(job.id).state == "done"


def test_start_generation__disclosed__anybody_makes_it_again(engine: Engine):
    record = record_of(engine, replace(SHORT, disclose_prompt=True))
    assert record["prompt"]["text"] == PROMPT
    again = reproduce(record, runtime=Runtime(engine.services.settings.model_path))
    assert again.provenance["output"] == record["output"]


def test_start_generation__encrypted__its_recipient_alone_reads_the_prompt(engine: Engine):
    identity = new_identity()
    record = record_of(engine, replace(SHORT, encrypt_prompt_to=recipient_of(identity)))
    assert PROMPT not in str(record)
    assert decrypted(record, identity) == PROMPT


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (GenerationRequest(" \n", TextParams()), "prompt-empty"),
        (replace(SHORT, prompt="K:C\nC D ? E"), "melody-malformed"),
        (GenerationRequest("unicorn", ImageParams()), "class-unknown"),
        (replace(SHORT, mark_for="0x" + "11" * 20), "mark-for-texts"),
        (GenerationRequest("Hello", TextParams(), mark_for="nobody"), "account-malformed"),
        (replace(SHORT, count=0), "parameter-out-of-range"),
        (replace(SHORT, count=65), "parameter-out-of-range"),
        (replace(SHORT, seed=2**53), "parameter-out-of-range"),
        (replace(SHORT, seed=2**53 - 1, count=2), "parameter-out-of-range"),
        (replace(SHORT, encrypt_prompt_to="age1nobody"), "recipient-malformed"),
        (replace(SHORT, encrypt_prompt_to="age1nobody", disclose_prompt=True), "prompt-shown-twice"),
    ],
)
def test_start_generation__impossible__refused_at_once(engine: Engine, asked: GenerationRequest, code: str):
    assert refused(engine, asked) == code


def test_start_generation__weights_are_not_those_pinned__fails_with_the_reason(engine: Engine, tmp_path):
    (tmp_path / "weights" / "model.safetensors").write_bytes(b"other bytes")
    job = engine.wait(start_generation(engine, replace(SHORT, seed=99)).id, timeout=60)
    assert (job.state, job.error.code) == ("failed", "model-mismatch")


def test_start_generation__several__records_and_works_of_their_own(engine: Engine):
    """Two steps; a job of one of the seeds makes the same work."""
    works = finished(engine.wait(start_generation(engine, replace(SHORT, count=10)).id, timeout=60))["works"]
    assert [each["provenance"]["seed"] for each in works] == list(range(7, 17))
    assert len({each["work"] for each in works}) == 10
    assert all("text" not in each and each["media_type"] == "audio/midi" for each in works)
    alone = record_of(engine, replace(SHORT, seed=16))
    assert alone["output"] == works[-1]["provenance"]["output"]


def test_start_generation__some_seeds_give_nothing__others_are_kept_and_these_told(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    """Which seeds leave the paper white is up to the weights, so here the second does."""
    paint = making.paint

    def some(network, number, truncation, seed):
        painted = paint(network, number, truncation, seed)
        return replace(painted, levels=painted.levels * 0 + 255) if seed == 1 else painted

    monkeypatch.setattr(making, "paint", some)
    asked = GenerationRequest("flags", ImageParams(size=64), count=3)
    result = finished(engine.wait(start_generation(engine, asked).id, timeout=60))
    assert [each["provenance"]["seed"] for each in result["works"]] == [0, 2]
    assert result["missing"] == [{"seed": 1, "error": "generation-empty"}]


def test_generated_master__work_of_another_job__not_found(engine: Engine):
    job_id = start_generation(engine, SHORT).id
    engine.wait(job_id, timeout=60)
    with pytest.raises(NotFoundError) as caught:
        generated_master(engine, job_id, work=1)
    assert caught.value.code == "not-generated"


def test_parts__many_works__each_seed_once_a_few_together():
    asked = replace(SHORT, seed=100, count=20)
    assert list(asked.parts) == ["generate 1 to 8", "generate 9 to 16", "generate 17 to 20"]
    assert [seed for seeds in asked.parts.values() for seed in seeds] == list(range(100, 120))


def test_generated_master__several_works__must_be_named(engine: Engine):
    job_id = start_generation(engine, replace(SHORT, count=2)).id
    _, second = finished(engine.wait(job_id, timeout=60))["works"]
    with pytest.raises(InputError) as caught:
        generated_master(engine, job_id)
    assert caught.value.code == "work-unnamed"
    master, record = generated_master(engine, job_id, int(second["work"], 16))
    assert (master.stat().st_size, record) == (second["size"], second["provenance"])


def test_start_generation__two_jobs__the_model_is_loaded_once(engine: Engine):
    before = model._load.cache_info().misses
    for seed in (70, 71):
        record_of(engine, replace(SHORT, seed=seed))
    assert model._load.cache_info().misses == before + 1


def test_verify_file__master_of_a_generated_piece__manifest_beside_it_says_so(shared_site: Site, engine: Engine):
    """No manifest can be put into a MIDI file: the one that lies beside it is bound to its bytes."""
    job_id = start_generation(engine, replace(SHORT, seed=72)).id
    engine.wait(job_id, timeout=60)
    master, record = generated_master(engine, job_id)
    request = RegistrationRequest(shared_site.address(ADA), "Harmonised", provenance=record)
    job = engine.wait(start_registration(engine, master, request).id, timeout=60)
    submit_signature(engine, job.id, shared_site.signer(ADA).sign_typed(job.typed))
    assert finished(engine.wait(job.id, timeout=60))["work"] == record["output"]["sha256"]

    verdict = verify_file(engine.services, master)
    assert verdict.evidence == "bytes"
    assert verdict.recovered is not None
    assert verdict.recovered.state == "trusted"
    assert verdict.recovered.statement.source == "trainedAlgorithmicMedia"
    changed = master.with_name("changed.mid")
    changed.write_bytes(master.read_bytes().replace(b"Melody", b"Medley"))
    assert verify_file(engine.services, changed).evidence is None


def test_start_generation__many_wait__none_more_is_taken_nor_gone_on_with(engine: Engine):
    """Each would keep a thread, and nobody signs in to ask."""
    ids = [start_generation(engine, replace(LONG, seed=seed)).id for seed in range(200, 216)]
    for again in (replace(LONG, seed=216), replace(LONG, seed=7)):  # the second was cancelled above, or is new
        with pytest.raises(UnavailableError) as caught:
            start_generation(engine, again)
        assert caught.value.code == "generation-busy"
    engine.cancel(ids[-1])
    ids.append(start_generation(engine, replace(LONG, seed=217)).id)
    for each in ids:
        engine.cancel(each)
    until(lambda: engine._running == 0)
