"""Jobs: how a long action stands, its events, and the signature that some wait for."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from offchain.api.callers import Caller, CallerDep, Scope, require_account
from offchain.api.checks import require_chain
from offchain.api.deps import EngineDep
from offchain.api.links import next_page
from offchain.api.once import OnceDep
from offchain.api.schemas.fields import to_bytes
from offchain.api.schemas.jobs import JobOut, JobsOut, JobsWanted, SignatureIn, job_out
from offchain.workflows.callers import scope_missing
from offchain.workflows.job_list import list_jobs
from offchain.workflows.jobs import KINDS, Job, Kind
from offchain.workflows.registration import submit_signature

__all__ = ["JobId", "OwnJob", "own_job", "router"]

router = APIRouter(prefix="/v1", tags=["jobs"])

_POLLS: Final = (0.2, 2.0)
"""Seconds between looks at a job that somebody listens to: soon after it moved, and when it has not moved for long."""

_RESTING = frozenset({"awaiting-signature", "done", "failed", "interrupted", "cancelled"})
"""States that a job leaves only when somebody asks for it, perhaps never."""

_LISTED: Final[Mapping[Kind, Scope]] = MappingProxyType(
    {"registration": Scope.WORKS, "purchase": Scope.WORKS, "generation": Scope.GENERATIONS}
)
"""What the jobs of a kind need to be listed; a purchase whose id is known anybody reads."""

JobId = Annotated[str, Path(max_length=100, examples=["registration-3f…"])]


def own_job(job_id: JobId, engine: EngineDep, caller: CallerDep) -> Job:
    """The caller's job, or anybody's purchase.

    Raises:
        NotFoundError: `unknown-job`, also for somebody else's.
        DeniedError: `scope-missing`, an API key for something else.
    """
    job = engine.job(job_id)
    job.require_readable(caller.account)
    _require_scope(caller, job.kind)
    return job


OwnJob = Annotated[Job, Depends(own_job)]


def _require_scope(caller: Caller, kind: Kind) -> None:
    if kind != "purchase" and _LISTED[kind] not in caller.scopes:
        raise scope_missing(_LISTED[kind])


@router.get("/jobs", operation_id="listJobs")
def get_jobs(
    request: Request,
    response: Response,
    engine: EngineDep,
    caller: Annotated[Caller, Depends(require_account)],
    wanted: Annotated[JobsWanted, Query()],
) -> JobsOut:
    """Your jobs, newest first; the `Link` header leads to the next page (RFC 8288). A page may be short.

    An API key lists registrations and purchases with the scope `works`, and generations with `generations`.
    """
    kinds = [kind for kind in KINDS if _LISTED[kind] in caller.scopes]
    if wanted.kind is not None:
        kinds = [kind for kind in kinds if kind == wanted.kind]
    if not kinds:
        raise scope_missing(_LISTED[wanted.kind or "registration"])
    page = list_jobs(engine, str(caller.account), wanted.limit, kinds=kinds, state=wanted.state, cursor=wanted.cursor)
    if page.next is not None:
        response.headers["Link"] = next_page(request, page.next)
    return JobsOut(items=list(map(job_out, page.jobs)), next=page.next)


@router.get("/jobs/{job_id}", operation_id="getJob")
def get_job(job: OwnJob) -> JobOut:
    """How a job of yours stands, or a purchase of anybody's."""
    return job_out(job)


@router.get("/jobs/{job_id}/events", operation_id="streamJob", response_class=EventSourceResponse)
async def stream_job(
    job: OwnJob,
    engine: EngineDep,
    last_event_id: Annotated[str | None, Header(max_length=100, description="of the last event that was seen")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """The job on every change, as server-sent events named `job`, whichever process runs it.

    Each event is the whole job, so whoever was cut off and names the `Last-Event-ID` gets what changed since then. A
    comment every 15 seconds keeps the connection. A job that is waiting goes on by itself, and so does the stream; it
    ends when the job is done, failed, interrupted, cancelled or awaiting a signature or the first transaction of your
    wallet; open it again afterwards.
    """
    seen, pause = last_event_id, _POLLS[0]
    while True:
        told = job_out(job)
        number = _event_id(told)
        pause = min(pause * 1.25, _POLLS[1])
        if number != seen:
            seen, pause = number, _POLLS[0]
            yield ServerSentEvent(event="job", id=number, data=told)
        if job.state in _RESTING:
            return
        await asyncio.sleep(pause)
        job = await run_in_threadpool(engine.job, job.id)


def _event_id(job: JobOut) -> str:
    """The same for the same job as it stands, in every process."""
    return hashlib.sha256(job.model_dump_json().encode()).hexdigest()[:16]


@router.post("/jobs/{job_id}/signature", operation_id="signJob", status_code=202, response_model=JobOut)
def sign_job(job: OwnJob, body: SignatureIn, engine: EngineDep, once: OnceDep) -> Response:
    """Hand in the signature over the job's typed data; the job goes on."""

    def produce() -> JobOut:
        require_chain(engine.services, body.chain_id)
        return job_out(submit_signature(engine, job.id, to_bytes(body.signature)))

    return once(body, 202, produce)


@router.post("/jobs/{job_id}/retry", operation_id="retryJob", status_code=202, response_model=JobOut)
def retry_job(job: OwnJob, engine: EngineDep, once: OnceDep) -> Response:
    """Let a waiting, interrupted or cancelled job go on now; a job in another state is left alone."""

    def produce() -> JobOut:
        return job_out(engine.retry(job.id) if job.state in ("waiting", "interrupted", "cancelled") else job)

    return once(job.id, 202, produce)


@router.post("/jobs/{job_id}/cancel", operation_id="cancelJob", status_code=202, response_model=JobOut)
def cancel_job(job: OwnJob, engine: EngineDep, once: OnceDep) -> Response:
    """Stop a generation, or a registration that is not signed yet, nor its commitment seen; an ended one is left alone.

    A signed one can be stopped while it waits for money, fees or an IPFS node: nothing is sent then. Whichever process
    runs it notices within a second. A retry goes on with it.
    """
    return once(job.id, 202, lambda: job_out(engine.cancel(job.id)))
