"""Jobs: how a long action stands, its events, and the signature that some wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from offchain.api.checks import require_chain
from offchain.api.deps import EngineDep, OnceDep
from offchain.api.schemas.fields import to_bytes
from offchain.api.schemas.jobs import JobOut, SignatureIn, job_out
from offchain.workflows.jobs import Job
from offchain.workflows.registration import submit_signature

__all__ = ["JobId", "router"]

router = APIRouter(prefix="/v1", tags=["jobs"])

_POLL = 0.2
_RESTING = frozenset({"awaiting-signature", "done", "failed", "interrupted", "cancelled"})
"""States that a job leaves only when somebody asks for it, perhaps never."""

JobId = Annotated[str, Path(max_length=100, examples=["registration-3f…"])]


@router.get("/jobs/{job_id}", operation_id="getJob")
def get_job(job_id: JobId, engine: EngineDep) -> JobOut:
    """How a job stands."""
    return job_out(engine.job(job_id))


async def _existing(job_id: JobId, engine: EngineDep) -> Job:
    # Before the stream begins: afterwards its status could no longer say that there is no such job.
    return await run_in_threadpool(engine.job, job_id)


@router.get("/jobs/{job_id}/events", operation_id="streamJob", response_class=EventSourceResponse)
async def stream_job(job: Annotated[Job, Depends(_existing)], engine: EngineDep) -> AsyncIterator[ServerSentEvent]:
    """The job on every change, as server-sent events named `job`.

    The stream ends when the job is done, failed, interrupted, cancelled or awaiting a signature; open it again after
    signing.
    """
    yield ServerSentEvent(event="job", data=job_out(job))
    while job.state not in _RESTING:
        await asyncio.sleep(_POLL)
        before, job = job, await run_in_threadpool(engine.job, job.id)
        if job != before:
            yield ServerSentEvent(event="job", data=job_out(job))


@router.post("/jobs/{job_id}/signature", operation_id="signJob", status_code=202, response_model=JobOut)
def sign_job(job_id: JobId, body: SignatureIn, engine: EngineDep, once: OnceDep) -> Response:
    """Hand in the signature over the job's typed data; the job goes on."""

    def produce() -> JobOut:
        require_chain(engine.services, body.chain_id)
        return job_out(submit_signature(engine, job_id, to_bytes(body.signature)))

    return once(body, 202, produce)


@router.post("/jobs/{job_id}/retry", operation_id="retryJob", status_code=202, response_model=JobOut)
def retry_job(job_id: JobId, engine: EngineDep, once: OnceDep) -> Response:
    """Let an interrupted or cancelled job go on; a job in another state is left alone."""

    def produce() -> JobOut:
        job = engine.job(job_id)
        return job_out(engine.retry(job_id) if job.state in ("interrupted", "cancelled") else job)

    return once(job_id, 202, produce)


@router.post("/jobs/{job_id}/cancel", operation_id="cancelJob", status_code=202, response_model=JobOut)
def cancel_job(job_id: JobId, engine: EngineDep, once: OnceDep) -> Response:
    """Stop a generation; one that has ended is left alone. A retry goes on with it.

    It stops at once where this process runs it, else at the end of its step. Whoever knows the id can cancel it.
    """
    return once(job_id, 202, lambda: job_out(engine.cancel(job_id)))
