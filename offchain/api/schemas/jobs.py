"""Jobs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from offchain.api.problems import Problem, problem_of
from offchain.api.schemas.fields import Account, Bytes, Quantity, Received
from offchain.api.schemas.works import MatchOut
from offchain.workflows.jobs import Job, Kind, State, WalletCall

__all__ = ["JobOut", "JobsOut", "JobsWanted", "SignatureIn", "StepOut"]
__all__ += ["WalletCallOut", "WalletTransactionOut", "job_out"]


class StepOut(BaseModel):
    """One step of a job."""

    name: str
    state: Literal["done", "running", "pending"]


class WalletTransactionOut(BaseModel):
    """A transaction as wallets take it for `eth_sendTransaction`: numbers are hexadecimal."""

    model_config = ConfigDict(serialize_by_alias=True)

    chain_id: Quantity = Field(alias="chainId", examples=["0x1"])
    sender: Account = Field(alias="from")
    to: Account
    data: Bytes
    value: Quantity = Field(examples=["0x0"], description="wei")


class WalletCallOut(BaseModel):
    """What your own wallet sends so that a step of the job gets done; any other account would send it in vain."""

    step: Literal["commit", "register"]
    transaction: WalletTransactionOut


class JobOut(BaseModel):
    """A long action; poll it, or listen to its events."""

    id: str
    kind: Kind
    state: State = Field(
        description="`waiting`: it goes on by itself when the trouble that `error` tells has passed, or when it is "
        "retried; `interrupted`: a node was away, `cancelled`: somebody stopped it; "
        "retry it, or send the same request again"
    )
    again_at: int | None = Field(description="Unix seconds at which a job that is `waiting` is tried again")
    progress: float = Field(ge=0, le=1)
    steps: list[StepOut]
    similar: list[MatchOut] = Field(description="registered works that the file is similar to: a warning")
    typed_data: dict[str, Any] | None = Field(description="EIP-712 data to sign, while `awaiting-signature` for it")
    transactions: list[WalletCallOut] = Field(
        description="of a registration with `relay` false, while it awaits them: send the one of `commit`; once the "
        "step `pin` is done, send the one of `register`. The chain decides, and nobody need be told"
    )
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


def _call_out(asked: WalletCall) -> WalletCallOut:
    """A transaction as it goes out."""
    transaction = WalletTransactionOut.model_validate(
        {
            "chainId": hex(asked.chain_id),
            "from": asked.sender,
            "to": asked.call.to,
            "data": "0x" + asked.call.data.hex(),
            "value": hex(asked.call.value),
        }
    )
    return WalletCallOut.model_validate({"step": asked.step, "transaction": transaction})


def job_out(job: Job) -> JobOut:
    """A job as it goes out."""
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=job.state,
        again_at=job.again_at,
        progress=job.progress,
        steps=[StepOut(name=step.name, state=step.state) for step in job.steps],
        similar=[MatchOut.model_validate(match) for match in job.similar],
        typed_data=job.typed,
        transactions=[_call_out(each) for each in job.calls],
        result=job.result,
        error=None if job.error is None else problem_of(job.error, f"/v1/jobs/{job.id}"),
    )
