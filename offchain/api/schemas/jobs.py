"""Jobs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from offchain.api.problems import Problem, problem_of
from offchain.api.schemas.fields import Bytes, Received
from offchain.api.schemas.works import MatchOut
from offchain.workflows.jobs import Job, Kind, State

__all__ = ["JobOut", "JobsOut", "JobsWanted", "SignatureIn", "StepOut", "job_out"]


class StepOut(BaseModel):
    """One step of a job."""

    name: str
    state: Literal["done", "running", "pending"]


class JobOut(BaseModel):
    """A long action; poll it, or listen to its events."""

    id: str
    kind: Kind
    state: State = Field(
        description="`interrupted`: a node was away, `cancelled`: somebody stopped it; "
        "retry it, or send the same request again"
    )
    progress: float = Field(ge=0, le=1)
    steps: list[StepOut]
    similar: list[MatchOut] = Field(description="registered works that the file is similar to: a warning")
    typed_data: dict[str, Any] | None = Field(description="EIP-712 data to sign, while `awaiting-signature`")
    result: dict[str, Any] | None
    error: Problem | None


class JobsWanted(BaseModel):
    """Which jobs to list."""

    kind: Kind | None = Field(None, description="only jobs of this kind")
    state: State | None = Field(None, description="only jobs in this state")
    cursor: str | None = Field(None, max_length=40, description="`next` of the page before")
    limit: int = Field(20, ge=1, le=100)


class JobsOut(BaseModel):
    """A page of jobs, newest first."""

    items: list[JobOut]
    next: str | None = Field(description="cursor of the next page")


class SignatureIn(Received):
    """A signature over a job's typed data."""

    signature: Bytes
    chain_id: int | None = Field(None, description="checked against the service's chain when given")


def job_out(job: Job) -> JobOut:
    """A job as it goes out."""
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=job.state,
        progress=job.progress,
        steps=[StepOut(name=step.name, state=step.state) for step in job.steps],
        similar=[MatchOut.model_validate(match) for match in job.similar],
        typed_data=job.typed,
        result=job.result,
        error=None if job.error is None else problem_of(job.error, f"/v1/jobs/{job.id}"),
    )
