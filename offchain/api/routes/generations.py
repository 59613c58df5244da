"""Generations: works by the models, each with the record of how it came to be."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import FileResponse, Response

from offchain.api.callers import Caller, Scope, signed_in
from offchain.api.deps import EngineDep
from offchain.api.once import OnceDep
from offchain.api.routes.jobs import OwnJob
from offchain.api.schemas.fields import WorkId, to_work
from offchain.api.schemas.generations import GenerationIn
from offchain.api.schemas.jobs import JobOut, job_out
from offchain.workflows.generating import generated_master, start_generation
from offchain.workflows.guards import require_unregistered
from offchain.workflows.takedowns import require_offered

__all__ = ["router"]

router = APIRouter(prefix="/v1/generations", tags=["generations"])

Generating = Annotated[Caller, Depends(signed_in(Scope.GENERATIONS))]


@router.post("", operation_id="generate", status_code=202, response_model=JobOut)
def generate(body: GenerationIn, caller: Generating, engine: EngineDep, once: OnceDep) -> Response:
    """Let a model make works; each can be registered by naming this job as `generation`.

    Works of one job have one prompt and seeds that follow each other; the job's result tells the id and the record of
    each, and as `missing` the seeds that gave an empty work. While too many jobs wait for the model, none is taken.
    """
    asked = replace(body.request(), account=caller.account)
    return once(body, 202, lambda: job_out(start_generation(engine, asked)))


@router.get("/{job_id}/works/{work}", operation_id="getGenerated", response_class=FileResponse)
def get_generated(job: OwnJob, work: Annotated[WorkId, Path()], engine: EngineDep) -> FileResponse:
    """The bytes of a work that a job of yours made, until somebody registers it: then its licensees open it.

    A work that is taken down is not given out.
    """
    require_unregistered(engine.services, to_work(work))
    require_offered(engine.services, to_work(work))
    master, record = generated_master(engine, job.id, to_work(work))
    return FileResponse(master, media_type=str(record["output"]["media_type"]))
