"""Generating a work: the model's bytes go into the vault, with the record of how they came to be."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from dbos import DBOS

from offchain.chain import work_hex
from offchain.errors import InputError
from offchain.generation import Runtime, TextParams, generate
from offchain.generation.sampling import check_seed
from offchain.identity import work_id
from offchain.workflows.engine import Engine, engine, run_step
from offchain.workflows.jobs import Job, finished
from offchain.workflows.services import Services

__all__ = ["generated_master", "start_generation"]

_ONE_AT_A_TIME: Final = threading.Lock()
"""The model takes the whole machine, and its thread setting is the whole process's."""


@DBOS.workflow(name="generation", max_recovery_attempts=1000)
def generation(prompt: str, params: TextParams, seed: int) -> dict[str, Any]:
    """Let the model write, and keep what it wrote."""
    return run_step("generate", _generate, engine(), str(DBOS.workflow_id), prompt, params, seed)


def start_generation(engine: Engine, prompt: str, params: TextParams, seed: int) -> Job:
    """Begin a generation; the same prompt, parameters and seed have the same job.

    Raises:
        InputError: `prompt-empty`, or a seed out of range; what only the model can tell shows in the job.
    """
    check_seed(seed)
    if not prompt.strip():
        raise InputError("prompt-empty", "the prompt is empty", "say what the text shall be about")
    asked = repr((prompt, sorted(asdict(params).items()), seed)).encode()
    job_id = "generation-" + hashlib.sha256(asked).hexdigest()[:40]
    existing = engine.find(job_id)
    if existing is not None:
        return engine.retry(job_id)
    engine.begin(generation, job_id, prompt, params, seed)
    return engine.job(job_id)


def generated_master(engine: Engine, job_id: str) -> tuple[Path, dict[str, Any]]:
    """Where the generated master lies, and its provenance record.

    Raises:
        NotFoundError: `unknown-job`, or `master-missing`.
        InputError: `not-a-generation`.
        RefusedError: `job-unfinished`.
    """
    job = engine.job(job_id)
    if job.kind != "generation":
        raise InputError("not-a-generation", f"this job is a {job.kind}", "name a generation job", job=job_id)
    result = finished(job)
    return engine.services.vault.master(int(result["work"], 16)), result["provenance"]


def _generate(engine: Engine, job_id: str, prompt: str, params: TextParams, seed: int) -> dict[str, Any]:
    services = engine.services

    def progress(drawn: int, most: int) -> None:
        engine.fractions[job_id] = drawn / most

    with _ONE_AT_A_TIME:
        made = generate(prompt, params, seed, created=int(time.time()), runtime=_runtime(services), progress=progress)
    engine.fractions.pop(job_id, None)
    work = work_id(made.data)
    services.vault.keep(services.vault.spool(made.data), work)
    return {
        "work": work_hex(work),
        "media_type": made.media_type,
        "size": len(made.data),
        "text": made.data.decode(),
        "provenance": made.provenance,
    }


def _runtime(services: Services) -> Runtime:
    return Runtime(services.settings.model_path, services.settings.torch_threads)
