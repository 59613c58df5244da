"""Generating works: the model's bytes go into the vault, each with the record of how it came to be.

A job makes its works a few at a time, one step for each few, so that a killed worker makes at most these again. They
come out as they were: seeds and the time that the records state are in the journal before the first step.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dbos import DBOS

from offchain.chain import work_hex
from offchain.errors import InputError, NotFoundError
from offchain.generation import Record
from offchain.generation.image.classes import class_number
from offchain.generation.music.melody import read_melody
from offchain.generation.sampling import check_seed, within
from offchain.identity import work_id
from offchain.storage.age import normal_recipient
from offchain.workflows.engine import Engine
from offchain.workflows.jobs import Job, finished, outdated
from offchain.workflows.making import Made, make_works, require_markable
from offchain.workflows.model_runtime import model_runtime
from offchain.workflows.prompts import require_one_way
from offchain.workflows.requests import MAX_WORKS, GenerationRequest
from offchain.workflows.services import Services
from offchain.workflows.steps import engine, run_step

__all__ = ["generated_master", "start_generation"]

_ONE_AT_A_TIME: Final = threading.Lock()
"""The model takes the whole machine, and its thread setting is the whole process's."""


_TURN: Final = 0.2
"""Seconds after which whoever waits for the model looks whether it is still wanted."""


@DBOS.workflow(name="generation", max_recovery_attempts=1000)
def generation(asked: GenerationRequest | str, created: object, *older: object) -> dict[str, Any]:
    """Let the model make the works, and keep them; seeds that gave none are told apart."""
    if not isinstance(asked, GenerationRequest) or not isinstance(created, int) or older:
        raise outdated(str(DBOS.workflow_id))
    job, made = str(DBOS.workflow_id), list[dict[str, Any]]()
    for name, seeds in asked.parts.items():
        made += run_step(name, _made, engine(), (job, name), asked, seeds, created)
    return {
        "works": [each for each in made if "work" in each],
        "missing": [each for each in made if "work" not in each],
    }


def start_generation(engine: Engine, asked: GenerationRequest) -> Job:
    """Begin a generation; the same request has the same job, which goes on if it was interrupted or cancelled.

    Raises:
        InputError: `prompt-empty`, a melody that cannot be read, `class-unknown`, `recipient-malformed`,
            `prompt-shown-twice`, or a seed or count out of range; what only the model can tell shows in the job.
        UnavailableError: `generation-busy`.
    """
    _require_possible(asked)
    job_id = "generation-" + hashlib.sha256(repr((asked.params.kind, asked)).encode()).hexdigest()[:40]
    if engine.find(job_id) is not None:
        return engine.retry(job_id)
    with engine.room_for_generation():
        engine.begin(generation, job_id, asked, int(time.time()), owner=asked.account)
    return engine.job(job_id)


def generated_master(engine: Engine, job_id: str, work: int | None = None) -> tuple[Path, Record]:
    """Where a generated master lies, and its provenance record.

    Args:
        engine: that ran the job.
        job_id: of the generation.
        work: which of its works; may be None where it made one.

    Raises:
        NotFoundError: `unknown-job`, `not-generated` or `master-missing`.
        InputError: `not-a-generation`, or `work-unnamed`.
        RefusedError: `job-unfinished` or `job-cancelled`.
    """
    job = engine.job(job_id)
    if job.kind != "generation":
        raise InputError("not-a-generation", f"this job is a {job.kind}", "name a generation job", job=job_id)
    result = finished(job)
    made: list[dict[str, Any]] = result.get("works", [result])  # earlier versions made one work a job
    chosen = _chosen(made, job_id, work)
    return engine.services.vault.master(int(chosen["work"], 16)), chosen["provenance"]


def _chosen(made: Sequence[dict[str, Any]], job_id: str, work: int | None) -> dict[str, Any]:
    if work is None and len(made) > 1:
        raise InputError(
            "work-unnamed", f"this job made {len(made)} works", "name the one to register by its id", job=job_id
        )
    found = [each for each in made if work in (None, int(each["work"], 16))]
    if not found:
        raise NotFoundError("not-generated", "this job made no such work", "name one of its result", job=job_id)
    return found[0]


def _require_possible(asked: GenerationRequest) -> None:
    within("count", asked.count, f"1 to {MAX_WORKS}", fits=1 <= asked.count <= MAX_WORKS)
    check_seed(asked.seed)
    check_seed(asked.seed + asked.count - 1)
    require_one_way(disclosed=asked.disclose_prompt, recipient=asked.encrypt_prompt_to)
    if asked.encrypt_prompt_to is not None:
        normal_recipient(asked.encrypt_prompt_to)
    require_markable(asked)
    _require_readable(asked)


def _require_readable(asked: GenerationRequest) -> None:
    match asked.params.kind:
        case "text" if not asked.prompt.strip():
            raise InputError("prompt-empty", "the prompt is empty", "say what the text shall be about")
        case "music" if asked.prompt.strip():
            read_melody(asked.prompt)
        case "image":
            class_number(asked.prompt)


def _made(
    engine: Engine, place: tuple[str, str], asked: GenerationRequest, seeds: range, created: int
) -> list[dict[str, Any]]:
    """Make the works of some seeds in a job's step, and keep them in the vault."""
    job_id, step = place

    def progress(done: int, most: int) -> None:
        engine.require_wanted(job_id)
        engine.tell(job_id, step, done / most)

    with _turn(engine, job_id):
        runtime = model_runtime(engine.services.settings, asked.mark_for)
        works = make_works(asked, seeds, created=created, runtime=runtime, progress=progress)
    return [_kept(engine.services, work) for work in works]


@contextmanager
def _turn(engine: Engine, job_id: str) -> Iterator[None]:
    """The model to oneself, after a wait that ends at once when the job is no longer wanted."""
    while not _ONE_AT_A_TIME.acquire(timeout=_TURN):
        engine.require_wanted(job_id)
    try:
        engine.require_wanted(job_id)
        yield
    finally:
        _ONE_AT_A_TIME.release()


def _kept(services: Services, made: Made) -> dict[str, Any]:
    """What the job tells of a work, whose bytes are in the vault; or of a seed that gave none."""
    if made.work is None:
        return {"seed": made.seed, "error": made.error.code if made.error else None}
    data = made.work.data
    work = work_id(data)
    services.vault.keep(services.vault.spool(data), work)
    told = {"work": work_hex(work), "media_type": made.work.media_type, "size": len(data)}
    return told | {"provenance": made.work.provenance}
